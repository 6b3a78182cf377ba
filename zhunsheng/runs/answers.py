"""Compares the findings of a run with an answer key: recall and precision per rule, blind plants apart."""

from __future__ import annotations

import csv
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from zhunsheng.kernel.errors import Problem
from zhunsheng.patterns import PATTERNS

#: Findings and verdicts by rule and subject row.
Subjects = dict[tuple[str, str], list[tuple[str, str]]]
COLUMNS = {"rule_id", "kind", "rows", "author", "case", "others"}


@dataclass(slots=True)
class Score:
    """Counts of one rule. A plant is found when a finding of its rule has a subject row that the key names.

    ``blind`` cases were written from the sentence of the standard alone; look-alikes of theirs that are hit are told
    apart, for sentence and rule disagree there.
    What a person overturns (``known_false_positive``) is found by the machine and counted apart. ``beside`` counts
    findings on a case that the key says nothing of for this rule: they are neither right nor wrong. ``unasked`` counts
    what was left unknown of ordinary traffic, where something is missing there that the rule needs.
    """

    rule_id: str
    planted: int = 0
    found: int = 0
    blind_planted: int = 0
    blind_found: int = 0
    unknown_planted: int = 0
    unknown_found: int = 0
    look_alikes: int = 0
    look_alikes_hit: int = 0
    blind_look_alikes: int = 0
    blind_look_alikes_hit: int = 0
    overturned_planted: int = 0
    overturned_found: int = 0
    beside: int = 0
    unasked: int = 0
    findings: int = 0
    findings_right: int = 0
    missed: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float | None:
        """Share of planted violations found; None when nothing was planted."""
        return self.found / self.planted if self.planted else None

    @property
    def recall_known(self) -> float | None:
        """The same without the blind plants, which were written from the sentence of the standard alone."""
        planted = self.planted - self.blind_planted
        return (self.found - self.blind_found) / planted if planted else None

    @property
    def precision(self) -> float | None:
        """Share of findings that the key names, those unknown, beside or overturned apart; None without findings."""
        return self.findings_right / self.findings if self.findings else None

    def as_dict(self) -> dict[str, Any]:
        """Return counts and shares as plain data."""
        return {**asdict(self), "recall": self.recall, "recall_known": self.recall_known, "precision": self.precision}


def answers(con: duckdb.DuckDBPyConnection, key: Path) -> list[Score]:
    """Score the findings of a serving file against a key. Raises Problem ZS506 when the key is not readable."""
    plants = _read(key)
    scores = {rule: Score(rule) for rule in sorted({plant["rule_id"] for plant in plants})}
    subjects = _subjects(con)
    named: dict[str, set[str]] = defaultdict(set)
    for plant in plants:
        rows = set(plant["rows"].split("|"))
        found = {f for row in rows for f in subjects.get((plant["rule_id"], row), ())}
        _count(scores[plant["rule_id"]], plant, found, named)
    beside = _beside(plants, subjects)
    for rule, finding, verdict in _findings(con):
        score = scores.setdefault(rule, Score(rule))
        if finding in beside - named["touched"]:
            score.beside += 1
        elif finding in named["disputed"]:
            continue
        elif finding not in named["touched"] and verdict == "unknown":
            score.unasked += 1
        elif finding not in named["touched"]:
            score.wrong.append(finding)
        if verdict != "unknown" and finding not in beside | named["known_false_positive"] - named["violation"]:
            score.findings += 1
            score.findings_right += finding in named["violation"]
    return [scores[rule] for rule in sorted(scores)]


def _beside(plants: list[dict[str, str]], subjects: Subjects) -> set[str]:
    """Return the findings on rows of a case for a rule that the key does not speak of there."""
    spoken: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, set[str]] = defaultdict(set)
    for plant in plants:
        spoken[plant["case"]].add(plant["rule_id"])
        rows[plant["case"]] |= set(f"{plant['rows']}|{plant['others']}".split("|"))
    case_of = {row: case for case, held in rows.items() for row in held if row}
    return {
        finding
        for (rule, row), told in subjects.items()
        if row in case_of and rule not in spoken[case_of[row]]
        for finding, _ in told
    }


def _count(score: Score, plant: dict[str, str], found: set[tuple[str, str]], named: dict[str, set[str]]) -> None:
    kind = plant["kind"]
    told = {finding for finding, verdict in found if (verdict == "unknown") == (kind == "unknown")}
    blind = plant["author"] == "standard"
    if kind == "look_alike":
        score.look_alikes += not blind
        score.look_alikes_hit += bool(found) and not blind
        score.blind_look_alikes += blind
        score.blind_look_alikes_hit += blind and bool(found)
        if blind:
            named["disputed"] |= {finding for finding, _ in found}
        return
    named[kind] |= told
    named["touched"] |= {finding for finding, _ in found}
    if kind == "unknown":
        score.unknown_planted += 1
        score.unknown_found += bool(told)
    elif kind == "known_false_positive":
        score.overturned_planted += 1
        score.overturned_found += bool(told)
    else:
        score.planted += 1
        score.found += bool(told)
        score.blind_planted += blind
        score.blind_found += blind and bool(told)
    if not told:
        score.missed.append(plant["rows"])


def _read(key: Path) -> list[dict[str, str]]:
    try:
        with key.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            lacking = COLUMNS - set(reader.fieldnames or ())
            if lacking:
                raise Problem("ZS506", file=key.name, reason=", ".join(sorted(lacking)))
            return list(reader)
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("ZS506", file=key.name, reason=error) from error


def _subjects(con: duckdb.DuckDBPyConnection) -> Subjects:
    query = """
        SELECT f.rule_id, w.row_id, f.finding_id, f.verdict
        FROM finding AS f INNER JOIN finding_row AS w ON f.finding_id = w.finding_id WHERE w.role = 'subject'
    """
    found: dict[tuple[str, str], list[tuple[str, str]]] = defaultdict(list)
    for rule, row, finding, verdict in con.execute(query).fetchall():
        found[rule, row].append((finding, verdict))
    return found


def _findings(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, str]]:
    """Return rule, finding and verdict; clues over populations have no rows of a case and are measured apart."""
    query = "SELECT pattern, rule_id, finding_id, verdict FROM finding ORDER BY rule_id, finding_id"
    return [
        (str(rule), str(finding), str(verdict))
        for pattern, rule, finding, verdict in con.execute(query).fetchall()
        if not PATTERNS[pattern].is_population
    ]
