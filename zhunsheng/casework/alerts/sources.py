"""What lights are judged on, read from a run: monthly counts of vendors, incidents, broken trips, and findings."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from zhunsheng.book.lights import EventLight, Light
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import held
from zhunsheng.casework.devices import library as devices_book
from zhunsheng.casework.oversight.queries import data_steps
from zhunsheng.casework.vendors.queries import devices, lines_entered
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


#: Who was in post on the first day of a month, and who of them was not on the first day of the next. Of whom the
#: engagement itself is stated, it alone counts: a certificate that lapsed is no leaver, nor does one keep who left.
STAFF = """
    WITH staff AS (
        SELECT * FROM vendor_staff
        QUALIFY certificate_kind = 'engagement'
            OR NOT BOOL_OR(certificate_kind = 'engagement') OVER (PARTITION BY vendor_id, practitioner_id)),
    month AS (
        SELECT UNNEST(GENERATE_SERIES(
            DATE_TRUNC('month', MIN(valid_from)) + INTERVAL 1 MONTH, CAST(? AS DATE) - INTERVAL 1 MONTH,
            INTERVAL 1 MONTH
        ))::DATE AS first
        FROM staff),
    post AS (
        SELECT s.vendor_id, m.first, s.practitioner_id
        FROM staff AS s JOIN month AS m
            ON s.valid_from <= m.first AND (s.valid_to IS NULL OR s.valid_to > m.first)
        GROUP BY ALL)
    SELECT p.vendor_id, p.first, COUNT(*) AS whole, COUNT(*) FILTER (NOT EXISTS (
        SELECT 1 FROM staff AS s
        WHERE s.vendor_id = p.vendor_id AND s.practitioner_id = p.practitioner_id
            AND s.valid_from <= p.first + INTERVAL 1 MONTH
            AND (s.valid_to IS NULL OR s.valid_to > p.first + INTERVAL 1 MONTH))) AS part
    FROM post AS p GROUP BY ALL HAVING part > 0 ORDER BY ALL"""
HANDED_OVER = (
    "SELECT vendor_id, node, happened_on FROM service_event WHERE node IN ('data_handed_over', 'data_destroyed') "
    "AND happened_on IS NOT NULL ORDER BY vendor_id, happened_on"
)
BREACHES = "SELECT vendor_id, trip_id, started_on, judged_on FROM trip WHERE breach ORDER BY vendor_id, trip_id"
#: Trips with an excursion whose plan was surely not started, or surely later than so many seconds after it.
UNPLANNED = (
    "SELECT vendor_id, trip_id, started_on, judged_on FROM trip "
    "WHERE excursion AND (NOT plan_started OR plan_at > excursion_at + ?) ORDER BY vendor_id, trip_id"
)


def changes(file: RunFile, body: Body, institutions: frozenset[str] | None, as_of: date) -> list[Event]:
    """Return material changes of vendors: staff that left, devices changed, data handed over; trips gone wrong."""
    changed = [*_staff_left(file, institutions, as_of), *_devices(body, as_of)]
    return [*changed, *_data(file, body, institutions), *_trips(file, institutions)]


def _trips(file: RunFile, institutions: frozenset[str] | None) -> list[Event]:
    """Return the trips with a breach, and those whose plan was not started in time, known since they were judged."""
    if "trip" not in file.tables:
        return []
    with file.reader(None if institutions is None else frozenset(institutions)) as reader:
        known = reader.table("SELECT * FROM trip LIMIT 0").column_names
        limit = devices_book.first_step() if "plan_at" in known else None  # a run of before has none
        late = [] if limit is None else reader.rows(UNPLANNED, [limit * 60])
        told = [("trip_breached", reader.rows(BREACHES)), ("trip_unplanned", late)]
    return [
        Event(row["trip_id"], row["vendor_id"], kind, "", row["started_on"], row["judged_on"], "logistics")
        for kind, rows in told
        for row in rows
    ]


def _staff_left(file: RunFile, institutions: frozenset[str] | None, as_of: date) -> list[Event]:
    if "vendor_staff" not in file.tables:
        return []
    with file.reader(institutions) as reader:
        rows = reader.rows(STAFF, [month_start(as_of)])
    return [
        Event(f"{row['first']:%Y-%m}", row["vendor_id"], "staff_left", "", row["first"],
              month_start(row["first"], 1), share=(row["part"], row["whole"]))
        for row in rows
    ]  # fmt: skip


def _devices(body: Body, as_of: date) -> list[Event]:
    """Of the register of devices: per month those that came or went, of those in place on its first day."""
    with walls.within(walls.SITE):
        vendors = {line.institution_id for line in lines_entered() if line.body_id == body.pk}
        held = [one for one in devices() if one.institution_id in vendors]
    days = [(one.institution_id, day) for one in held for day in (one.valid_from, one.valid_to) if day]
    changed = Counter((vendor, month_start(day)) for vendor, day in days if day <= as_of)
    told = []
    for (vendor, first), part in sorted(changed.items()):
        mine = [one for one in held if one.institution_id == vendor]
        whole = sum(one.valid_from < first and (one.valid_to is None or one.valid_to >= first) for one in mine)
        known = min(as_of, month_start(first, 1))
        told.append(Event(f"{first:%Y-%m}", vendor, "devices_changed", "", first, known, share=(part, whole)))
    return told


def _data(file: RunFile, body: Body, institutions: frozenset[str] | None) -> list[Event]:
    """Return hand-overs of data with the day of the destruction after each: from facts and from steps of exit plans."""
    told: dict[str, dict[str, list[date]]] = defaultdict(lambda: defaultdict(list))
    for row in _rows(file, "service_event", HANDED_OVER, institutions):
        told[row["vendor_id"]][row["node"]].append(row["happened_on"])
    with walls.within(walls.SITE):
        for vendor, node, day in data_steps(body):
            told[vendor][node].append(day)
    found_ = []
    for vendor, days in sorted(told.items()):
        first = min(days["data_handed_over"], default=None)
        if first is not None:
            over = min((day for day in days["data_destroyed"] if day >= first), default=None)
            found_.append(Event(str(first), vendor, "data_handed_over", "", first, first, ended_on=over))
    return found_


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


def item_names(file: RunFile, institutions: frozenset[str] | None, codes: Collection[str]) -> dict[str, str]:
    """Return the names of items by code, as the findings have them; of a code that is no item's, none."""
    if not codes or "finding" not in file.tables:
        return {}
    sql = (
        "SELECT item_code, MIN(item_name) AS name FROM finding WHERE item_name IS NOT NULL "
        "AND LIST_CONTAINS(?, item_code) GROUP BY item_code ORDER BY item_code"
    )
    with file.reader(institutions) as reader:
        return {row["item_code"]: row["name"] for row in reader.rows(sql, [sorted(codes)])}


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
