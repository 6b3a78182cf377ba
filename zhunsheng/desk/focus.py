"""What of a person's facts each pattern has to see so that the findings about an order come out whole.

A run judges everyone's every line. At the desk only findings with a row of the order matter, so a pattern is left out
when the order names none of its items, and sees only the lines that can share a finding with the order's. What may be
left away is stated here, pattern by pattern; a pattern without an entry sees everything, which is right and slower.
The tests hold every pattern's findings over the narrowed facts against those over all facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from zhunsheng.patterns.base import Bindings, Case, Line

Codes = frozenset[str]
NONE: Codes = frozenset()


@dataclass(frozen=True, slots=True)
class Focus:
    """How a pattern may be narrowed.

    ``codes``: binding columns that hold item codes; the pattern runs when the order has a line of one of them.
    ``joins``: a binding column; items of one value are judged together.
    ``lines``: which lines it sees: ``own`` those of the order, ``kin`` those of the order's items and of what is judged
    together with them, ``same`` those of the order's items, ``stay`` those of the order's encounters, ``prescribed``
    those of the order's prescribers at its institutions on its days, ``all``.
    """

    codes: tuple[str, ...] = ()
    joins: str = ""
    lines: Literal["own", "kin", "same", "stay", "prescribed", "all"] = "all"


_OWN = Focus(("item_code",), lines="own")
_KIN = Focus(("item_code",), lines="kin")
FOCUS: dict[str, Focus] = {
    "item_sex": _OWN,
    "item_age": _OWN,
    "item_requires_dx": _OWN,
    "item_requires_prior": Focus(("item_code",)),
    "item_visit_type": _OWN,
    "org_level": _OWN,
    "dept_set": _OWN,
    "insurance_type": _OWN,
    "not_payable": Focus(("item_code",), lines="stay"),
    "mutex_pair": Focus(("main_code", "sub_code"), lines="kin"),
    "qty_cap": _KIN,
    "course_days": Focus(("item_code",), "item_group", "kin"),
    "item_requires_item": Focus(("item_code", "need_code"), lines="kin"),
    "price_ceiling": _OWN,
    "tiered_price": Focus(("item_code",), "incision_group", "kin"),
    "pay_cap": Focus(("item_code",), "item_group", "kin"),
    "bundle_split": Focus(("part_code", "bundle_code"), "bundle_code", "kin"),
    "kind_cap": Focus(lines="stay"),
    "dup_claim": Focus(lines="same"),
    "date_in_stay": Focus(lines="own"),
    "units_vs_stay": Focus(("item_code",), "unit_group", "kin"),
    "units_vs_record": _KIN,
    "facility_required": _OWN,
    "contraindication": _OWN,
    "dose_range": _OWN,
    "title_required": _OWN,
    "nursing_level": _OWN,
    "prophylaxis": Focus(("item_code",)),
    "drug_pair": Focus(("first_code", "second_code"), lines="kin"),
    "dup_therapy": Focus(("item_code",), "drug_class", "kin"),
    "supply_days": Focus(lines="own"),
    "data_quality": Focus(lines="own"),
    "code_person": Focus(lines="stay"),
    "code_requires": Focus(lines="stay"),
    "low_standard": Focus(lines="stay"),
    "idle_bed": Focus(lines="stay"),
    "practitioner_valid": Focus(lines="prescribed"),
}
WHOLE = Focus()


class Lens:
    """The focus of one pattern over its binding rows: which items touch it, and what is judged with them."""

    def __init__(self, bindings: Bindings) -> None:
        self.focus = FOCUS.get(bindings.pattern.name, WHOLE)
        self.rules: tuple[str, ...] = tuple(sorted({row.rule_id for row in bindings.rows}))
        self.kin = _kin(bindings.rows, self.focus)
        self.rules_of: dict[str, Codes] = _rules_of(bindings.rows, self.focus)

    def touched(self, codes: Codes) -> Codes:
        """Return the rules that the items of an order touch: all of them where the pattern asks for no item."""
        if not self.focus.codes:
            return frozenset(self.rules)
        return NONE.union(*(self.rules_of.get(code, NONE) for code in codes))

    def lines(self, view: OrderView) -> tuple[Line, ...]:
        """Return the lines that the pattern has to see, in the order of the case."""
        if self.focus.lines == "all":
            return view.case.lines
        if self.focus.lines == "stay":
            return view.stay_lines
        if self.focus.lines == "same":
            return view.same_lines
        if self.focus.lines == "prescribed":
            return view.prescribed_lines
        if not self.focus.codes:
            return view.own
        if self.focus.lines == "own":
            return tuple(line for line in view.own if line.item_code in self.kin)
        wanted = NONE.union(*(self.kin.get(code, NONE) for code in view.codes))
        return tuple(line for line in view.case.lines if line.item_code in wanted)


class OrderView:
    """A case with the rows of an order marked in it, and what several patterns need of it worked out once."""

    def __init__(self, case: Case, lines: Iterable[str], encounters: Iterable[str], hidden: Iterable[str] = ()) -> None:
        """Mark rows of a case. ``hidden`` rows judge along and are not shown to the asker: another institution's."""
        self.case = case
        self.hidden = frozenset(hidden)
        self.line_ids, self.encounter_ids = frozenset(lines), frozenset(encounters)
        self.own = tuple(line for line in case.lines if line.line_id in self.line_ids)
        self.codes: Codes = frozenset(line.item_code for line in self.own)
        self.same_lines = tuple(line for line in case.lines if line.item_code in self.codes)
        stays = self.encounter_ids | {line.encounter_id for line in self.own}
        self.stay_lines = tuple(line for line in case.lines if line.encounter_id in stays)
        days = set(map(_prescribed, self.own))
        self.prescribed_lines = tuple(line for line in case.lines if _prescribed(line) in days)

    def holds(self, kind: str, row_id: str) -> bool:
        """Whether a row of a hit belongs to the order."""
        return row_id in (self.line_ids if kind == "line" else self.encounter_ids)


def _prescribed(line: Line) -> tuple[str | None, str, date]:
    return line.practitioner_id, line.institution_id, line.service_date


def _kin(rows: Iterable[Any], focus: Focus) -> dict[str, Codes]:
    """Return for every item the items judged together with it, itself included."""
    together: dict[tuple[str, ...], set[str]] = defaultdict(set)
    for row in rows:
        codes = [getattr(row, column) for column in focus.codes]
        for key in [(getattr(row, focus.joins),)] if focus.joins else [("", code) for code in codes]:
            together[key].update(codes)
    found: dict[str, set[str]] = defaultdict(set)
    for group in together.values():
        for code in group:
            found[code] |= group
    return {code: frozenset(kin) for code, kin in found.items()}


def _rules_of(rows: Iterable[Any], focus: Focus) -> dict[str, Codes]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        for column in focus.codes:
            found[getattr(row, column)].add(row.rule_id)
    return {code: frozenset(rules) for code, rules in found.items()}
