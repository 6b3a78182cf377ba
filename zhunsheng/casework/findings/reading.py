"""The figures of a position: its parts one level down, its rules, its months, what is unknown in it."""

# ruff: noqa: S608 - the texts put together are this package's own; values are always parameters
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.casework.findings.levels import Position, leads, roots
from zhunsheng.casework.findings.overview import TREND_MONTHS, month_before

ENCOUNTERS = 25
COUNTED = ("lines", "amount_fen", "findings", "unknown", "finding_amount_fen", "before")
#: What the rows of each level are: the column that tells them apart, and the columns that name them.
PARTS = {
    "institution": ("department_id", "department"),
    "department": ("practitioner_id", "practitioner"),
}


def parts(reader: Reader, position: Position, places: Mapping[str, Place]) -> list[dict[str, Any]]:
    """Return the rows one level down, most findings first: id, name, COUNTED and ``lead`` where the row is a group.

    ``before`` is the findings of the month before, ``lines_before`` None where that month has no line. Below the
    practitioner there are encounters, which ``encounters`` returns page by page.
    """
    if position.level in PARTS:
        return _named(reader, position)
    if position.level == "practitioner":
        return []
    rows = _sums(reader, position, "institution_id", "institution_month")
    if position.level == "whole":
        rows = _grouped(rows, places)
    for row in rows:
        place = places.get(row["id"])
        row |= {"name": place.name if place else None, "kind": place.kind if place else None}
        row["grade"] = place.level if place else None
    return sorted(rows, key=_worst_first)


def _worst_first(row: dict[str, Any]) -> tuple[Any, ...]:
    return -row["findings"], -row["finding_amount_fen"], -row["lines"], row["id"] or ""


def _sums(reader: Reader, position: Position, key: str, table: str) -> list[dict[str, Any]]:
    where, values = position.where()
    month, before = position.month, month_before(position.month) if position.month else ""
    now = "month = ?" if month else "(month = ? OR true)"
    sums = ", ".join(f"COALESCE(SUM({name}) FILTER (WHERE {now}), 0)::BIGINT AS {name}" for name in COUNTED[:-1])
    return reader.rows(
        f"SELECT * FROM (SELECT {key} AS id, {sums}, "
        "COALESCE(SUM(findings) FILTER (WHERE month = ?), 0)::BIGINT AS before, "
        "SUM(lines) FILTER (WHERE month = ?)::BIGINT AS lines_before "
        f"FROM {table} WHERE {where} GROUP BY 1) WHERE lines + findings + unknown + before > 0",
        [*[month] * len(COUNTED[:-1]), before, before, *values],
    )


def _named(reader: Reader, position: Position) -> list[dict[str, Any]]:
    key, table = PARTS[position.level]
    names = reader.rows(f"SELECT {key} AS id, name FROM {table} WHERE institution_id = ?", [position.institution])
    name_of = {row["id"]: row["name"] for row in names}
    rows = _sums(reader, position, key, "practitioner_month")
    return sorted(({**row, "name": name_of.get(row["id"]) or row["id"]} for row in rows), key=_worst_first)


def _grouped(rows: list[dict[str, Any]], places: Mapping[str, Place]) -> list[dict[str, Any]]:
    """Add up the institutions of each consortium; an institution of none stays a row of its own."""
    root_of, groups = roots(places), leads(places)
    gathered: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        gathered.setdefault(root_of.get(row["id"], row["id"]), []).append(row)
    return [
        {"id": root, "lead": root in groups, "members": len(groups.get(root, ())), **summed(members)}
        for root, members in gathered.items()
    ]


