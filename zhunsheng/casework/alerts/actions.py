"""Writers of alerts. A run opens and updates them; people decide on their cases, and what follows is opened with them.

Each alert is a transaction of its own: an evaluation that is killed half-way goes on where it stopped, and the same
one again changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.light_actions import Action
from zhunsheng.book.lights import COLOURS, Light, graver
from zhunsheng.casework.alerts import library
from zhunsheng.casework.alerts.models import Alert, Evaluation
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import together
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.queries import open_as, opened_under, standing
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.queries import under_way
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.queries import lines_in
from zhunsheng.casework.vendors.states import SERVING
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import now
from zhunsheng.lights.causes import Lit
from zhunsheng.lights.reasons import reason

RUN = Process("run")
JOB = "lights.evaluate"
Given = dict[str, Any]
#: Fields by which a case that a light would open is the one that stands already.
MATTER = ("kind", "check")


@deed
def request_missing() -> Job | None:
    """Queue the evaluation of the current run unless it was made or waits; what a worker makes good after each job."""
    file = lake.current_run()
    if file is None or under_way(JOB) or "indicator_count" not in file.tables:
        return None
    run, book = str(file.manifest.get("run_id", "")), library.book_digest()
    made = set(Evaluation.objects.filter(run=run, book=book).values_list("body", flat=True))
    if not {body.pk for body in overseers()} - made:
        return None
    return enqueue(RUN, JOB, {"run": run})


def overseers() -> list[Body]:
    """Return the bodies that oversee vendors: the consortia; where there is none, the health authorities."""
    with walls.within(walls.SITE):
        found = list(Body.objects.filter(kind=BodyKind.CONSORTIUM).order_by("pk"))
        return found or list(Body.objects.filter(kind=BodyKind.HEALTH_AUTHORITY).order_by("pk"))


@deed
def close_evaluation(body: Body, run: str, book: str, as_of: date, lit: int) -> Evaluation:
    """Record that the lights were judged on a run for a body."""
    made, fresh = Evaluation.objects.get_or_create(
        body=body, run=run, book=book, defaults={"as_of": as_of, "lit": lit, "at": now()}
    )
    if fresh:
        append(RUN, "lights.evaluated", f"run:{run}", {"body": body.pk, "book": book, "as_of": as_of, "lit": lit})
    return made


def record_all(
    body: Body, lits: Iterable[Lit], run: str, book: str, items: Mapping[str, str] | None = None
) -> list[Alert]:
    """Open and update the alerts of a body; of several causes of one light, the last one is what is told.

    ``items``: the names of items that lights speak of, by code.
    """
    last: dict[tuple[str, str, str], Lit] = {}
    for one in sorted(lits, key=lambda lit: (lit.since, lit.came_on)):
        last[one.light_id, one.subject_id, one.key] = one
    known = library.lights()
    words = {code: (name, name) for code, name in (items or {}).items()}
    words |= {one.id: (one.zh, one.en) for one in kinds().kinds}
    found = (
        record(body, known[one.light_id], one, reason(known[one.light_id], one, words), run, book)
        for one in last.values()
    )
    return [one for one in found if one is not None]


@deed
def record(body: Body, light: Light, lit: Lit, told: tuple[str, str], run: str, book: str) -> Alert | None:
    """Open the alert of a cause, or bring it up to date; None where it is over before anybody saw it.

    ``told``: why it came on, in both languages.
    A cause that people have settled is not opened again; the same content again changes nothing.
    """
    same = {"body": body, "light": lit.light_id, "institution_id": lit.subject_id, "key": lit.key}
    alert = Alert.objects.select_for_update().filter(outcome="", **same).first()
    if alert is None:
        if lit.held_on or Alert.objects.filter(cause=lit.cause, **same).exists():
            return None
        alert = _opened(body, light, lit, told)
    content = content_of(lit) | {"reason": list(told)}  # as it is read back: the same again is then the same
    held = {"held_on": lit.held_on, "through": lit.through, "content": content}
    if all(getattr(alert, name) == value for name, value in held.items()) and alert.book == book:
        return alert
    fresh = alert.content.get("lit") != content["lit"]
    _turn(alert, lit, told, fresh=fresh)
    for name, value in held.items():
        setattr(alert, name, value)
    alert.run, alert.book, alert.updated_at = run, book, now()
    alert.save()
    told_of = {"run": run, "book": book, "held_on": lit.held_on, "through": lit.through}
    append(RUN, "alert.judged", f"alert:{alert.pk}", {**told_of, "content": digest(canonical(content))})
    if fresh:
        _at_once(alert, light, lit)
    return alert


def _opened(body: Body, light: Light, lit: Lit, told: tuple[str, str]) -> Alert:
    """Open the case of a cause; its alert is written with the event."""
    given = {"since_on": str(lit.since), "reason": f"{light.zh}：{told[0]}"}
    vendor = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=lit.subject_id).first()
    case = cases.open_case(
        RUN, "vendor_alert", given, body=body, institution_id=lit.subject_id, subject_body=vendor,
        key=f"alert-{body.pk}-{lit.cause}",
    )  # fmt: skip
    alert = Alert.objects.get(case=case)
    alert.light, alert.cause, alert.key, alert.came_on = light.id, lit.cause, lit.key, lit.came_on
    return alert


def content_of(lit: Lit) -> Given:
    """Return what a light says, as plain data: months, value, target, band and grounds."""
    mark = lit.gravest
    value = mark.value if mark else None
    last = lit.last
    return {
        "lit": [f"{month:%Y-%m}" for month in lit.lit],
        "rose_on": str(lit.rose_on),
        "month": f"{mark.month:%Y-%m}" if mark else "",
        "value": [value.numerator, value.denominator, value.unknown] if value else None,
        "target_e4": mark.target_e4 if mark else None,
        "edge": mark.edge if mark else None,
        "row": mark.row if mark else 0,
        "skipped": mark.skipped if mark else 0,
        "last": [f"{last.month:%Y-%m}", last.state] if last else None,
        "grounds": list(lit.grounds),
        "about": lit.about,
    }


def _at_once(alert: Alert, light: Light, lit: Lit) -> None:
    """Open what the light opens without a step of a person: for each line in service, once for an alert."""
    for action in library.opened_by(light.id, alert.colour):
        for line in _lines(alert, lit) if action.at_once else ():
            given = {
                name: text.format(**_words(alert, light, lit, line, action)) for name, text in action.fields.items()
            }
            key = f"{action.id}-of-{alert.case_id}-{line.pk}"
            matter = {name: given[name] for name in MATTER if name in given}
            held = open_as(line.body_id, action.opens, line.institution_id, matter)
            if held is not None:
                _again(held, action, given)
            elif not opened_under(action.opens, key):
                cases.open_case(
                    RUN, action.opens, given, body=line.body, institution_id=line.institution_id,
                    subject_body=alert.subject_body, origin=alert.case, key=key,
                )  # fmt: skip


def _again(held: Case, action: Action, given: Given) -> None:
    """Record on a case that stands already what it would have been opened with."""
    if action.again and held.state in held.life.move(action.again).source:
        wanted = {need.id for need in held.life.move(action.again).needs}
        told = {name: value for name, value in given.items() if name in wanted}
        cases.move(RUN, held, action.again, told, version=held.version)


def _lines(alert: Alert, lit: Lit) -> list[ServiceLine]:
    """Return the lines in service of an alert's vendor, of the kind that it speaks of where it names one."""
    mine = [one for one in lines_in(SERVING) if (one.institution_id, one.body_id) == (lit.subject_id, alert.body_id)]
    return [one for one in mine if one.kind == lit.about] or mine


