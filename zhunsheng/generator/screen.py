"""Leaves out charges of ordinary traffic of which a rule would have something to say.

Items that lists name stay where what is asked of them is there: the diagnosis, the specialty of the department, the
level and the registers of the institution, the kind of visit, what goes with the item.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from zhunsheng.generator.casemix import CONDITIONS
from zhunsheng.generator.county import LEVELS, PHARMACY, REGISTERED_KINDS, within
from zhunsheng.generator.frames import DAY, NONE, Encounters, Flags, Ints, Lines, take
from zhunsheng.generator.knowledge import Need, NeedPoint
from zhunsheng.generator.world import World

#: The kinds of visit by national code; regular visits for a chronic condition are outpatient visits.
VISITS = {11: "outpatient", 13: "emergency", 14: "outpatient", 21: "inpatient", 41: "pharmacy"}
ASKED = {Need.DIAGNOSIS, Need.SPECIALTY, Need.LEVEL, Need.REGISTERED, Need.VISIT}
#: What goes with an item is looked for among the lines that are left.
WITH = {Need.WITH_DAY, Need.WITH_VISIT}


def screened(world: World, encounters: Encounters, lines: Lines) -> Lines:
    """Return the lines of encounters without those that lack what a rule asks of their item."""
    items = world.catalogue.items[: world.catalogue.ordinary]
    needs = [(n, need) for n, item in enumerate(items) for need in world.index.needs.get(item.code, ())]
    for kinds in (ASKED, WITH):
        asked = [one for one in needs if one[1].kind in kinds]
        lines = take(lines, _kept(Charges(world, encounters, lines), asked))
    return lines


def _kept(charges: Charges, needs: list[tuple[int, NeedPoint]]) -> Flags:
    kept = np.ones(len(charges.lines.item), dtype=np.bool_)
    for item, need in needs:
        at = np.flatnonzero(charges.lines.item == item)
        if len(at):
            kept[at] &= charges.met(at, need)
    return kept


@dataclass(frozen=True)
class Charges:
    """Lines with their encounters, and whether some of them (by position) have what a rule asks."""

    world: World
    encounters: Encounters
    lines: Lines

    def met(self, at: Ints, need: NeedPoint) -> Flags:
        """Whether each of some lines of one item has what is asked of it."""
        return {
            Need.DIAGNOSIS: self._diagnosed,
            Need.SPECIALTY: self._of_specialty,
            Need.LEVEL: self._of_level,
            Need.REGISTERED: self._equipped,
            Need.VISIT: self._visited,
            Need.WITH_DAY: self._beside_on_day,
            Need.WITH_VISIT: self._beside_in_visit,
        }[need.kind](at, need)

    def _diagnosed(self, at: Ints, need: NeedPoint) -> Flags:
        """Whether the condition of the encounter is one of those asked for; a pharmacy states none."""
        fits = np.array([row["code"].startswith(need.any_of) for row in CONDITIONS], dtype=np.bool_)
        told = self._by_kind(at, lambda kind: kind != PHARMACY)
        return fits[self.encounters.condition[self.lines.encounter[at]]] & told

    def _of_specialty(self, at: Ints, need: NeedPoint) -> Flags:
        fits = [within(one.caty, need.any_of) for one in self.world.county.departments]
        return np.array([*fits, False], dtype=np.bool_)[self.lines.department[at]]

    def _of_level(self, at: Ints, need: NeedPoint) -> Flags:
        return self._by_kind(at, lambda kind: LEVELS[kind] in need.any_of)

    def _equipped(self, at: Ints, need: NeedPoint) -> Flags:
        return self._by_kind(at, lambda kind: bool(REGISTERED_KINDS[kind] & set(need.any_of)))

    def _by_kind(self, at: Ints, fits: Callable[[int], bool]) -> Flags:
        """Answer by the kind of institution; ordinary traffic is at the county's own."""
        table = np.array([fits(kind) for kind in range(len(LEVELS))], dtype=np.bool_)
        return table[self.world.county.kind[self.encounters.institution[self.lines.encounter[at]]]]

    def _visited(self, at: Ints, need: NeedPoint) -> Flags:
        codes = [code for code, name in VISITS.items() if name in need.any_of]
        return np.isin(self.encounters.visit_type[self.lines.encounter[at]], codes)

    def _beside_on_day(self, at: Ints, need: NeedPoint) -> Flags:
        return self._beside(at, need, self.lines.encounter * 2**20 + self.lines.at // DAY)

    def _beside_in_visit(self, at: Ints, need: NeedPoint) -> Flags:
        return self._beside(at, need, self.lines.encounter)

    def _beside(self, at: Ints, need: NeedPoint, where: Ints) -> Flags:
        """Whether one of the items that are asked for stands at the same place, told by a number per line."""
        goes_with = [self.world.catalogue.position.get(code, NONE) for code in need.any_of]
        return np.isin(where[at], where[np.isin(self.lines.item, goes_with)])
