"""Patterns over populations: what they read, and what stands between their set form and their statistic.

A population pattern looks at a whole load, in three steps. ``measures`` gives one whole-numbered figure per rule,
subject and period (``<pattern>.measure.sql`` as a set). ``clues.decide`` compares the figures of peers - the one step
that uses floating point, the same for both forms. ``judge`` gives the hits (``<pattern>.sql``): for patterns that
decide by numbers of their own all of them, for the others the rows that stand behind what ``decide`` found.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from importlib import resources
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Diagnosis, Hit, Institution, Line, Stay, UseRecord
from zhunsheng.patterns.services import (
    QcRun,
    Result,
    SecondReading,
    ServiceEvent,
    ServiceOrder,
    Training,
    VendorScope,
    VendorStaff,
)

#: Rows named as evidence of one clue; how many there are in all is said in words.
EVIDENCE = 20
#: Kinds of provider that are compared without a level.
LEVELLESS = ("village_clinic", "pharmacy")


#: What every rule that compares with peers states (clues.decide).
PEER_COLUMNS = (
    BindingColumn("min_count", "integer", "parameter", "independent contacts below which a figure is not compared"),
    BindingColumn("min_peers", "integer", "parameter", "others of the group below which nothing is compared"),
    BindingColumn("min_percent", "integer", "parameter", "percent of the peers' median that a figure must reach"),
    BindingColumn(
        "fdr_permille", "integer", "parameter", "false discoveries allowed per thousand clues of a month", step=45
    ),
)
#: Reasons of every rule that compares with peers.
PEER_REASONS = {
    "peers_missing": (
        "机构未登记或级别不明，没有可比较的同类",
        "The institution is not registered or its level is unknown; there is nothing to compare it with",
    ),
    "peers_few": (
        "同类机构只有 {actual} 家，不足 {expected} 家，不作比较",
        "There are {actual} peers, fewer than {expected}; nothing is compared",
    ),
}


#: What every rule that holds a share against the subject's own past states (clues.decide).
PAST_COLUMNS = (
    BindingColumn("months", "integer", "parameter", "months before that a month is held against"),
    BindingColumn("min_count", "integer", "parameter", "least count of the month, and of the months before"),
    BindingColumn("min_percent", "integer", "parameter", "percent of the share before that the share must reach"),
    BindingColumn(
        "fdr_permille", "integer", "parameter", "false discoveries allowed per thousand clues of a month", step=45
    ),
)
PAST_REASONS = {
    "rises": (
        "{actual:percent}，此前各月为 {expected:percent}",
        "{actual:percent}, against {expected:percent} in the months before",
    ),
}


class StockMove(NamedTuple):
    """An entry of a store's ledger (columns of facts.stock_move)."""

    move_id: str
    institution_id: str
    item_code: str
    moved_on: date
    kind: str
    quantity_e4: int


class TraceCode(NamedTuple):
    """A trace code as settled (columns of facts.trace_code)."""

    trace_id: str
    encounter_id: str
    person_id: str
    institution_id: str
    line_id: str | None
    item_code: str
    trace_code: str
    settled_on: date


class PriceFiling(NamedTuple):
    """The price that a vendor filed for an item, with its days (columns of facts.price_filing)."""

    vendor_id: str
    item_code: str
    unit_price_e6: int
    valid_from: date
    valid_to: date | None


class Contact(NamedTuple):
    """The pseudonymous contact keys of an encounter (columns of facts.contact)."""

    encounter_id: str
    person_id: str
    institution_id: str
    phone_key: str | None
    account_key: str | None


