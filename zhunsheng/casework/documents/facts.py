"""The words of a case for its documents: every field of every step that was taken, as a Chinese document prints it."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils import translation

from zhunsheng.book.cycles import Cycle, Input
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases import library, queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.documents.models import Document
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.reports import words
from zhunsheng.reports.fill import Words
from zhunsheng.reports.templates import OPENING, Template


def told(case: Case, event: CaseEvent, template: Template, asked: dict[str, Any]) -> Words:
    """Return the words for a document of a step: what happened up to that step, and nothing after it."""
    cycle = case.life
    done = list(case.events.filter(kind__in=("opened", "moved"), sequence__lte=event.sequence).order_by("sequence"))
    inputs = {move.id: move.needs for move in cycle.moves} | {cycle.name: cycle.opening.needs}
    people, files = _people(done, inputs), dict(case.attachments.values_list("digest", "name"))
    fields: dict[str, str] = {}
    steps: dict[str, list[dict[str, str]]] = defaultdict(list)
    with translation.override("zh-hans"):
        for one in done:
            group = OPENING if one.about == cycle.name else one.about
            known = _step(cycle, one, inputs.get(one.about, ()), people, files)
            fields = {key: value for key, value in fields.items() if not key.startswith(f"{group}.")}
            fields |= {f"{group}.{key}": value for key, value in known.items()}
            steps[group].append(known)
            if one.pk == event.pk:
                fields |= {f"step.{key}": known[key] for key in ("day", "people", "name")}
            if "officers" in known:
                fields["case.officers"] = known["officers"]
        wanted = {one.id: one for one in template.asks}
        fields |= {f"ask.{key}": _word(wanted[key], value, people, files) for key, value in asked.items()}
        return Words(fields | _case(case, cycle, done), steps)


def _people(done: list[CaseEvent], inputs: dict[str, tuple[Input, ...]]) -> dict[str, str]:
    """Return the names of everyone whom the steps name or who took them."""
    numbers = {one.actor_id for one in done} | {one.proposal.proposed_by_id for one in done if one.proposal}
    for one in done:
        for need in inputs.get(one.about, ()):
            if need.kind == "people":
                numbers.update(one.fields.get(need.id, ()))
    found = User.objects.filter(pk__in=[number for number in numbers if number])
    return {str(one.pk): one.display_name for one in found}


def _step(
    cycle: Cycle, event: CaseEvent, needs: tuple[Input, ...], people: dict[str, str], files: dict[str, str]
) -> dict[str, str]:
    numbers = [event.proposal.proposed_by_id if event.proposal else None, event.actor_id]
    named = [people[str(number)] for number in numbers if number and str(number) in people]
    name = cycle.zh if event.about == cycle.name else cycle.move(event.about).zh
    said = {"day": words.day(event.day), "people": "、".join(named) or "期限届满", "name": name}
    known = {one.id: one for one in needs}
    values = {key: _word(known[key], value, people, files) for key, value in event.fields.items() if key in known}
    return values | said


def _word(one: Input, value: Any, people: dict[str, str], files: dict[str, str]) -> str:
    if one.kind == "amount":
        return words.amount(int(value))
    if one.kind == "date":
        return words.day(value)
    if one.kind == "choice":
        return one.choices[value][0] if value in one.choices else str(value)
    if one.kind == "article":
        return article(str(value))
    if one.kind == "several":
        return "、".join(one.choices[key][0] for key in value if key in one.choices)
    if one.kind == "multiple":
        return f"{plain(value, 4)}倍"
    if one.kind == "plan":
        return "；".join(_instalment(number, row) for number, row in enumerate(value, 1))
    if isinstance(value, list):
        known = people if one.kind == "people" else files
        return "、".join(known.get(str(part), str(part)) for part in value)
    return str(value)


def _instalment(number: int, row: dict[str, Any]) -> str:
    fen = sum(part for name, part in row.items() if name != "on")
    return f"第{number}期{words.day(row['on'])}，{yuan(fen)}元"


def article(key: str) -> str:
    """Return an article as documents cite it: ``《…条例》第三十八条第（三）项``."""
    name, number, *item = key.split("/")
    instrument = library.laws().get(name)
    title = instrument.title if instrument else name
    return f"《{title}》第{words.numeral(number)}条" + (f"第（{words.numeral(item[0])}）项" if item else "")


def _case(case: Case, cycle: Cycle, done: list[CaseEvent]) -> dict[str, str]:
    fields = {
        "case.number": case.number,
        "case.name": cycle.zh,
        "case.party": party(case),
        "case.body": case.body.name,
        "case.opened_on": words.day(case.opened_at.astimezone(SHANGHAI).date()),
    }
    owed = queries.owed(case, done[-1].sequence)
    if owed is not None:
        fields["case.owed"] = words.amount(owed)
    fields |= {f"clock.{one.id}": words.span(one.days, one.kind) for one in cycle.clocks}
    issued = Document.objects.filter(case=case, state=DocumentState.ISSUED).order_by("pk")
    return fields | {f"document.{one.kind}": one.number for one in issued}


def party(case: Case) -> str:
    """Return the name of whom a case is about; empty where it is about nobody."""
    if case.subject_body:
        return case.subject_body.name
    if not case.institution_id:
        return ""
    body = Body.objects.filter(kind="institution", institution_code=case.institution_id).first()
    if body:
        return body.name
    known = _places().get(case.institution_id)
    return known.name if known else case.institution_id


def _places() -> dict[str, lake.Place]:
    try:
        file = lake.current_run()
    except Problem:
        return {}
    return file.places if file else {}


def notes(cycle: Cycle, template: Template) -> tuple[str, ...]:
    """Return the citations that a document prints."""
    known = {**cycle.cites, **template.sources}
    found = [known[key].zh for key in template.cites if key in known]
    return (f"依据：{'；'.join(found)}。",) if found else ()
