"""Two runs side by side: who is found now, who no longer, and by which change of rule, knowledge, facts or day.

Both runs may have judged the same history by two versions of the rule book. Each finding that differs is put down
to the first of these that touches it: its rule came, went or was changed; a knowledge point it rests on came, went
or was changed; another point of its rule did; a later day; other facts; another program.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import pyarrow as pa

from zhunsheng.book import Book, Rule, kept
from zhunsheng.book.models import Point
from zhunsheng.engines import duck
from zhunsheng.kernel.home import Home
from zhunsheng.kernel.time import OPEN_END, Period
from zhunsheng.patterns.bind import periods, points
from zhunsheng.runs import store

#: What a side is read with: everything in view of whoever asks.
FINDINGS = "SELECT finding_id, rule_id, verdict, amount_fen, institution_id, service_date, item_name FROM finding"
POINTS = "SELECT DISTINCT finding_id, point_id FROM finding_reason WHERE point_id <> ''"
#: Fields of a rule that decide a verdict; a change of words alone changes no finding.
JUDGING = ("pattern", "verdict", "lists", "parameters", "valid_from", "valid_to")
CAUSES = {
    "rule_added": {"zh": "规则新增", "en": "rule added"},
    "rule_removed": {"zh": "规则移出", "en": "rule removed"},
    "rule_changed": {"zh": "规则改动", "en": "rule changed"},
    "point_added": {"zh": "知识点新增", "en": "knowledge point added"},
    "point_removed": {"zh": "知识点移出", "en": "knowledge point removed"},
    "point_changed": {"zh": "知识点改动", "en": "knowledge point changed"},
    "points_of_rule": {"zh": "规则的其他知识点有改动", "en": "other points of the rule changed"},
    "day": {"zh": "截至日不同", "en": "another day"},
    "facts": {"zh": "数据不同", "en": "other facts"},
    "program": {"zh": "程序版本不同", "en": "another version of the program"},
    "unexplained": {"zh": "未能归因", "en": "not put down to anything"},
}

#: A knowledge point and the periods in which it held.
Stood = tuple[Point, list[Period]]


@dataclass(frozen=True, slots=True)
class Side:
    """One run: its manifest, the book it was judged by, and tables of what it found (FINDINGS, POINTS)."""

    manifest: dict[str, Any]
    book: Book
    findings: pa.Table
    points: pa.Table


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two rule books. ``what`` says which field, from what, to what."""

    cause: str
    rule_id: str
    point_id: str
    what: str


