"""Makes rows of the events of cases about points and rulings, within the transaction that wrote the event.

The rows say nothing that the events do not: ``points_row`` and ``ruling_row`` are pure. When points enter into force
and reach a threshold, the ruling that the scheme asks for is proposed as a case of its own; two people decide it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db import transaction

from zhunsheng.book.points import Threshold
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.casework.points import policies, tasks
from zhunsheng.casework.points.models import PaymentRuling, PointEntry
from zhunsheng.casework.points.standing import add_months
from zhunsheng.kernel.time import now

Row = dict[str, Any]


def points_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Bring the row of a points case to where its events lead; propose the ruling that entered points ask for."""
    events = _done(case)
    entry, _ = PointEntry.objects.update_or_create(case=case, defaults=points_row(events))
    if event.kind == "moved" and event.about == "enter":
        due = policies.due_ruling(entry.practitioner_id, event.day)
        if due is not None:
            _propose(actor, case, entry, due)


def ruling_moved(_actor: Actor, case: Case, _event: CaseEvent) -> None:
    """Bring the row of a ruling to where its events lead, and put it in force once the transaction stands."""
    row = ruling_row(_done(case))
    if row is not None:
        PaymentRuling.objects.update_or_create(case=case, defaults=row)
        transaction.on_commit(tasks.put_in_force)


def _done(case: Case) -> list[CaseEvent]:
    return list(case.events.filter(kind__in=("opened", "moved")).order_by("sequence"))


def points_row(events: Iterable[CaseEvent]) -> Row:
    """Return what the events of a points case say of it."""
    row: Row = {"from_on": None, "ended_on": None, "credits": []}
    for one in events:
        said = one.fields
        if one.kind == "opened":
            row |= {"practitioner_id": said["practitioner"], "institution_id": one.case.institution_id}
            row |= {name: said[name] for name in ("article", "severity", "responsibility", "points")}
        elif one.about == "enter":
            row["from_on"] = date.fromisoformat(said["from_on"])
        elif one.about == "credit":
            row["credits"] = [*row["credits"], [str(one.day), said["credit"], said["activity"]]]
        elif one.about == "withdraw":
            row["ended_on"] = one.day
    return row


def ruling_row(events: Iterable[CaseEvent]) -> Row | None:
    """Return what the events of a ruling say of it, None before it is decided."""
    row: Row = {}
    opened: Row = {}
    for one in events:
        said = one.fields
        if one.kind == "opened":
            opened = said
        elif one.about == "decide":
            start = date.fromisoformat(said["start_on"])
            row = {
                "practitioner_id": opened["practitioner"],
                "status": opened["status"],
                "valid_from": start,
                "valid_to": add_months(start, said["months"]) if said.get("months") else None,
                "no_return_months": opened.get("no_return_months"),
                "voided": False,
            }
        elif one.about == "lift":
            row["valid_to"] = date.fromisoformat(said["lifted_on"])
        elif one.about == "withdraw" and row:
            row["voided"] = True
    return row or None


def _propose(actor: Actor, case: Case, entry: PointEntry, due: Threshold) -> None:
    """Open the case of a ruling, unless one as grave is proposed or in force already."""
    with walls.within(walls.SITE):
        held = [
            ruling.events.get(kind="opened").fields["status"]
            for known in PointEntry.objects.filter(practitioner_id=entry.practitioner_id).select_related("case")
            for ruling in known.case.followed_by.filter(cycle="payment_ruling", closed_at=None).exclude(
                payment_ruling__valid_to__lte=now().date()
            )
        ]
    if due.does in held or "terminated" in held:
        return
    given: Row = {
        "practitioner": entry.practitioner_id,
        "status": due.does,
        "reason": f"{case.number} 生效后，当年累计记分达到 {due.points} 分：{due.zh}。",
    }
    if due.no_return_months:
        given["no_return_months"] = str(due.no_return_months)
    cases.open_case(
        actor, "payment_ruling", given, body=case.body, institution_id=case.institution_id, origin=case,
        key=f"ruling-of-{case.pk}",
    )  # fmt: skip
