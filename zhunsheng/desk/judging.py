"""Judges one order by a compiled book within a budget of time, and says with every finding what, why and what to do."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from zhunsheng.desk.compiled import CompiledBook, Moment, Station
from zhunsheng.desk.focus import OrderView
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns import JUDGES
from zhunsheng.patterns.base import Hit
from zhunsheng.patterns.words import VERDICTS, sentence

#: Milliseconds after which what is not yet judged stays so: an order never waits for a rule.
BUDGET_MS = 20.0
Clock = Callable[[], float]
#: What stands in a reason for the identity of a row that the asker does not see.
HIDDEN = {"zh": "另一机构的记录", "en": "another institution's row"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One subject of one rule with a row of the order in it, as a run would find it."""

    finding_id: str
    rule_id: str
    pattern: str
    subject_key: str
    verdict: Verdict
    hits: tuple[Hit, ...]

    @property
    def amount_fen(self) -> int:
        """What is at stake, each row once."""
        most: dict[tuple[str, str], int] = {}
        for hit in self.hits:
            key = hit.row_kind, hit.row_id
            most[key] = max(most.get(key, 0), hit.amount_fen)
        return sum(most.values())


@dataclass(frozen=True, slots=True)
class Answer:
    """What the desk says of an order. ``judged`` and ``late`` hold the rules that the order touches.

    A rule in ``late`` was not judged within the budget: it is neither passed nor broken.
    """

    book: CompiledBook
    moment: Moment
    findings: tuple[Finding, ...]
    judged: frozenset[str]
    late: frozenset[str]


def judge(
    book: CompiledBook,
    view: OrderView,
    moment: Moment,
    *,
    budget_ms: float = BUDGET_MS,
    clock: Clock = time.perf_counter,
    began: float | None = None,
) -> Answer:
    """Return the findings that involve the order. ``began`` is when the budget started, now where it is not given."""
    deadline = (clock() if began is None else began) + budget_ms / 1000
    judged: set[str] = set()
    late: set[str] = set()
    found: list[Finding] = []
    for station in book.stations[moment]:
        touched = station.lens.touched(view.codes)
        if not touched:
            continue
        hits = _hits(station, view, clock, deadline)
        if hits is None:
            late |= touched
        else:
            judged |= touched
            found += _findings(station.pattern, hits, view)
    found.sort(key=lambda one: (one.verdict.rank, one.rule_id, one.subject_key))
    return Answer(book, moment, tuple(found), frozenset(judged - late), frozenset(late))


def _hits(station: Station, view: OrderView, clock: Clock, deadline: float) -> list[Hit] | None:
    """Return the hits of one pattern; None when time ran out, and then nothing of what it had found by then."""
    lines = station.lens.lines(view)
    if not lines and station.lens.focus.codes:
        return []
    hits = []
    if clock() > deadline:
        return None
    for hit in JUDGES[station.pattern](replace(view.case, lines=lines), station.bindings):
        hits.append(hit)
        if clock() > deadline:
            return None
    return hits


def _findings(pattern: str, hits: list[Hit], view: OrderView) -> list[Finding]:
    groups: dict[tuple[str, str], list[Hit]] = {}
    for hit in hits:
        groups.setdefault((hit.rule_id, hit.subject_key), []).append(hit)
    return [
        Finding(
            identity(rule_id, subject),
            rule_id,
            pattern,
            subject,
            min((hit.verdict for hit in group), key=lambda one: one.rank),
            tuple(group),
        )
        for (rule_id, subject), group in groups.items()
        if any(view.holds(hit.row_kind, hit.row_id) for hit in group)
    ]


def plain(answer: Answer, view: OrderView, language: str = "zh") -> dict[str, Any]:
    """Return an answer as plain data for JSON, in one language."""
    names = answer.book.texts[language]
    return {
        "moment": answer.moment,
        "book": answer.book.digest,
        "findings": [_told(answer.book, one, view, language) for one in answer.findings],
        "judged": sorted(answer.judged),
        "not_judged": [{"rule": rule, "name": names[rule]["name"]} for rule in sorted(answer.late)],
    }


def _told(book: CompiledBook, finding: Finding, view: OrderView, language: str) -> dict[str, Any]:
    """Return a finding as it is told; its amount is that of the rows in view, for the rest is another institution's."""
    rows = _rows(finding, view)
    return {
        "finding_id": finding.finding_id,
        "verdict": finding.verdict,
        "verdict_text": VERDICTS[finding.verdict][language == "en"],
        "amount_fen": sum(row["amount_fen"] or 0 for row in rows),
        "rule": book.texts[language][finding.rule_id],
        "reasons": _reasons(book, finding, view, language),
        "rows": rows,
    }


def _reasons(book: CompiledBook, finding: Finding, view: OrderView, language: str) -> list[dict[str, Any]]:
    """Return each reason once, the gravest first, as the page of a finding orders them."""
    said = {(h.verdict.rank, h.point_id, h.reason, h.expected, h.actual): h for h in finding.hits}
    told = []
    for _, hit in sorted(said.items()):
        expected, actual = (HIDDEN[language] if text in view.hidden else text for text in (hit.expected, hit.actual))
        told.append(
            {
                "verdict": hit.verdict,
                "reason": hit.reason,
                "expected": expected,
                "actual": actual,
                "text": sentence(finding.pattern, hit.reason, expected, actual, language, book.items),
                "point": {"id": hit.point_id, **book.points[hit.point_id]} if hit.point_id else None,
            }
        )
    return told


def _rows(finding: Finding, view: OrderView) -> list[dict[str, Any]]:
    """Return the rows of a finding, each once; another institution's keeps its place and loses identity and amount."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for hit in finding.hits:
        row = rows.setdefault(
            (hit.row_kind, hit.row_id),
            {"kind": hit.row_kind, "id": hit.row_id, "role": hit.role, "amount_fen": 0},
        )
        row["role"] = max(row["role"], hit.role)  # subject before other
        row["amount_fen"] = max(row["amount_fen"], hit.amount_fen)
        row["ordered"] = view.holds(hit.row_kind, hit.row_id)
    found = sorted(rows.values(), key=lambda row: (row["role"] != "subject", row["kind"], row["id"]))
    return [{**row, "id": None, "amount_fen": None} if row["id"] in view.hidden else row for row in found]
