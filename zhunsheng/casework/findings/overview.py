"""The figures of the overview: one month against the month before, within a scope."""

from __future__ import annotations

from math import sqrt
from typing import Any

from zhunsheng.casework.bodies.lake import Reader

TREND_MONTHS = 24


def month_before(month: str) -> str:
    """Return the calendar month before: ``2026-01`` gives ``2025-12``."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def by_institution(reader: Reader, month: str) -> list[dict[str, Any]]:
    """Return each institution's figures of a month and of the month before, worst first.

    Worst is most findings, then the largest amount; an institution without activity in both months is left out.
    """
    return reader.rows(BY_INSTITUTION, [month, month_before(month), month])


BY_INSTITUTION = """
WITH figures AS (
    SELECT institution_id,
        SUM(settlements) FILTER (WHERE month = $1)::BIGINT AS settlements,
        SUM(findings) FILTER (WHERE month = $1)::BIGINT AS findings,
        SUM(unknown) FILTER (WHERE month = $1)::BIGINT AS unknown,
        SUM(finding_amount_fen) FILTER (WHERE month = $1)::BIGINT AS amount_fen,
        SUM(findings) FILTER (WHERE month = $2)::BIGINT AS before,
        SUM(settlements) FILTER (WHERE month = $2)::BIGINT AS settlements_before
    FROM institution_month WHERE month IN ($1, $2) GROUP BY institution_id
),
most AS (
    SELECT institution_id, rule_id, COUNT(*) AS findings FROM finding
    WHERE month = $3 AND verdict <> 'unknown' GROUP BY institution_id, rule_id
    QUALIFY ROW_NUMBER() OVER (PARTITION BY institution_id ORDER BY findings DESC, rule_id) = 1
)
SELECT f.institution_id, i.name, i.kind, i.level, COALESCE(f.settlements, 0) AS settlements,
    COALESCE(f.findings, 0) AS findings, COALESCE(f.unknown, 0) AS unknown, COALESCE(f.amount_fen, 0) AS amount_fen,
    COALESCE(f.before, 0) AS before, f.settlements_before,
    CASE WHEN i.kind IS NOT DISTINCT FROM 'vendor' THEN 0 ELSE COALESCE(f.findings, 0) END AS fund_findings,
    most.rule_id AS main_rule, most.findings AS main_findings, r.name AS main_name, r.name_en AS main_name_en
FROM figures f
LEFT JOIN institution i USING (institution_id)
LEFT JOIN most USING (institution_id)
LEFT JOIN rule r ON r.rule_id = most.rule_id
ORDER BY findings DESC, amount_fen DESC, f.institution_id
"""


def worse(reader: Reader, month: str, limit: int = 5) -> list[dict[str, Any]]:
    """Return pairs of institution and rule that have more findings than the month before, largest rise first."""
    return reader.rows(WORSE, [month, month_before(month), limit])


WORSE = """
WITH pair AS (
    SELECT institution_id, rule_id,
        COUNT(*) FILTER (WHERE month = $1) AS findings,
        COUNT(*) FILTER (WHERE month = $2) AS before,
        COALESCE(SUM(amount_fen) FILTER (WHERE month = $1), 0)::BIGINT AS amount_fen,
        COALESCE(SUM(amount_fen) FILTER (WHERE month = $2), 0)::BIGINT AS before_fen
    FROM finding WHERE month IN ($1, $2) AND verdict <> 'unknown' GROUP BY ALL
),
rising AS (SELECT *, COUNT(*) OVER () AS pairs FROM pair WHERE findings > before)
SELECT p.*, i.name AS institution_name, r.name AS rule_name, r.name_en AS rule_name_en
FROM rising p
LEFT JOIN institution i USING (institution_id)
LEFT JOIN rule r USING (rule_id)
ORDER BY findings - before DESC, amount_fen DESC, institution_id, rule_id LIMIT $3
"""


def by_rule(reader: Reader, month: str) -> list[dict[str, Any]]:
    """Return each rule's findings of a month by verdict, with the month before."""
    return reader.rows(BY_RULE, [month, month_before(month)])


