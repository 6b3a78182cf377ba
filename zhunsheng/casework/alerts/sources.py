"""What lights are judged on, read from a run: monthly counts of vendors, their incidents, and findings about them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from zhunsheng.book.lights import EventLight, Light
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import held
from zhunsheng.kernel.time import month_start
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

#: A finding is known from the month after its own on; its item is an item of a price list or a kind of service.
FINDINGS = (
    "SELECT finding_id, rule_id, institution_id, COALESCE(item_code, '') AS about, service_date FROM finding "
    "WHERE verdict <> 'unknown' AND service_date IS NOT NULL AND rule_id IN ({marks}) "
    "ORDER BY institution_id, finding_id"
)
#: The months that filings of an item hold, until the next one or their end, as known on the day of the run.
FILINGS = (
    "SELECT vendor_id, item_code, valid_from, LEAST(COALESCE(valid_to, DATE '9999-12-31'), COALESCE(LEAD(valid_from) "
    "OVER (PARTITION BY vendor_id, item_code ORDER BY valid_from), DATE '9999-12-31')) AS ended_on FROM price_filing "
    "ORDER BY vendor_id, item_code, valid_from"
)
#: The rule whose findings end with the filing that they speak of.
PRICES = "vendors/filed-price"


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


def found(file: RunFile, institutions: frozenset[str] | None, lights: Iterable[Light], as_of: date) -> list[Event]:
    """Return the findings of the rules that lights name as events of their vendors; a lead is enough for a light."""
    rules = sorted({rule for one in lights if isinstance(one, EventLight) for rule in one.rules})
    if not rules or "finding" not in file.tables:
        return []
    sql = FINDINGS.format(marks=", ".join("?" * len(rules)))
    with file.reader(institutions) as reader:
        rows = reader.rows(sql, rules)
    ends = _filing_ends(file, institutions) if PRICES in rules else {}
    told = []
    for row in rows:
        vendor, about, day = row["institution_id"], row["about"], row["service_date"]
        known = min(as_of, month_start(day, 1))
        over = _ended(ends.get((vendor, about), []), day, as_of) if row["rule_id"] == PRICES else None
        told.append(Event(row["finding_id"], vendor, row["rule_id"], "", day, known, about, over))
    return told


def _filing_ends(file: RunFile, institutions: frozenset[str] | None) -> dict[tuple[str, str], list[tuple[date, date]]]:
    """Return the first day and the first day after of each filing, by vendor and item."""
    found_: dict[tuple[str, str], list[tuple[date, date]]] = defaultdict(list)
    for row in _rows(file, "price_filing", FILINGS, institutions):
        found_[row["vendor_id"], row["item_code"]].append((row["valid_from"], row["ended_on"]))
    return found_


def _ended(filings: list[tuple[date, date]], month: date, as_of: date) -> date | None:
    """Return the day on which the filing of a finding's month no longer holds, None while it does.

    Of several in the month the last one counts: a finding names the first month at which its filing is too high.
    """
    held = [after for first, after in filings if first < month_start(month, 1) and after > month]
    return held[-1] if held and held[-1] <= as_of else None


def _rows(file: RunFile, table: str, sql: str, institutions: Collection[str] | None) -> list[dict[str, Any]]:
    if table not in file.tables:
        return []
    with file.reader(None if institutions is None else frozenset(institutions)) as reader:
        return reader.rows(sql)


def _month(value: Any) -> date:
    """Return the month of a count as its first day, whether the run keeps a day or YYYY-MM."""
    return value if isinstance(value, date) else date.fromisoformat(f"{value}-01"[:10])
