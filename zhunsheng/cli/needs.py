"""What the rules ask of a charge of an item, in the generator's terms: diagnoses, departments, what goes with it.

One short function per pattern reads its binding rows. A row that has no such term (a course, a rolling cap) is not
told: its item is left out of ordinary traffic.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from zhunsheng.generator import Need, NeedPoint
from zhunsheng.patterns.base import Bindings

LEVELS = ("1", "2", "3")
Told = list[NeedPoint] | None


def _any(kind: Need, column: str) -> Callable[[Any], Told]:
    """Return the reader of a column that holds a set."""
    return lambda row: [NeedPoint(row.rule_id, row.item_code, kind, tuple(getattr(row, column).split()))]


def _level(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.LEVEL, tuple(level for level in LEVELS if _above(level, row)))]


def _above(level: str, row: Any) -> bool:
    return int(level) >= row.min_level


def _earlier(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.EARLIER, tuple(row.prior_codes.split()), row.within_days)]


def _record(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.RECORD)]


def _price(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.PRICE, most=row.ceiling_e6)]


def _unpaid(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.UNPAID)] if row.refused == "always" else None


def _quantity(row: Any) -> Told:
    # caps of a day are points of their own
    if row.period == "day":
        return []
    return (
        [NeedPoint(row.rule_id, row.item_code, Need.QUANTITY, most=row.cap_e4)] if row.period == "encounter" else None
    )


def _amount(row: Any) -> Told:
    return None if row.period == "year" else [NeedPoint(row.rule_id, row.item_code, Need.AMOUNT, most=row.cap_fen)]


def _alone(row: Any) -> Told:
    return [NeedPoint(row.rule_id, row.item_code, Need.ALONE)]


READERS: dict[str, Callable[[Any], Told]] = {
    "item_requires_dx": _any(Need.DIAGNOSIS, "dx_codes"),
    "dept_set": _any(Need.SPECIALTY, "specialties"),
    "org_level": _level,
    "item_visit_type": _any(Need.VISIT, "allowed_visits"),
    "insurance_type": _any(Need.INSURANCE, "insurance_kinds"),
    "facility_required": _any(Need.REGISTERED, "accepted_kinds"),
    "item_requires_prior": _earlier,
    "units_vs_record": _record,
    "price_ceiling": _price,
    "not_payable": _unpaid,
    "qty_cap": _quantity,
    "pay_cap": _amount,
    "tiered_price": _alone,
}
#: The patterns that are told: those of READERS, and two whose rows make a set together.
EXPRESSED = {*READERS, "item_requires_item", "bundle_split"}
WINDOWS = {"day": Need.WITH_DAY, "encounter": Need.WITH_VISIT}


def needs_of(bound: dict[str, Bindings]) -> tuple[list[NeedPoint], set[str]]:
    """Return what is asked of items, and the items of rows that have no such term."""
    bundles = bound["bundle_split"].rows
    needs = _together(bound["item_requires_item"].rows) + _apart(row for row in bundles if row.counts == "parts")
    untold = {row.part_code for row in bundles if row.counts == "units"}
    for pattern, read in READERS.items():
        for row in bound[pattern].rows:
            told = read(row)
            needs += told or []
            untold |= {row.item_code} if told is None else set()
    return needs, untold


def _together(rows: Iterable[Any]) -> list[NeedPoint]:
    sets: dict[tuple[str, str, str, str], list[str]] = {}
    for row in rows:
        sets.setdefault((row.rule_id, row.item_code, row.need_set, row.time_window), []).append(row.need_code)
    return [
        NeedPoint(rule, code, WINDOWS[window], tuple(dict.fromkeys(found)))
        for (rule, code, _, window), found in sets.items()
    ]


def _apart(rows: Iterable[Any]) -> list[NeedPoint]:
    """Return what keeps the parts of a bundle apart: one of them alone never makes it."""
    parts: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        parts.setdefault((row.rule_id, row.bundle_code), []).append(row.part_code)
    return [
        NeedPoint(rule, code, Need.APART, tuple(other for other in dict.fromkeys(found) if other != code))
        for (rule, _), found in parts.items()
        for code in dict.fromkeys(found)
    ]