def _words(alert: Alert, light: Light, lit: Lit, line: ServiceLine, action: Action) -> dict[str, str]:
    """Return the words that fields of an action may use."""
    mark, day = lit.gravest, now().date()
    due = day + timedelta(days=action.days)
    value = mark.value if mark else None
    share = value.numerator * 10_000 // value.denominator if value and value.denominator else 0
    return {
        "light": light.zh, "reason": alert.content["reason"][0], "number": alert.case.number, "kind": line.kind,
        "month": f"{mark.month if mark else lit.through:%Y-%m}", "day": str(day), "due": str(due),
        "cases": str(value.denominator) if value else "0", "share": str(share),
    }  # fmt: skip


def _turn(alert: Alert, lit: Lit, told: tuple[str, str], *, fresh: bool) -> None:
    """Take the step of the life-cycle that follows: a graver colour, or new months of the same one."""
    case = alert.case
    given = {"reason": told[0]}
    if graver(lit.colour, alert.colour or COLOURS[0]):
        step, alert.colour = f"turn_{lit.colour}", lit.colour
        if case.state not in case.life.move(step).source:
            step = "repeat"  # people have gone further already: what is new is recorded, and they go on
    elif fresh:
        step = "repeat"
    else:
        return
    alert.case = cases.move(RUN, case, step, given, version=case.version)
    alert.party_sees = alert.case.party_sees


