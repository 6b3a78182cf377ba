"""OUTLIER_PATTERN (T33), cloned sheets: sheets of several people that are alike in every sum."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Line, Pattern
from zhunsheng.patterns.clues import row_of
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, month

PATTERN = Pattern(
    name="cloned_charges",
    template="T33",
    zh="费用雷同",
    en="Cloned sheets",
    kind="population",
    facts=("line", "institution"),
    columns=(
        BindingColumn("min_lines", "integer", "parameter", "charge lines below which a sheet is too short to tell"),
        BindingColumn("min_people", "integer", "parameter", "people whose sheets are alike"),
    ),
    reasons={
        "alike": (
            "{actual:word1} 人的费用各为 {actual:word2} 行，品种、数量与金额均相同，达到 {expected} 人",
            "Bills of {actual:word1} people, {actual:word2} lines each, agree in every sum; {expected} are enough",
        ),
    },
    family="event",
    counts="denominator",
)


class Sheet(NamedTuple):
    """One encounter's charges at one institution; ``face`` is what two equal sheets share."""

    encounter_id: str
    person_id: str
    lines: int
    fen: int
    face: str


def measures(load: Load, bindings: Bindings) -> Iterator[Measure]:
    """Yield per institution and month how many of the longer sheets are alike."""
    for row in bindings.rows:
        for (place, period), faces in _faces(load, row).items():
            sizes = [(len({sheet.person_id for sheet in sheets}), len(sheets)) for sheets in faces.values()]
            alike, every = sum(n for people, n in sizes if people >= row.min_people), sum(n for _, n in sizes)
            named = (row.rule_id, row.point_id, "institution", place, place, period, "", load.group(place, period))
            yield Measure(*named, alike, every, every, "")


def judge(load: Load, bindings: Bindings, found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the hits: one per set of equal sheets, with the encounters."""
    for one in found:
        row = row_of(one, bindings)
        for face, sheets in _faces(load, row)[one.institution_id, one.period].items() if one.numerator else ():
            people = len({sheet.person_id for sheet in sheets})
            if people >= row.min_people:
                told = (one.rule_id, one.point_id, f"{one.row_id}{face}", Verdict(row.verdict), "alike")
                said = (str(row.min_people), f"{people} {sheets[0].lines} {sheets[0].fen}")
                yield Hit(*told, *said, "subject", "institution", one.row_id, 0)
                for encounter in sorted(sheet.encounter_id for sheet in sheets)[:EVIDENCE]:
                    yield Hit(*told, *said, "other", "encounter", encounter, 0)


def _faces(load: Load, row: Any) -> dict[tuple[str, str], dict[str, list[Sheet]]]:
    """Return the longer sheets by institution and month, then by what equal ones share."""
    lines: dict[tuple[str, str, str], list[Line]] = defaultdict(list)
    for line in load.lines:
        lines[line.institution_id, line.encounter_id, line.person_id].append(line)
    found: dict[tuple[str, str], dict[str, list[Sheet]]] = defaultdict(lambda: defaultdict(list))
    for (place, encounter, person), own in lines.items():
        first = min(line.service_date for line in own)
        if len(own) >= row.min_lines and row.valid_from <= first.replace(day=1) < row.valid_to:
            sheet = Sheet(encounter, person, len(own), sum(line.amount_fen for line in own), _face(own))
            found[place, month(first)][sheet.face].append(sheet)
    return found


def _face(lines: list[Line]) -> str:
    items = [line.item_code for line in lines]
    sums = (sum(one.amount_fen for one in lines), sum(one.amount_fen**2 for one in lines))
    quantity = sum(one.quantity_e4 for one in lines)
    return "|".join(map(str, (len(lines), len(set(items)), *sums, quantity, min(items), max(items))))
