"""From what was asked to the facts of one person with the order's rows marked in them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from zhunsheng.desk.focus import OrderView
from zhunsheng.desk.forms import EncounterForm, LineForm, OrderForm
from zhunsheng.desk.store import Opened
from zhunsheng.facts.rulings import InForce
from zhunsheng.kernel.money import times
from zhunsheng.patterns.base import Case, Diagnosis, Line, PaymentStatus, Stay


def order_view(
    asked: OrderForm, person_id: str, institution_id: str, opened: Opened | None, ruled: InForce | None = None
) -> OrderView:
    """Return the facts to judge. ``person_id`` is the pseudonym, ``institution_id`` who asks.

    Rows of the order replace rows of the same id that are known. History given by the asker is laid over the site's own
    or, where it is ``complete``, takes its place; what is registered of the person (deaths, use records) and of
    institutions is the site's in either case; its decisions on payment qualification are those of this moment. Rows of
    other institutions that the asker did not bring stay hidden.
    """
    known = opened.case(person_id) if opened else Case(person_id)
    past = asked.history
    if past is not None and past.complete:
        known = replace(known, lines=(), stays=(), diagnoses=())
    foreign = [one.line_id for one in known.lines if one.institution_id != institution_id]
    foreign += [one.encounter_id for one in known.stays if one.institution_id != institution_id]
    if past is not None:
        known = _over(known, _rows(past.encounters, past.lines, person_id, institution_id, ""))
    own = _rows([asked.encounter], asked.lines, person_id, institution_id, asked.encounter.encounter_id)
    case = replace(
        _over(known, own),
        sex=_agreed(known.sex, asked.person.sex),
        birth_date=_agreed(known.birth_date, asked.person.birth_date),
    )
    lines = [line.line_id for line in own["lines"]]
    view = opened.registered(case) if opened else case
    return OrderView(_ruled(view, ruled) if ruled else view, lines, [asked.encounter.encounter_id], foreign)


def _ruled(case: Case, ruled: InForce) -> Case:
    """Return a case with the site's decisions as they are now in place of those that a store was built with."""
    imported = (one for one in case.payment_statuses if not one.decision)
    named = sorted({line.practitioner_id for line in case.lines if line.practitioner_id})
    own = (PaymentStatus(*one) for who in named for one in ruled.of(who))
    return replace(case, payment_statuses=(*imported, *own))


def _over(known: Case, rows: dict[str, tuple[Any, ...]]) -> Case:
    """Return a case with rows laid over those of the same id."""
    lines = {line.line_id for line in rows["lines"]}
    stays = {stay.encounter_id for stay in rows["stays"]}
    return replace(
        known,
        lines=(*(one for one in known.lines if one.line_id not in lines), *rows["lines"]),
        stays=(*(one for one in known.stays if one.encounter_id not in stays), *rows["stays"]),
        diagnoses=(*(one for one in known.diagnoses if one.encounter_id not in stays), *rows["diagnoses"]),
    )


def _agreed(known: Any, stated: Any) -> Any:
    """Return what is known or stated; two that contradict each other make it unknown, as in a run."""
    if known is None or stated is None:
        return stated if known is None else known
    return known if known == stated else None


def _rows(
    encounters: Iterable[EncounterForm], lines: Iterable[LineForm], person_id: str, institution_id: str, own: str
) -> dict[str, tuple[Any, ...]]:
    stays = list(encounters)
    places = {one.encounter_id: one.institution_id or institution_id for one in stays}
    return {
        "lines": tuple(_line(one, person_id, places, institution_id, own) for one in lines),
        "stays": tuple(_stay(one, person_id, places[one.encounter_id]) for one in stays),
        "diagnoses": tuple(
            Diagnosis(stay.encounter_id, one.code, one.principal) for stay in stays for one in stay.diagnoses
        ),
    }


def _line(line: LineForm, person_id: str, places: dict[str, str], institution_id: str, own: str) -> Line:
    encounter = line.encounter_id or own
    day, moment = line.at
    return Line(
        line_id=line.line_id,
        encounter_id=encounter,
        person_id=person_id,
        institution_id=line.institution_id or places.get(encounter, institution_id),
        department_id=line.department_id,
        practitioner_id=line.practitioner_id,
        item_code=line.item_code,
        service_date=day,
        service_at=moment,
        quantity_e4=line.quantity,
        unit_price_e6=line.unit_price,
        amount_fen=times(line.unit_price, line.quantity) if line.amount is None else line.amount,
        item_class=line.item_class,
        in_scope_fen=line.in_scope,
    )


def _stay(stay: EncounterForm, person_id: str, institution_id: str) -> Stay:
    end_date, end_at = stay.end or (None, None)
    return Stay(
        encounter_id=stay.encounter_id,
        person_id=person_id,
        institution_id=institution_id,
        visit_type=stay.visit_type,
        start_date=stay.start[0],
        start_at=stay.start[1],
        end_date=end_date,
        end_at=end_at,
        department_id=stay.department_id,
        insurance_kind=stay.insurance_kind,
    )
