"""EVENT_FREQUENCY (T23): more encounters of some kinds within a period than a limit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from zhunsheng.kernel.outcome import Verdict
from zhunsheng.patterns.base import BindingColumn, Bindings, Case, Hit, Pattern, Stay

PATTERN = Pattern(
    name="event_frequency",
    template="T23",
    zh="就诊频次",
    en="Frequency of encounters",
    kind="person",
    facts=("encounter", "line"),
    columns=(
        BindingColumn("visit_types", "set", "parameter", "kinds of encounter that count"),
        BindingColumn("item_class", "text", "parameter", "count those alone that charge this class", absent=""),
        BindingColumn("period_days", "integer", "parameter", "days of the period; 1: the same day"),
        BindingColumn("max_events", "integer", "parameter", "most encounters in any such period"),
        BindingColumn(
            "reach",
            "text",
            "parameter",
            "institution: encounters of one institution; person: wherever they are",
            codes=("institution", "person"),
        ),
    ),
    reasons={
        "too_frequent": (
            "{actual} 起的期间内已超过{expected:times}",
            "More than {expected:times} in the period that began on {actual}",
        ),
    },
)


def judge(case: Case, bindings: Bindings) -> Iterator[Hit]:
    """Yield the hits of one person."""
    classes = {(line.encounter_id, line.item_class) for line in case.lines}
    for row in bindings.rows:
        places: dict[str, list[Stay]] = {}
        for stay in sorted(case.stays, key=lambda one: (one.start_date, one.encounter_id)):
            counts = not row.item_class or (stay.encounter_id, row.item_class) in classes
            if stay.visit_type in row.visit_types.split(" ") and counts:
                places.setdefault(stay.institution_id if row.reach == "institution" else "", []).append(stay)
        for stays in places.values():
            yield from _place(case, stays, row)


def _place(case: Case, stays: list[Stay], row: Any) -> Iterator[Hit]:
    for number, stay in enumerate(stays[row.max_events :], start=row.max_events):
        earlier = stays[number - row.max_events : number]
        first = earlier[0].start_date if earlier else stay.start_date
        near = (stay.start_date - first).days < row.period_days
        if not near or not row.valid_from <= stay.start_date < row.valid_to:
            continue
        said = (Verdict(row.verdict), "too_frequent", f"{row.max_events} {row.period_days}", first.isoformat())
        amount = sum(line.amount_fen for line in case.lines if line.encounter_id == stay.encounter_id)
        yield Hit.of_stay(row, stay.encounter_id, stay.encounter_id, said, amount)
        for one in earlier:
            hit = Hit.of_stay(row, stay.encounter_id, one.encounter_id, said)
            yield hit._replace(role="other")
