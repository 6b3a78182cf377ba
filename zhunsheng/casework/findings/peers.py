"""Institutions beside others of the same kind and level, never beside any other."""

# ruff: noqa: S608 - the texts put together are this package's own; values are always parameters
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.casework.findings.overview import control_limits
from zhunsheng.kernel.errors import Problem

#: What a rate is reckoned by: a column of institution_month.
BASES = ("lines", "settlements")
#: Fewer than two of a kind and level are no comparison.
LEAST = 2


@dataclass(frozen=True, slots=True)
class Peers:
    """Which institutions are compared, over which month (empty: every month), by which base, on which rule."""

    kind: str = ""
    grade: str = ""
    month: str = ""
    per: str = "lines"
    rule: str = ""

    def query(self, **changes: str) -> str:
        """Return the address part, with changes."""
        plain = {**asdict(self), **changes}
        plain["month"] = plain["month"] or "all"
        return urlencode({name: value for name, value in plain.items() if value})


#: Kinds that have no levels: all of a kind are peers.
UNGRADED = frozenset({"pharmacy"})
#: Charges nothing to the fund: compared by indicators of its own.
APART = "vendor"


def groups(reader: Reader, places: Mapping[str, Place]) -> list[dict[str, Any]]:
    """Return each kind and level in view with ``count``, most findings first; ``grade`` None where it is not stated."""
    rows = reader.rows("SELECT institution_id, SUM(findings)::BIGINT AS findings FROM institution_month GROUP BY 1")
    found = {row["institution_id"]: row["findings"] for row in rows}
    counted: dict[tuple[str | None, str | None], list[int]] = {}
    for place in (one for one in places.values() if one.kind != APART):
        grade = "" if place.kind in UNGRADED else place.level
        counted.setdefault((place.kind, grade), []).append(found.get(place.institution_id, 0))
    told = [
        {"kind": kind, "grade": grade, "count": len(each), "findings": sum(each)}
        for (kind, grade), each in counted.items()
    ]
    return sorted(told, key=lambda one: (one["count"] < LEAST, -one["findings"], one["kind"] or "", one["grade"] or ""))


def stated(group: dict[str, Any]) -> bool:
    """Whether kind and level of a group are known: what is not known is no ground for a comparison."""
    return bool(group["kind"]) and group["grade"] is not None


def parse(given: Mapping[str, str], months: list[str], known: list[dict[str, Any]]) -> Peers:
    """Read a comparison from an address; by default the first group and the newest month. Raises Problem ZS709.

    A group that the reader has none of is no mistake: the address may come from a colleague who sees others.
    """
    kind, grade, month, per, rule = (given.get(n, "").strip()[:120] for n in ("kind", "grade", "month", "per", "rule"))
    offered = [(one["kind"], one["grade"]) for one in known if stated(one)]
    if not kind and offered:
        kind, grade = offered[0]
    if month not in ("", "all", *months):
        raise Problem("ZS709", name="month", value=month)
    if per not in ("", *BASES):
        raise Problem("ZS709", name="per", value=per)
    return Peers(kind, grade, "" if month == "all" else month or next(iter(months), ""), per or BASES[0], rule)


def compare(reader: Reader, wanted: Peers) -> list[dict[str, Any]]:
    """Return the institutions of a kind and level, highest rate first: findings, unknown, base, rate and limits.

    The limits are those of the u chart around the rate of the whole group (three sigma). An institution without a
    base has no rate (None) and stands last.
    """
    rows = reader.rows(*_query(wanted))
    limited = {row["institution_id"]: row for row in control_limits(rows, wanted.per)}
    nothing = dict.fromkeys(("rate", "centre", "upper", "lower"), None) | {"out": False}
    told = [limited.get(row["institution_id"], {**row, **nothing}) for row in rows]
    return sorted(told, key=lambda row: (row["rate"] is None, -(row["rate"] or 0), row["institution_id"]))


def _query(wanted: Peers) -> tuple[str, list[Any]]:
    month = ("month = ?", [wanted.month]) if wanted.month else ("true", [])
    found, values = f"SELECT institution_id, findings, unknown FROM institution_month WHERE {month[0]}", list(month[1])
    if wanted.rule:
        found = (
            "SELECT institution_id, COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings, "
            "COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown "
            f"FROM finding WHERE {month[0]} AND rule_id = ? GROUP BY institution_id"
        )
        values.append(wanted.rule)
    sql = f"""
        SELECT i.institution_id, i.name, COALESCE(base.base, 0) AS {wanted.per},
            COALESCE(found.findings, 0) AS findings, COALESCE(found.unknown, 0) AS unknown
        FROM institution i
        LEFT JOIN (
            SELECT institution_id, SUM({wanted.per})::BIGINT AS base
            FROM institution_month WHERE {month[0]} GROUP BY institution_id
        ) base USING (institution_id)
        LEFT JOIN (
            SELECT institution_id, SUM(findings)::BIGINT AS findings, SUM(unknown)::BIGINT AS unknown
            FROM ({found}) GROUP BY institution_id
        ) found USING (institution_id)
        WHERE i.kind = ? AND (i.level = ? OR ?)
    """
    return sql, [*month[1], *values, wanted.kind, wanted.grade, wanted.kind in UNGRADED]
