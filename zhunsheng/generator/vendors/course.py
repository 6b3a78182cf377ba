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
from zhunsheng.generator.frames import DAY, HOUR, NONE, Ints, full
from zhunsheng.generator.months import Month, as_date
from zhunsheng.generator.tables import headers
from zhunsheng.generator.vendors.draw import Orders, share_of
from zhunsheng.generator.vendors.profiles import Analyte, Member, Vendor, day_of, in_month

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
#: How long after a report it is read again at the latest.
LONGEST = 40 * HOUR
REPORT: Analyte = ("report", "", 0, 0, 0, 0)
Table = dict[str, list[pa.Table]]


@dataclass(frozen=True)
class Batch:
    """The orders of one vendor and month with their numbers; ``codes`` are those of the institutions by position."""

    vendor: Vendor
    month: Month
    calendar: list[Month]
    orders: Orders
    prices: Ints
    codes: list[str]
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
        who = signers(rng, batch, profession, at)
        if vendor.uncertified and node == vendor.uncertified.node:
            who = _uncertified(batch, at, who)
        cold = node in vendor.cold
        low = rng.integers(COLDEST, 45_000, len(done)) // 1000 * 1000
        high = rng.integers(50_000, WARMEST, len(done)) // 1000 * 1000
        tick = np.full(len(done), cold, dtype=np.bool_)
        columns = [
            export.constant(vendor.id, len(done)),
            texts([f"{one}-{n}" for one in batch.ids.take(pa.array(done)).to_pylist()]),
            batch.ids.take(pa.array(done)),
            export.constant(KINDS[vendor.service_kind], len(done)),
            export.constant(node, len(done)),
            moment(at),
            texts(who),
            export.constant(vendor.controls[0].device if node == "tested" and vendor.controls else "", len(done)),
            export.constant("", len(done)),
            export.shown(scaled(low, 4, 1), tick),
            export.shown(scaled(high, 4, 1), tick),
        ]
        parts.append(table("event", columns))
    return pa.concat_tables(parts)


def _uncertified(batch: Batch, at: Ints, who: list[str]) -> list[str]:
    """Let the person whose certificate has run out do the first nodes from a day on."""
    one = batch.vendor.uncertified
    if one is None or batch.month.number != one.day[0]:
        return who
    since = (day_of(batch.calendar, one.day) - date(1970, 1, 1)).days * DAY
    order = [int(n) for n in np.argsort(at, kind="stable") if at[n] >= since][: one.count]
    return [one.who if n in order else name for n, name in enumerate(who)]


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
    for place, n in enumerate(done.tolist()):
        for analyte in vendor.items[made.item[n]].analytes or (REPORT,):
            value = analyte[2] + analyte[3] * float(rng.standard_normal()) if analyte[1] else None
            cells = _result(batch, n, analyte, value)
            found.rows.append([*cells[0:3], "1", *cells[3:], at[n], signed[place], "", digest(ids[n], 1)])
    for changed in (vendor.altered, vendor.amended):
        if changed and batch.month.number == changed.day[0]:
            _change(found, day_of(batch.calendar, changed.day), changed.count, changed.reason)
    return found


def _result(batch: Batch, n: int, analyte: Analyte, value: float | None) -> list[str]:
    """Return vendor, order, analyte and, after the version, institution to reference range."""
    name, unit, _, _, low, high = analyte
    source = batch.orders.source
    shown = "" if value is None else f"{max(value, 0.1):.2f}"
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