def summed(rows: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums over rows; ``lines_before`` is None where no row had lines the month before."""
    rows = list(rows)
    before = [row["lines_before"] for row in rows if row["lines_before"] is not None]
    return {
        **{name: sum(row[name] for row in rows) for name in COUNTED},
        "lines_before": sum(before) if before else None,
    }


def total(reader: Reader, position: Position) -> dict[str, Any]:
    """Return the sums of a position itself, reckoned without its parts."""
    deep = position.level in ("department", "practitioner")
    found = _sums(reader, position, "0", "practitioner_month" if deep else "institution_month")
    return found[0] if found else {**dict.fromkeys(COUNTED, 0), "lines_before": None}


def _findings(position: Position) -> tuple[str, list[Any]]:
    where, values = position.where()
    return (f"{where} AND month = ?", [*values, position.month]) if position.month else (where, values)


def by_rule(reader: Reader, position: Position) -> list[dict[str, Any]]:
    """Return the rules with findings at a position: by verdict, with the amount of those that are not unknown."""
    where, values = _findings(position)
    return reader.rows(
        f"""
        SELECT f.rule_id, r.name, r.name_en, r.code, r.ground,
            COUNT(*) FILTER (WHERE verdict = 'violation') AS violation,
            COUNT(*) FILTER (WHERE verdict = 'suspected') AS suspected,
            COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown,
            COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings,
            COALESCE(SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), 0)::BIGINT AS finding_amount_fen
        FROM (SELECT * FROM finding WHERE {where}) f LEFT JOIN rule r USING (rule_id)
        GROUP BY ALL ORDER BY findings DESC, finding_amount_fen DESC, unknown DESC, f.rule_id
        """,
        values,
    )


def unknown_reasons(reader: Reader, position: Position) -> list[dict[str, Any]]:
    """Return what is missing at a position where a rule could not decide: pattern, reason, findings."""
    where, values = _findings(position)
    return reader.rows(
        f"""
        SELECT f.pattern, fr.reason, COUNT(DISTINCT f.finding_id) AS findings
        FROM (SELECT * FROM finding WHERE {where} AND verdict = 'unknown') f
        JOIN finding_reason fr USING (finding_id) WHERE fr.verdict = 'unknown'
        GROUP BY ALL ORDER BY findings DESC, fr.reason
        """,
        values,
    )


def by_month(reader: Reader, position: Position) -> list[dict[str, Any]]:
    """Return the figures of each month up to the position's, oldest first, at most TREND_MONTHS of them."""
    where, values = position.where()
    deep = position.level in ("department", "practitioner")
    found = reader.rows(
        f"""
        SELECT month, SUM(lines)::BIGINT AS lines, SUM(findings)::BIGINT AS findings, SUM(unknown)::BIGINT AS unknown,
            SUM(finding_amount_fen)::BIGINT AS finding_amount_fen
        FROM {"practitioner_month" if deep else "institution_month"}
        WHERE {where} AND month IS NOT NULL AND (month <= ? OR ? = '') GROUP BY month ORDER BY month DESC LIMIT ?
        """,
        [*values, position.month, position.month, TREND_MONTHS],
    )
    return found[::-1]


def encounters(reader: Reader, position: Position, number: int) -> list[dict[str, Any]]:
    """Return one page of the encounters in which a practitioner charged, most findings first; ``visits`` is how many.

    Lines and amount are those of this practitioner in these months, so that they add up to the level above.
    """
    where, values = _findings(position)
    return reader.rows(ENCOUNTERED.format(where=where), [*values, *values, ENCOUNTERS, (number - 1) * ENCOUNTERS])


def of_encounter(reader: Reader, position: Position, encounter_id: str) -> dict[str, Any]:
    """Return lines and amount of an encounter that count at a position, as the level above counts them."""
    where, values = _findings(position)
    sql = (
        "SELECT COUNT(*) AS lines, COALESCE(SUM(amount_fen), 0)::BIGINT AS amount_fen "
        f"FROM charge_line WHERE encounter_id = ? AND currency IS NULL AND {where}"
    )
    return reader.one(sql, [encounter_id, *values]) or {}


ENCOUNTERED = """
WITH counted AS (
    SELECT encounter_id, COUNT(*) AS lines, SUM(amount_fen) AS amount_fen
    FROM charge_line WHERE {where} AND currency IS NULL GROUP BY encounter_id
    UNION ALL BY NAME
    SELECT encounter_id, COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings,
        COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown,
        SUM(amount_fen) FILTER (WHERE verdict <> 'unknown') AS finding_amount_fen
    FROM finding WHERE {where} GROUP BY encounter_id
),
page AS (
    SELECT encounter_id, COALESCE(SUM(lines), 0)::BIGINT AS lines, COALESCE(SUM(amount_fen), 0)::BIGINT AS amount_fen,
        COALESCE(SUM(findings), 0)::BIGINT AS findings, COALESCE(SUM(unknown), 0)::BIGINT AS unknown,
        COALESCE(SUM(finding_amount_fen), 0)::BIGINT AS finding_amount_fen, COUNT(*) OVER () AS visits
    FROM counted GROUP BY encounter_id
    ORDER BY findings DESC, finding_amount_fen DESC, unknown DESC, amount_fen DESC, encounter_id LIMIT ? OFFSET ?
)
SELECT p.*, e.visit_type, e.start_date, e.end_date, e.person_id
FROM page p LEFT JOIN (SELECT * FROM encounter WHERE encounter_id IN (SELECT encounter_id FROM page)) e
USING (encounter_id)
ORDER BY findings DESC, finding_amount_fen DESC, unknown DESC, amount_fen DESC, encounter_id
"""
