"""What stands behind the orders of a vendor and month: nodes, results, second readings."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

import numpy as np
import pyarrow as pa
from numpy.random import Generator

from zhunsheng.generator import export
from zhunsheng.generator.export import chosen, moment, scaled, whole
from zhunsheng.generator.frames import DAY, HOUR, NONE, Flags, Ints, full
from zhunsheng.generator.months import Month, as_date, ordinal
from zhunsheng.generator.tables import headers
from zhunsheng.generator.vendors.draw import Orders, share_of
from zhunsheng.generator.vendors.profiles import (
    Analyte,
    Excursion,
    Gap,
    Member,
    Uncertified,
    Vendor,
    day_of,
    in_month,
)

YES, NO = "是", "否"
FACE = np.array([NO, YES])
STATES = ["已完成", "拒收", "已取消"]
KINDS = {
    "laboratory": "医学检验",
    "pathology": "病理诊断",
    "imaging": "医学影像",
    "tele_ecg": "远程心电",
    "logistics": "冷链物流",
    "rehabilitation": "康复服务",
}
REPORTS = ("laboratory", "pathology", "imaging", "tele_ecg")
#: Degrees Celsius x 10^4 between which a cold leg stays.
COLDEST, WARMEST = 28_000, 72_000
#: How many results out of range in a row are told to the consortium.
RUN = 3
#: How long after a report it is read again at the latest.
LONGEST = 40 * HOUR
REPORT: Analyte = ("report", "", 0, 0, 0, 0)
Table = dict[str, list[pa.Table]]


@dataclass
class Patients:
    """How many results of a person and analyte were out of range in a row, and the days of the one who stays so."""

    chosen: int = NONE
    out: dict[tuple[int, str], int] = field(default_factory=dict)
    days: list[str] = field(default_factory=list)

    def value(self, rng: Generator, person: int, analyte: Analyte, *, stays: bool, at: str) -> float:
        """Draw a result; a third one out of range in a row is left to the one patient who is chosen."""
        name, _, mean, sd, low, high = analyte
        if stays and person == self.chosen:
            self.days.append(at[:10])
            return high * 1.3
        found = max(mean + sd * float(rng.standard_normal()), 0.1)
        if low <= round(found, 2) <= high:
            self.out[person, name] = 0
            return found
        self.out[person, name] = self.out.get((person, name), 0) + 1
        if self.out[person, name] < RUN:
            return found
        self.out[person, name] = 0
        return mean


@dataclass(frozen=True)
class Batch:
    """The orders of one vendor and month with their numbers; ``codes`` are those of the institutions by position."""

    vendor: Vendor
    month: Month
    calendar: list[Month]
    orders: Orders
    prices: Ints
    codes: list[str]
    patients: Patients = field(default_factory=Patients)
    ids: pa.Array = field(init=False)

    def __post_init__(self) -> None:
        prefix = self.vendor.staff[0].id[:2] + self.month.label.replace("-", "")
        numbers = [f"{prefix}{n:05d}" for n in range(1, len(self.orders) + 1)]
        object.__setattr__(self, "ids", pa.array(numbers, pa.string()))

    @property
    def done(self) -> Ints:
        """Positions of the orders that were done."""
        return np.flatnonzero(self.orders.done != NONE)


def table(kind: str, columns: list[pa.Array]) -> pa.Table:
    """Return columns of text as a table of a file kind."""
    return pa.table(columns, names=list(headers(kind)))


def texts(values: list[str]) -> pa.Array:
    """Return a column of texts."""
    return pa.array(values, pa.string())


def numbers_of(values: Ints) -> pa.Array:
    """Return whole numbers as text, empty for NONE."""
    return whole(values, values != NONE)


def orders(batch: Batch) -> pa.Table:
    """Return the orders as rows of their file."""
    made, count = batch.orders, len(batch.orders)
    items = batch.vendor.items
    patient = made.source.person != NONE
    price = batch.prices[made.item]
    charged = made.done != NONE
    told = export.shown(texts(list(FACE[(~made.untold).astype(np.int64)])), patient)
    declined = export.shown(texts(list(FACE[made.declined.astype(np.int64)])), patient)
    columns = [
        export.constant(batch.vendor.id, count),
        batch.ids,
        export.constant(KINDS[batch.vendor.service_kind], count),
        chosen(batch.codes, made.source.institution),
        numbers_of(made.source.person),
        numbers_of(made.source.encounter),
        chosen([one.code for one in items], made.item),
        chosen([one.name for one in items], made.item),
        moment(made.ordered),
        moment(made.due),
        moment(made.done, charged),
        whole(full(count, 1)),
        scaled(price, 6, 2),
        export.shown(scaled(price // 10_000, 2, 2), charged),
        told,
        declined,
        texts(list(FACE[made.urgent.astype(np.int64)])),
        chosen(STATES, np.where(made.rejected, 1, np.where(made.declined, 2, 0)).astype(np.int64)),
    ]
    return table("order", columns)


def on_duty(batch: Batch, profession: str, day: date) -> list[Member]:
    """Return who of a profession works on a day: everyone but those whose certificate does not hold."""
    return [one for one in batch.vendor.staff if one.profession == profession and _holds(batch.calendar, one, day)]


def _holds(calendar: list[Month], one: Member, day: date) -> bool:
    if one.until is None or day < day_of(calendar, one.until):
        return True
    return one.renewed is not None and day >= day_of(calendar, one.renewed)


def signers(rng: Generator, batch: Batch, profession: str, moments: Ints) -> list[str]:
    """Return who of a profession did something at each moment; anybody at the other nodes of a vendor without one."""
    names: list[str] = []
    on: dict[int, list[Member]] = {}
    for at, pick in zip((moments // DAY).tolist(), rng.random(len(moments)).tolist(), strict=True):
        if at not in on:
            on[at] = on_duty(batch, profession, as_date(at))
        names.append(on[at][int(pick * len(on[at]))].id if on[at] else "")
    return names


def events(rng: Generator, batch: Batch) -> pa.Table:
    """Return the nodes of the orders that were done, evenly on their way, each with who did it."""
    vendor, made, done = batch.vendor, batch.orders, batch.done
    start, length = made.ordered[done], (made.done - made.ordered)[done]
    parts = []
    for n, (node, profession) in enumerate(vendor.nodes.items(), 1):
        spread = np.clip((n - 0.4 * rng.random(len(done))) / len(vendor.nodes), 0, 1)
        at = made.done[done] if n == len(vendor.nodes) else start + (length * spread).astype(np.int64)
        who = np.array(signers(rng, batch, profession, at), dtype=object)
        if vendor.uncertified:
            who[_told(batch, vendor.uncertified, node, at)] = vendor.uncertified.who
        ids = batch.ids.take(pa.array(done))
        columns = [
            export.constant(vendor.id, len(done)),
            texts([f"{one}-{n}" for one in ids.to_pylist()]),
            ids,
            export.constant(KINDS[vendor.service_kind], len(done)),
            export.constant(node, len(done)),
            moment(at),
            texts(who.tolist()),
            export.constant(vendor.controls[0].device if node == "tested" and vendor.controls else "", len(done)),
            export.constant("", len(done)),
            *_temperatures(rng, batch, node, at),
        ]
        parts.append(table("event", columns).filter(pa.array(~_told(batch, vendor.gap, node, at))))
    return pa.concat_tables(parts)


def _temperatures(rng: Generator, batch: Batch, node: str, at: Ints) -> list[pa.Array]:
    """Return the lowest and highest temperature of a leg; empty at the nodes that are none."""
    low = rng.integers(COLDEST, 45_000, len(at)) // 1000 * 1000
    high = rng.integers(50_000, WARMEST, len(at)) // 1000 * 1000
    warm = batch.vendor.excursion
    if warm:
        high[_told(batch, warm, node, at)] = round(warm.highest * 10_000)
    cold = np.full(len(at), node in batch.vendor.cold, dtype=np.bool_)
    return [export.shown(scaled(low, 4, 1), cold), export.shown(scaled(high, 4, 1), cold)]


def _told(batch: Batch, one: Uncertified | Gap | Excursion | None, node: str, at: Ints) -> Flags:
    """Mark the first moments of a node, from a day on, that a story is about; none where it is about another node."""
    found = np.zeros(len(at), dtype=np.bool_)
    if one is None or node != one.node or batch.month.number != one.day[0]:
        return found
    since = ordinal(day_of(batch.calendar, one.day)) * DAY
    order = np.argsort(at, kind="stable")
    found[order[at[order] >= since][: one.count]] = True
    return found


def digest(order: str, version: int) -> str:
    """Return the digest of a report: of its number and version, for there is no file behind it."""
    return sha256(f"{order}/{version}".encode()).hexdigest()


@dataclass
class Results:
    """Rows of results while they are gathered: one list of cells per row of the file."""

    rows: list[list[str]] = field(default_factory=list)

    def table(self) -> pa.Table:
        """Return them as a table of their file."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(headers("result"))
        return table("result", [texts(list(one)) for one in columns])


