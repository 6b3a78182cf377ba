"""The price band of a vendor: what its rating and its independent evaluation let it ask, beside the public mean.

Above it a price is refused, in an agreement and as a filing, unless two people let it pass with a reason
(``price_exception``). An item without a mean cannot be judged: it is told as unknown, and never as within the band.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhunsheng.casework.agreements import library
from zhunsheng.casework.agreements.facts import NONE, Mean, means_now, window_of
from zhunsheng.casework.agreements.models import Agreement, percent_of
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.oversight.queries import last_results
from zhunsheng.casework.ratings import library as ratings
from zhunsheng.casework.ratings.queries import standings
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import OVER, LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import plain


@dataclass(frozen=True, slots=True)
class Band:
    """The highest price in percent of the mean that a standing and an evaluation allow."""

    percent: int
    standing: str
    evaluation: str


@dataclass(frozen=True, slots=True)
class Judged:
    """One item: the band of the vendor, the mean of public hospitals, and the percent that an exception allows."""

    item_code: str
    band: Band
    mean: Mean
    excepted: int | None
    enforced: bool

    @property
    def percent(self) -> int:
        """The highest price in percent that is taken."""
        return max(self.band.percent, self.excepted or 0)

    def above(self, price_e6: int) -> bool | None:
        """Whether a price is above what is taken; None where there is no mean to say so."""
        return self.mean.exceeds(price_e6, self.percent)

    def ratio(self, price_e6: int) -> str:
        """Return a price beside the mean in percent with two decimals, rounded down; empty without a mean."""
        return percent_of(self.mean.ratio_bp(price_e6))

    def refused(self, price_e6: int) -> bool:
        """Whether a price is refused."""
        return self.enforced and bool(self.above(price_e6))


def band_of(lines: Iterable[ServiceLine], day: date) -> Band:
    """Return the widest band among the lines of a vendor; that of who is unrated and not evaluated without one."""
    book, held = ratings.incentives(), list(lines)
    rated = standings(held, day)
    results = last_results(held, book.evaluation.check, day, book.evaluation.years)
    told = [(rated[one.institution_id, one.body_id], results.get(one.pk, "unknown")) for one in held]
    found = [Band(book.of(*one)[0], *one) for one in told or [("unrated", "unknown")]]
    return max(found, key=lambda one: one.percent)


def judged(vendor: str, kind: str, body: Body | None, codes: Iterable[str], day: date) -> list[Judged]:
    """Return by which band and mean items of a vendor are judged on a day; of one kind and body, or of all."""
    asked, book, file = list(codes), ratings.incentives(), lake.current_run()
    with walls.within(walls.SITE):
        band = band_of(_lines(vendor, kind, body), day)
        passed = exceptions(vendor, body, day) if asked else {}
    means = means_now(file, asked, window_of(library.price_rule(), day)) if file else {}
    enforced = day >= book.enforcement.valid_from
    return [Judged(code, band, means.get(code, NONE), passed.get(code), enforced) for code in asked]


def _lines(vendor: str, kind: str, body: Body | None) -> list[ServiceLine]:
    found = [one for one in vendors.lines_in(frozenset(LineState) - OVER) if one.institution_id == vendor]
    return [one for one in found if (not kind or one.kind == kind) and (body is None or one.body_id == body.pk)]


def exceptions(vendor: str, body: Body | None, day: date) -> dict[str, int]:
    """Return the highest percent that two people let pass for items of a vendor on a day; of one body, or of all."""
    held = cases.every_about(vendor).filter(cycle=ratings.incentives().enforcement.exception, state="granted")
    found: dict[str, int] = {}
    for case in (held.filter(body=body) if body else held).prefetch_related("events"):
        events = sorted(case.events.all(), key=lambda one: one.sequence)
        asked = events[0].fields
        term = next(one.fields for one in reversed(events) if one.about == "grant" and one.kind == "moved")
        if term["from_on"] <= str(day) < term["until_on"]:
            found[asked["item"]] = max(found.get(asked["item"], 0), int(asked["percent"]))
    return found


def check_agreed(agreement: Agreement, code: str, price_e6: int, day: date) -> None:
    """Raise Problem ZS894 for a price of an annex above the band of its vendor for that kind of service."""
    (found,) = judged(agreement.institution_id, agreement.kind, agreement.body, [code], day)
    _check(found, price_e6)


def check_filed(vendor: str, code: str, price_e6: int, day: date) -> Mean:
    """Raise Problem ZS894 for a filing above every band of its vendor; return the mean that it was compared with."""
    (found,) = judged(vendor, "", None, [code], day)
    _check(found, price_e6)
    return found.mean


def _check(found: Judged, price_e6: int) -> None:
    if found.refused(price_e6):
        ratio, mean = found.ratio(price_e6), plain(found.mean.mean_e6 or 0, 6)
        raise Problem("ZS894", item=found.item_code, ratio=ratio, mean=mean, percent=found.percent)