BY_RULE = """
SELECT r.rule_id, r.name, r.name_en, r.code, r.ground, r.version,
    COUNT(f.finding_id) FILTER (WHERE f.month = $1 AND f.verdict = 'violation') AS violation,
    COUNT(f.finding_id) FILTER (WHERE f.month = $1 AND f.verdict = 'suspected') AS suspected,
    COUNT(f.finding_id) FILTER (WHERE f.month = $1 AND f.verdict = 'unknown') AS unknown,
    COUNT(f.finding_id) FILTER (WHERE f.month = $1 AND f.verdict <> 'unknown') AS findings,
    COUNT(f.finding_id) FILTER (WHERE f.month = $2 AND f.verdict <> 'unknown') AS before,
    COALESCE(SUM(f.amount_fen) FILTER (WHERE f.month = $1 AND f.verdict <> 'unknown'), 0)::BIGINT AS amount_fen
FROM rule r LEFT JOIN (SELECT * FROM finding WHERE month IN ($1, $2)) f USING (rule_id)
GROUP BY ALL ORDER BY findings DESC, amount_fen DESC, r.rule_id
"""


def unknown_reasons(reader: Reader, month: str) -> list[dict[str, Any]]:
    """Return what is missing where a rule could not decide: reason, findings of the month, institutions."""
    return reader.rows(
        """
        SELECT f.pattern, fr.reason, COUNT(DISTINCT f.finding_id) AS findings,
            COUNT(DISTINCT f.institution_id) AS institutions
        FROM finding f JOIN finding_reason fr USING (finding_id)
        WHERE f.month = ? AND f.verdict = 'unknown' AND fr.verdict = 'unknown'
        GROUP BY ALL ORDER BY findings DESC, fr.reason
        """,
        [month],
    )


def by_month(reader: Reader, month: str) -> list[dict[str, Any]]:
    """Return the figures of each month up to a month, oldest first, at most TREND_MONTHS of them.

    ``fund_findings`` leaves out those at vendors: who settles nothing is no part of a rate per settlement.
    """
    found = reader.rows(
        """
        SELECT month, SUM(settlements)::BIGINT AS settlements, SUM(findings)::BIGINT AS findings,
            COALESCE(SUM(findings) FILTER (WHERE i.kind IS DISTINCT FROM 'vendor'), 0)::BIGINT AS fund_findings,
            SUM(unknown)::BIGINT AS unknown, SUM(finding_amount_fen)::BIGINT AS amount_fen
        FROM institution_month LEFT JOIN institution AS i USING (institution_id)
        WHERE month <= ? GROUP BY month ORDER BY month DESC LIMIT ?
        """,
        [month, TREND_MONTHS],
    )
    return found[::-1]


def control_limits(points: list[dict[str, Any]], base: str = "settlements") -> list[dict[str, Any]]:
    """Add rate per 1,000 of the base, centre and three-sigma limits (u chart) to the points that have a base.

    The centre is all findings over the whole base, so that a large point weighs as much as it holds.
    """
    known = [point for point in points if point[base]]
    whole = sum(point[base] for point in known)
    if not whole:
        return []
    centre = sum(point["findings"] for point in known) / whole
    return [_limited(point, point[base], centre) for point in known]


def _limited(point: dict[str, Any], n: int, centre: float) -> dict[str, Any]:
    rate, spread = point["findings"] / n, 3 * sqrt(centre / n)
    upper, lower = centre + spread, max(0.0, centre - spread)
    figures = {"rate": rate, "centre": centre, "upper": upper, "lower": lower}
    return {
        **point,
        **{name: round(value * 1000, 2) for name, value in figures.items()},
        "out": rate > upper or rate < lower,
    }