def results(rng: Generator, batch: Batch) -> Results:
    """Return the reports of the orders that were done, with later versions where a month has some."""
    found = Results()
    if batch.vendor.service_kind not in REPORTS:
        return found
    vendor, made, done = batch.vendor, batch.orders, batch.done
    signed = signers(rng, batch, "physician", made.done[done])
    ids, at = batch.ids.to_pylist(), moment(made.done).to_pylist()
    turn = {n: place for place, n in enumerate(done.tolist())}
    for n in sorted(turn, key=lambda one: at[one]):
        for analyte in vendor.items[made.item[n]].analytes or (REPORT,):
            stays, person = analyte[0] == vendor.abnormal, int(made.source.person[n])
            value = batch.patients.value(rng, person, analyte, stays=stays, at=at[n]) if analyte[1] else None
            cells = _result(batch, n, analyte, value)
            found.rows.append([*cells[0:3], "1", *cells[3:], at[n], signed[turn[n]], "", digest(ids[n], 1)])
    for changed in (vendor.altered, vendor.amended):
        if changed and batch.month.number == changed.day[0]:
            _change(found, day_of(batch.calendar, changed.day), changed.count, changed.reason)
    return found


def _result(batch: Batch, n: int, analyte: Analyte, value: float | None) -> list[str]:
    """Return vendor, order, analyte and, after the version, institution to reference range."""
    name, unit, _, _, low, high = analyte
    source = batch.orders.source
    shown = "" if value is None else f"{value:.2f}"
    limits = ["", ""] if value is None else [f"{low:g}", f"{high:g}"]
    item = batch.vendor.items[batch.orders.item[n]].code
    place = batch.codes[source.institution[n]]
    return [batch.vendor.id, str(batch.ids[n]), name, place, str(source.person[n]), item, shown, unit, *limits]


