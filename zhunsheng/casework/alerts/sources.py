"""What lights are judged on, read from a run: the monthly counts of vendors and their events, for some institutions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any

from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import held
from zhunsheng.lights.values import Event, Value

#: Counts by the member that ordered, taken together; a count of the whole vendor names none.
VALUES = (
    "SELECT indicator_id, subject_id, month, SUM(numerator) AS numerator, SUM(denominator) AS denominator, "
    "SUM(unknown) AS unknown FROM indicator_count WHERE subject_kind = 'vendor' "
    "GROUP BY indicator_id, subject_id, month ORDER BY indicator_id, subject_id, month"
)
EVENTS = (
    "SELECT incident_id, vendor_id, kind, weight, occurred_on, COALESCE(reported_on, occurred_on) AS known_on "
    "FROM incident ORDER BY vendor_id, incident_id"
)


def overseen(file: RunFile, body: Body) -> frozenset[str] | None:
    """Return whose rows a body judges vendors by: what it sees, and the vendors that serve these; None for all.

    What an event says of no member in particular is then told to whomever its vendor serves.
    """
    seen = held(body)
    return None if seen is None else seen | {one.subject_id for one in values(file, seen)}


def values(file: RunFile, institutions: frozenset[str] | None) -> list[Value]:
    """Return the monthly counts of every vendor, as those institutions (None: all) ordered; none of an older run."""
    return [
        Value(
            row["indicator_id"], row["subject_id"], _month(row["month"]), int(row["numerator"]),
            int(row["denominator"]), int(row["unknown"]),
        )
        for row in _rows(file, "indicator_count", VALUES, institutions)
    ]  # fmt: skip


def events(file: RunFile, institutions: frozenset[str] | None) -> list[Event]:
    """Return the events of every vendor that concern those institutions (None: all) or no one in particular."""
    return [
        Event(
            row["incident_id"], row["vendor_id"], row["kind"] or "", row["weight"] or "", row["occurred_on"],
            row["known_on"],
        )
        for row in _rows(file, "incident", EVENTS, institutions)
    ]  # fmt: skip


def _rows(file: RunFile, table: str, sql: str, institutions: Collection[str] | None) -> list[dict[str, Any]]:
    if table not in file.tables:
        return []
    with file.reader(None if institutions is None else frozenset(institutions)) as reader:
        return reader.rows(sql)


def _month(value: Any) -> date:
    """Return the month of a count as its first day, whether the run keeps a day or YYYY-MM."""
    return value if isinstance(value, date) else date.fromisoformat(f"{value}-01"[:10])
