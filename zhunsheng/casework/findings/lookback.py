"""Look-back (回头看): what the rules of a case found at its institution before the case and after it was paid.

Measured from the current run, by whole months of service. A month of which the run knows nothing of the institution is
not taken for a month without findings: then the period is unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from zhunsheng.casework.bodies.lake import Reader

#: Whole months that are set against each other.
MONTHS = 3


@dataclass(frozen=True, slots=True)
class Measured:
    """One period: its months (YYYY-MM), findings, fen at stake and visits touched, of all ``visits``.

    ``unknown``: findings that could not be judged, apart. ``missing``: months without data; then nothing is compared.
    """

    months: tuple[str, ...]
    findings: int
    unknown: int
    amount_fen: int
    touched: int
    visits: int
    missing: tuple[str, ...]


def months_before(day: date, count: int = MONTHS) -> tuple[str, ...]:
    """Return the whole months before that of a day, oldest first."""
    return tuple(_month(day, n) for n in range(-count, 0))


def months_after(day: date, count: int = MONTHS) -> tuple[str, ...]:
    """Return the whole months after that of a day, oldest first."""
    return tuple(_month(day, n) for n in range(1, count + 1))


def _month(day: date, step: int) -> str:
    year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
    return f"{year:04d}-{month + 1:02d}"


def measure(reader: Reader, institution_id: str, rule_ids: Sequence[str], months: Sequence[str]) -> Measured:
    """Return what some rules found at an institution in some months."""
    found = reader.one(
        "SELECT COUNT(*) FILTER (WHERE verdict <> 'unknown') AS findings, "
        "COUNT(*) FILTER (WHERE verdict = 'unknown') AS unknown, "
        "COALESCE(SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), 0)::BIGINT AS amount_fen, "
        "COUNT(DISTINCT encounter_id) FILTER (WHERE verdict <> 'unknown') AS touched FROM finding "
        "WHERE institution_id = ? AND rule_id IN (SELECT UNNEST(CAST(? AS VARCHAR[]))) "
        "AND month IN (SELECT UNNEST(CAST(? AS VARCHAR[])))",
        [institution_id, list(rule_ids), list(months)],
    )
    known = reader.rows(
        "SELECT month, SUM(encounters)::BIGINT AS visits FROM institution_month WHERE institution_id = ? "
        "AND month IN (SELECT UNNEST(CAST(? AS VARCHAR[]))) AND lines > 0 GROUP BY month",
        [institution_id, list(months)],
    )
    with_data = {row["month"] for row in known}
    return Measured(
        months=tuple(months),
        visits=sum(row["visits"] for row in known),
        missing=tuple(month for month in months if month not in with_data),
        **(found or {}),
    )


def rules_of(reader: Reader, finding_ids: Sequence[str]) -> list[str]:
    """Return the rules behind some findings, also of those that the run no longer has."""
    sql = (
        "SELECT DISTINCT rule_id FROM (SELECT finding_id, rule_id FROM finding UNION ALL "
        "SELECT finding_id, rule_id FROM gone_finding) WHERE finding_id IN (SELECT UNNEST(CAST(? AS VARCHAR[]))) "
        "ORDER BY rule_id"
    )
    return [row["rule_id"] for row in reader.rows(sql, [list(finding_ids)])]


def open_of_rule(reader: Reader, rule_id: str, decided: Sequence[str]) -> int:
    """Return how many findings of a rule wait for a person: judged, and not among the decided."""
    found = reader.one(
        "SELECT COUNT(*) AS n FROM finding WHERE rule_id = ? AND verdict <> 'unknown' "
        "AND finding_id NOT IN (SELECT UNNEST(CAST(? AS VARCHAR[])))",
        [rule_id, list(decided)],
    )
    return found["n"] if found else 0