def _change(found: Results, day: date, count: int, reason: str) -> None:
    """Add a second version of the reports that were released in the days before, at noon of the day and those after."""
    names = list(headers("result"))
    version, value, at, why, mark = (names.index(n) for n in ("version", "value", "reported_at", "reason", "digest"))
    own = [row for row in found.rows if row[version] == "1" and row[value] and row[at][:10] < day.isoformat()]
    latest = list({row[1]: row for row in own if sum(one[1] == row[1] for one in own) == 1}.values())[-count:]
    for place, row in enumerate(latest):
        later = list(row)
        later[version], later[why], later[mark] = "2", reason, digest(row[1], 2)
        later[value] = f"{float(row[value]) * 0.7:.2f}"
        later[at] = f"{date.fromordinal(day.toordinal() + place).isoformat()} 12:00:00"
        found.rows.append(later)


def readings(rng: Generator, batch: Batch) -> pa.Table:
    """Return the second readings: how many of the reports were read again, and how many of these differ."""
    month = batch.month.number
    # read within the month of the order, so that the month's readings tell of the month's reports
    last = (batch.month.first + batch.month.days) * DAY
    done = batch.done[batch.orders.done[batch.done] < last - LONGEST]
    again = np.sort(share_of(rng, done, in_month(batch.vendor.read_again, month)))
    differs = set(share_of(rng, again, in_month(batch.vendor.discordant, month)).tolist())
    read = batch.orders.done[again] + rng.integers(4 * HOUR, LONGEST, len(again))
    weights = ["重大差异" if rng.random() < 0.4 else "轻微差异" for _ in again]
    columns = [
        export.constant(batch.vendor.id, len(again)),
        batch.ids.take(pa.array(again)),
        export.day(read // DAY),
        export.constant("WB001", len(again)),
        texts([NO if int(n) in differs else YES for n in again]),
        texts([w if int(n) in differs else "无差异" for n, w in zip(again, weights, strict=True)]),
    ]
    return table("reading", columns)