@dataclass(frozen=True)
class Load:
    """All facts that population patterns read, of everyone."""

    lines: tuple[Line, ...] = ()
    stays: tuple[Stay, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    institutions: tuple[Institution, ...] = ()
    use_records: tuple[UseRecord, ...] = ()
    stock_moves: tuple[StockMove, ...] = ()
    trace_codes: tuple[TraceCode, ...] = ()
    contacts: tuple[Contact, ...] = ()
    price_filings: tuple[PriceFiling, ...] = ()
    service_orders: tuple[ServiceOrder, ...] = ()
    service_events: tuple[ServiceEvent, ...] = ()
    results: tuple[Result, ...] = ()
    qc_runs: tuple[QcRun, ...] = ()
    second_readings: tuple[SecondReading, ...] = ()
    vendor_staff: tuple[VendorStaff, ...] = ()
    trainings: tuple[Training, ...] = ()
    vendor_scopes: tuple[VendorScope, ...] = ()

    @cached_property
    def registered(self) -> dict[str, list[Institution]]:
        """The registrations of each institution."""
        found: dict[str, list[Institution]] = {}
        for one in self.institutions:
            found.setdefault(one.institution_id, []).append(one)
        return found

    def group(self, institution_id: str, period: str) -> str:
        """Return the peer group of an institution on the first day of a month, empty for none (peer.sql)."""
        day = parse_date(f"{period}-01")
        held = (one for one in self.registered.get(institution_id, ()) if one.valid_from <= day < one.valid_to)
        return next(map(_group, held), "")

    @cached_property
    def stay(self) -> dict[str, Stay]:
        """Encounters by their identity."""
        return {stay.encounter_id: stay for stay in self.stays}


def _group(one: Institution) -> str:
    if one.kind in LEVELLESS:
        return one.kind
    return "" if one.level is None else f"{one.kind}/{one.level}"


def of_cases(cases: Iterable[Case]) -> Load:
    """Return the load of some people: their charges, stays and registers, without stock, codes and contacts."""
    people = list(cases)
    return Load(
        lines=tuple(line for case in people for line in case.lines),
        stays=tuple(stay for case in people for stay in case.stays),
        diagnoses=tuple(one for case in people for one in case.diagnoses),
        institutions=tuple({one.institution_id: one for case in people for one in case.institutions}.values()),
        use_records=tuple(one for case in people for one in case.use_records),
    )


class Measure(NamedTuple):
    """One figure of a subject in a period: ``numerator`` of ``denominator``, both whole, never negative.

    ``subject_kind`` is institution or practitioner, ``period`` a month as 2026-03. ``weight`` is how many independent
    contacts the figure rests on. ``gap`` is empty, or the reason code of what is missing.
    """

    rule_id: str
    point_id: str
    subject_kind: str
    subject_id: str
    institution_id: str
    period: str
    item_code: str
    peer_group: str
    numerator: int
    denominator: int
    weight: int
    gap: str

    @property
    def row_id(self) -> str:
        """The identity of the subject's row, which names place and period."""
        practitioner = self.subject_id if self.subject_kind == "practitioner" else ""
        return place(self.institution_id, self.period, self.item_code, practitioner)


class Outlier(NamedTuple):
    """A measure that stands out, or that cannot be told, with what is compared as plain text."""

    rule_id: str
    point_id: str
    subject_kind: str
    subject_id: str
    institution_id: str
    period: str
    item_code: str
    row_id: str
    verdict: str
    reason: str
    expected: str
    actual: str


def place(institution_id: str, period: str, item_code: str = "", practitioner_id: str = "") -> str:
    """Return the row id of a subject that is a place and a period, not a row of the facts."""
    return f"{institution_id}|{period}|{item_code}|{practitioner_id}"


def month(day: date) -> str:
    """Return the period of a day."""
    return day.isoformat()[:7]


def period_of(number: int) -> str:
    """Return the period of a month numbered as year x 12 + month."""
    return f"{(number - 1) // 12:04d}-{(number - 1) % 12 + 1:02d}"


def past_pair(
    row: Any, vendor: str, period: str, item: str, now: tuple[int, int], past: tuple[int, int]
) -> Iterator[Measure]:
    """Yield the two measures of a share held against its own past: how many of how many, now and before."""
    for group, (x, n) in (("now", now), ("past", past)):
        yield Measure(row.rule_id, row.point_id, "institution", vendor, vendor, period, item, group, x, n, n, "")


def effective(amounts: Iterable[int]) -> int:
    """Return how many equal contacts a sum is worth (Kish): the square of the sum by the sum of squares."""
    above = [amount for amount in amounts if amount > 0]
    return sum(above) ** 2 // sum(amount * amount for amount in above) if above else 0


def subject_hits(outliers: Iterable[Outlier]) -> Iterator[Hit]:
    """Yield the subject row of each outlier. Money at stake is not stated: a clue says where to look, not how much."""
    for one in outliers:
        told = (one.rule_id, one.point_id, one.row_id, Verdict(one.verdict), one.reason, one.expected, one.actual)
        yield Hit(*told, "subject", one.subject_kind, one.row_id, 0)


def behind(one: Outlier, row_kind: str, row_id: str) -> Hit:
    """Return a row that stands behind an outlier."""
    told = (one.rule_id, one.point_id, one.row_id, Verdict(one.verdict), one.reason, one.expected, one.actual)
    return Hit(*told, "other", row_kind, row_id, 0)


@dataclass(frozen=True)
class Population:
    """The code of a population pattern: its two Python steps. The set steps are texts of its ``Pattern``."""

    measures: Callable[[Load, Bindings], Iterator[Measure]]
    judge: Callable[[Load, Bindings, list[Measure], list[Outlier]], Iterator[Hit]]


@cache
def peer_sql() -> str:
    """Return the select of (institution_id, peer_group), of which the view ``peer`` is made."""
    return resources.files("zhunsheng.patterns").joinpath("peer.sql").read_text("utf-8")