@dataclass(frozen=True, slots=True)
class Group:
    """Findings of one rule that differ in one way for one cause. Amounts in fen; 0 where a side has none."""

    rule_id: str
    state: str
    cause: str
    findings: int
    before_fen: int
    after_fen: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """What two runs have in common and where they differ. ``findings`` lists the first that differ."""

    before: dict[str, Any]
    after: dict[str, Any]
    same: int
    changes: tuple[Change, ...]
    groups: tuple[Group, ...]
    findings: tuple[dict[str, Any], ...]

    @property
    def counts(self) -> dict[str, int]:
        """How many findings are the same, new, gone and changed."""
        told = {"same": self.same, "new": 0, "gone": 0, "changed": 0}
        for group in self.groups:
            told[group.state] += group.findings
        return told

    def as_dict(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return asdict(self)


def side(manifest: dict[str, Any], book: Book, table: Callable[[str], pa.Table]) -> Side:
    """Return one side. ``table`` runs a query on the serving file, within the scope of whoever asks."""
    known = manifest.get("knowledge_as_of")
    rules = book.judging(date.fromisoformat(manifest["as_of"]), date.fromisoformat(known) if known else None)
    return Side(manifest, rules, table(FINDINGS), table(POINTS))


def of_runs(home: Home, before: str, after: str, limit: int = 200) -> Comparison:
    """Compare two recorded runs, everything in view. Raises Problem ZS501, ZS505 or ZS509."""
    return compare(_read(home, before), _read(home, after), limit)


def _read(home: Home, run_id: str) -> Side:
    manifest = store.manifest(home, run_id)
    path = store.serving(home, run_id)
    with duck.connect(str(path), read_only=True) as con:
        return side(manifest, kept(home.books, manifest["book_digest"]), lambda sql: con.execute(sql).to_arrow_table())


def compare(before: Side, after: Side, limit: int = 200) -> Comparison:
    """Compare two sides; the first ``limit`` findings that differ are listed, dearest first."""
    changed = tuple(changes(before.book, after.book))
    with duck.connect() as con:
        for name, one in (("before", before), ("after", after)):
            con.register(f"{name}_finding", one.findings)
            con.register(f"{name}_point", one.points)
        con.register("change", _table(changed))
        con.execute(f"CREATE TEMP TABLE differing AS {_DIFFERING}")
        con.execute(f"CREATE TEMP TABLE told AS {_TOLD}", _manner(before.manifest, after.manifest))
        groups = con.execute(_GROUPS).fetchall()
        rows = con.execute(_LISTED, [limit])
        names = [column[0] for column in rows.description or ()]
        listed = tuple(dict(zip(names, row, strict=True)) for row in rows.fetchall())
        same = con.execute(_SAME).fetchone()
    return Comparison(
        before=before.manifest,
        after=after.manifest,
        same=int(same[0]) if same else 0,
        changes=changed,
        groups=tuple(Group(*row) for row in groups),
        findings=listed,
    )


def changes(before: Book, after: Book) -> Iterator[Change]:
    """Yield what differs between two books and can change a finding, by rule."""
    for rule_id in sorted(before.rules.keys() | after.rules.keys()):
        old, new = before.rules.get(rule_id), after.rules.get(rule_id)
        if old is None or new is None:
            yield Change("rule_added" if old is None else "rule_removed", rule_id, "", "")
            continue
        for what in _differences(old, new):
            yield Change("rule_changed", rule_id, "", what)
        yield from _point_changes(rule_id, _points(before, old), _points(after, new))


def _differences(old: Rule, new: Rule) -> Iterator[str]:
    was, now = (rule.model_dump(mode="json", include=set(JUDGING)) for rule in (old, new))
    for name in JUDGING:
        if was[name] == now[name]:
            continue
        if name == "parameters":
            yield from _parameters(was[name], now[name])
        else:
            yield f"{name}: {was[name]} → {now[name]}"


def _parameters(was: list[dict[str, Any]], now: list[dict[str, Any]]) -> Iterator[str]:
    old, new = ({one["name"]: [_value(v) for v in one["values"]] for one in side_} for side_ in (was, now))
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            yield f"{name}: {'; '.join(old.get(name, ['-']))} → {'; '.join(new.get(name, ['-']))}"


def _value(value: dict[str, Any]) -> str:
    when = "".join(f", {key}={text}" for key, text in value["when"].items())
    until = f" to {value['valid_to']}" if value["valid_to"] else ""
    return f"{value['value']}{value['unit']} (from {value['valid_from']}{until}{when})"


def _points(book: Book, rule: Rule) -> dict[str, Stood]:
    """Return by id the points that the rule judged by, each with the periods in which it held."""
    held = periods(book, rule)
    return {point.point_id: (point, held[point.point_id]) for point in points(book, rule) if held[point.point_id]}


def _point_changes(rule_id: str, old: dict[str, Stood], new: dict[str, Stood]) -> Iterator[Change]:
    for point_id in sorted(old.keys() | new.keys()):
        before, after = old.get(point_id), new.get(point_id)
        if before and after:
            if (before[0].values, before[1]) != (after[0].values, after[1]):
                told = f"{_named(before[0])}: {_period(before)} → {_period(after)}"
                yield Change("point_changed", rule_id, point_id, told)
        elif one := before or after:
            yield Change("point_removed" if before else "point_added", rule_id, point_id, _named(one[0]))


def _named(point: Point) -> str:
    return " ".join(value for value in point.values.values() if value)


def _period(stood: Stood) -> str:
    point, held = stood
    told = ", ".join(f"{one.start} - {'' if one.end == OPEN_END else one.end}" for one in held)
    return f"{told} {_named(point)}".strip()


def _table(changed: tuple[Change, ...]) -> pa.Table:
    names = ("cause", "rule_id", "point_id")
    return pa.table({name: pa.array([getattr(one, name) for one in changed], pa.string()) for name in names})


def _manner(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """Return how the runs differ apart from their books; ``from`` is the first day that only one of them saw."""
    days = sorted(date.fromisoformat(one["as_of"]) for one in (before, after))
    program = any(before.get(name) != after.get(name) for name in ("engine", "logic", "version"))
    return {
        "until": days[0] if days[0] != days[1] else None,
        "facts": before["snapshot"] != after["snapshot"],
        "program": program,
    }


_DIFFERING = """
SELECT
    finding_id,
    COALESCE(a.rule_id, b.rule_id) AS rule_id,
    COALESCE(a.institution_id, b.institution_id) AS institution_id,
    COALESCE(a.service_date, b.service_date) AS service_date,
    COALESCE(a.item_name, b.item_name) AS item_name,
    b.verdict AS was, a.verdict AS now, b.amount_fen AS before_fen, a.amount_fen AS after_fen,
    CASE WHEN b.rule_id IS NULL THEN 'new' WHEN a.rule_id IS NULL THEN 'gone' ELSE 'changed' END AS state
FROM before_finding AS b
FULL JOIN after_finding AS a USING (finding_id)
WHERE (b.verdict, b.amount_fen) IS DISTINCT FROM (a.verdict, a.amount_fen)
"""
_TOLD = """
WITH by_rule AS (SELECT rule_id, MIN(cause) AS cause FROM change WHERE point_id = '' GROUP BY rule_id),

rested AS (
    SELECT finding_id, point_id FROM before_point UNION SELECT finding_id, point_id FROM after_point
),

by_point AS (
    SELECT d.finding_id, MIN(c.cause) AS cause
    FROM differing AS d
    INNER JOIN rested AS r ON d.finding_id = r.finding_id
    INNER JOIN change AS c ON r.point_id = c.point_id AND d.rule_id = c.rule_id
    GROUP BY d.finding_id
),

touched AS (SELECT DISTINCT rule_id FROM change WHERE point_id <> '')

SELECT
    d.*,
    CASE
        WHEN r.cause IS NOT NULL THEN r.cause
        WHEN p.cause IS NOT NULL THEN p.cause
        WHEN t.rule_id IS NOT NULL THEN 'points_of_rule'
        WHEN $until IS NOT NULL AND (d.service_date > $until OR NOT $facts) THEN 'day'
        WHEN $facts THEN 'facts'
        WHEN $program THEN 'program'
        ELSE 'unexplained'
    END AS cause
FROM differing AS d
LEFT JOIN by_rule AS r ON d.rule_id = r.rule_id
LEFT JOIN by_point AS p ON d.finding_id = p.finding_id
LEFT JOIN touched AS t ON d.rule_id = t.rule_id
"""
_GROUPS = """
SELECT
    rule_id, state, cause, COUNT(*) AS findings, CAST(COALESCE(SUM(before_fen), 0) AS BIGINT) AS before_fen,
    CAST(COALESCE(SUM(after_fen), 0) AS BIGINT) AS after_fen
FROM told
GROUP BY rule_id, state, cause
ORDER BY rule_id, state, cause
"""
_LISTED = """
SELECT * FROM told
ORDER BY GREATEST(COALESCE(before_fen, 0), COALESCE(after_fen, 0)) DESC, finding_id
LIMIT ?
"""
_SAME = """
SELECT COUNT(*) FROM before_finding AS b
INNER JOIN after_finding AS a ON b.finding_id = a.finding_id AND b.verdict = a.verdict AND b.amount_fen = a.amount_fen
"""