def alert_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Write the alert of a case that opens, open what a step asks for, and close the alert with its case."""
    if event.kind == "opened":
        since = date.fromisoformat(event.fields["since_on"])
        Alert.objects.create(
            case=case, body=case.body, institution_id=case.institution_id, subject_body=case.subject_body,
            cause=identity("alert", case.pk), since=since, through=since, came_on=event.day, updated_at=now(),
        )  # fmt: skip
        return
    alert = Alert.objects.get(case=case)
    if event.kind != "moved":
        return
    if event.about.startswith("turn_"):
        alert.colour = event.about.removeprefix("turn_")
    alert.party_sees = case.party_sees
    alert.outcome = case.state if case.closed_at else ""
    alert.save(update_fields=["colour", "party_sees", "outcome"])
    _follow(actor, alert, event)


def _follow(actor: Actor, alert: Alert, event: CaseEvent) -> None:
    """Open and move what the actions of the rule book name for a step, with its fields."""
    light = library.lights().get(alert.light)
    words = {"light": light.zh if light else alert.case.number, "reason": _reason(alert.case)}
    words["number"] = alert.case.number
    for action in library.actions().actions:
        if action.move == event.about and (action.opens or action.moves):
            given: Given = {name: text.format(**words) for name, text in action.fields.items()}
            given |= {name: event.fields[name] for name in given if event.fields.get(name)}
            given = {name: value for name, value in given.items() if value}
            if action.opens:
                _open_beside(actor, alert, action, given, event)
            elif len(given) == len(action.fields):  # no items named: nothing that the orders could be held against
                _move_lines(alert, action, given, event)


def _open_beside(actor: Actor, alert: Alert, action: Action, given: Given, event: CaseEvent) -> None:
    case = alert.case
    cases.open_case(
        actor, action.opens, given, body=case.body, institution_id=case.institution_id,
        subject_body=case.subject_body, origin=case, key=f"{action.id}-of-{case.pk}-{event.sequence}",
    )  # fmt: skip


def _move_lines(alert: Alert, action: Action, given: Given, event: CaseEvent) -> None:
    """Move the vendor's cases that stand where the move begins, by the people of the step; what waited gives way."""
    cycle, _, name = action.moves.partition(".")
    for case in standing(alert.body_id, cycle, alert.institution_id, name):
        together.take(event, case, name, given)


def _reason(case: Case) -> str:
    told = [one.fields["reason"] for one in case.events.order_by("sequence") if one.fields.get("reason")]
    return str(told[-1]) if told else case.number
