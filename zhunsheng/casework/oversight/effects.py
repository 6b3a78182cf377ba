"""What follows from the steps of the cases of oversight: rows beside them, and moves of the service line.

A line is stopped, put to its exit and ended by the same people who decided it, in the transaction of their step.
"""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.policies import pending
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.casework.oversight import library
from zhunsheng.casework.oversight.lines import line_of, lines_of, plans_of
from zhunsheng.casework.oversight.models import ExitStep, Sanction, VendorCheck, VendorComplaint
from zhunsheng.casework.oversight.states import Appeal, StepState
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.casework.vendors.states import SERVING, LineState

#: A line that can be put to its exit.
EXITABLE = frozenset({*SERVING, LineState.SUSPENDED})


def _of(case: Case) -> dict[str, Any]:
    return {"case": case, "body": case.body, "institution_id": case.institution_id}


def _opening(case: Case) -> dict[str, Any]:
    first = case.events.order_by("sequence").first()
    return first.fields if first else {}


def check_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the row of a check in step with its case; the vendor sees it from the check itself on."""
    if event.kind == EventKind.OPENED:
        told, line = event.fields, line_of(case)
        VendorCheck.objects.create(**_of(case), line=line, check_kind=told["check"], due_on=told["due_on"])
    elif event.kind == EventKind.MOVED and event.about == "perform":
        VendorCheck.objects.filter(case=case).update(shown=True, result=event.fields["result"])


def complaint_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the row of a complaint in step with its case; a further answer is judged anew."""
    if event.kind == EventKind.OPENED:
        told = event.fields
        VendorComplaint.objects.create(**_of(case), service_kind=told.get("service_kind", ""), about=told["about"])
    elif event.kind == EventKind.MOVED:
        changed: dict[str, Any] = {"shown": case.party_sees}
        if event.about == "reopen":
            changed |= {"satisfied": None, "judged_at": None}
        VendorComplaint.objects.filter(case=case).update(**changed)


def incident_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Stop the lines of an incident as two people said, or put them to their exit."""
    if event.kind != EventKind.MOVED or event.about not in ("stop", "exit"):
        return
    for line in _lines(case):
        if event.about == "stop":
            _suspend(event, line, case)
        else:
            _begin_exit(event, line, case)


def survey_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Put a line to its exit after a failed rectification."""
    if event.kind == EventKind.MOVED and event.about == "exit":
        for line in _lines(case):
            _begin_exit(event, line, case)


def sanction_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Publish a decision, keep the state of its appeal beside it, and let the line follow its measures."""
    if event.kind != EventKind.MOVED:
        return
    if event.about == "decide":
        _decided(case, event)
        return
    states = {"appeal": Appeal.APPEALED, "uphold": Appeal.FINAL, "become_final": Appeal.FINAL}
    if event.about in states:
        Sanction.objects.filter(case=case).update(appeal=states[event.about])
    elif event.about == "revoke":
        told = {"correction": event.fields["correction"], "corrected_on": event.day}
        Sanction.objects.filter(case=case).update(appeal=Appeal.CORRECTED, **told)


def _decided(case: Case, event: CaseEvent) -> None:
    act, fields = library.sanctions().act(_opening(case)["act"]), event.fields
    with walls.within(walls.SITE):
        vendor = Vendor.objects.filter(institution_id=case.institution_id).first()
    Sanction.objects.create(
        **_of(case), shown=True, act=act.id, grade=act.grade, measures=fields["measures"],
        fine_fen=fields.get("fine_fen"), revenue_fen=vendor.yearly_revenue_fen if vendor else None,
        decided_on=event.day, published_on=event.day,
    )  # fmt: skip
    for line in _lines(case):
        if "revocation" in fields["measures"]:
            _begin_exit(event, line, case)
        elif "suspension" in fields["measures"]:
            _suspend(event, line, case)


def line_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Open the exit plan of a line that begins to exit, whoever put it to that."""
    if event.kind != EventKind.MOVED or event.about != "begin_exit" or plans_of(case).exists():
        return
    kind, told = _opening(case)["kind"], event.fields
    ground = f"{told['ground']}\n{told['reason']}"
    cases.open_case(
        actor, "vendor_exit", {"kind": kind, "ground": ground}, body=case.body, institution_id=case.institution_id,
        subject_body=case.subject_body, origin=case,
    )  # fmt: skip


def exit_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the steps of a plan in step with its case, and end the line when the plan is closed."""
    if event.kind == EventKind.OPENED:
        steps = library.exit_plan().steps
        ExitStep.objects.bulk_create(
            ExitStep(**_of(case), number=number, key=one.id) for number, one in enumerate(steps, start=1)
        )
    elif event.kind == EventKind.MOVED and event.about == "close":
        line = line_of(case)
        if line is not None and line.life is not None:
            _two(event, line.life, "end_exit", {"statement": event.fields["statement"]})
    elif event.kind == EventKind.MOVED:
        _step(case, event)


def _step(case: Case, event: CaseEvent) -> None:
    held = ExitStep.objects.filter(case=case, key=event.fields.get("step", event.about))
    if event.about == "redo":
        held.update(state=StepState.OPEN, done_on=None, event=None)
    else:
        state = StepState.WAIVED if event.about == "waive" else StepState.DONE
        held.update(state=state, done_on=event.day, event=event)


def _lines(case: Case) -> list[ServiceLine]:
    found = lines_of(case.institution_id, _opening(case)["kind"])
    return [one for one in found if one.body_id == case.body_id and one.life is not None]


def _told(event: CaseEvent, case: Case) -> dict[str, str]:
    return {"ground": f"{case.life.zh} {case.number}", "reason": event.fields["reason"][:2000]}


def _suspend(event: CaseEvent, line: ServiceLine, case: Case) -> None:
    if line.state in SERVING:
        life = _free(event, line.life)
        cases.move(event.actor, life, "suspend", _told(event, case), version=life.version)


def _begin_exit(event: CaseEvent, line: ServiceLine, case: Case) -> None:
    if line.state in EXITABLE:
        _two(event, line.life, "begin_exit", _told(event, case))


def _two(event: CaseEvent, life: Case, name: str, given: dict[str, Any]) -> None:
    """Let the two people of a step take one of the line as well: who proposed it proposes, who confirmed confirms."""
    life = _free(event, life)
    waiting = cases.propose(event.proposal.proposed_by, life, name, given, version=life.version)
    life.refresh_from_db()
    cases.confirm(event.actor, waiting, version=life.version)


def _free(event: CaseEvent, life: Case) -> Case:
    """Return the case of a line as it stands, with nothing waiting: what was proposed before this gives way to it."""
    waiting = pending(life)
    if waiting is not None:
        cases.refuse(event.actor, waiting, f"因 {event.case.number} 的决定")
    return Case.objects.get(pk=life.pk)
