"""Writers of a vendor's file, and what follows from the steps of its cases. Each leaves evidence with the deed.

A consortium writes of a vendor that is not yet in its view: what is checked beforehand is then written behind the wall
of the site.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import files
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.casework.vendors import forms, library, policies, queries
from zhunsheng.casework.vendors.models import (
    Assessment,
    NegativeEntry,
    ServiceLine,
    Vendor,
    VendorDevice,
    VendorFact,
    VendorPaper,
    VendorPerson,
)
from zhunsheng.casework.vendors.states import OVER, LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.time import now

#: Steps at which the review is kept as it stood.
FROZEN = frozenset({"recommend", "short_form", "file", "approve", "pass", "fail"})


@deed
def register(actor: User, given: dict[str, str]) -> Vendor:
    """Add a vendor to the register, or give back the one of this code. Raises Problem ZS653, ZS702."""
    values = forms.vendor(given)
    policies.check_keeps(actor, values["institution_id"])
    with walls.within(walls.SITE):
        known = Vendor.objects.filter(institution_id=values["institution_id"]).first()
        if known:
            return known
        made = Vendor.objects.create(**values, registered_by=actor, registered_at=now())
        append(actor, "vendor.registered", f"vendor:{made.institution_id}", {"name": made.name})
    return made


def apply(actor: User, vendor: Vendor, body: Body, given: dict[str, Any], *, key: str = "") -> Case:
    """Open the entry of a vendor for one kind of service at a consortium. Raises as ``open_case`` does, and ZS652."""
    about = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=vendor.institution_id).first()
    return cases.open_case(
        actor, "vendor_entry", given, body=body, institution_id=vendor.institution_id, subject_body=about, key=key
    )


@deed
def register_and_apply(actor: User, told: dict[str, str], body: Body, given: dict[str, Any], *, key: str = "") -> Case:
    """Register a vendor that is not known yet and open its entry: both or neither."""
    return apply(actor, register(actor, told), body, given, key=key)


def open_about(actor: User, vendor: Vendor, cycle: str, given: dict[str, Any], *, key: str = "") -> Case:
    """Open a case about a vendor at the actor's own body. Raises as ``open_case`` does."""
    about = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=vendor.institution_id).first()
    return cases.open_case(
        actor, cycle, given, body=actor.body, institution_id=vendor.institution_id, subject_body=about, key=key
    )


@deed
def add_paper(
    actor: User, vendor: Vendor, given: dict[str, str], name: str = "", data: Iterable[bytes] = ()
) -> VendorPaper:
    """Add a paper, with its file where there is one; it counts once another person has checked it.

    Raises Problem ZS653, ZS702, ZS914.
    """
    policies.check_keeps(actor, vendor.institution_id)
    values = forms.paper(given, library.kinds())
    kept = files.keep(name, data) if name else None
    held = {"digest": kept.digest, "file_name": kept.name, "media": kept.media} if kept else {}
    made = VendorPaper.objects.create(**_of(actor, vendor), **values, **held)
    told = {**values, "file": made.digest, "paper": made.pk}
    append(actor, "vendor.paper_added", f"vendor:{vendor.institution_id}", told)
    return made


@deed
def check_paper(actor: User, paper: VendorPaper, *, accepted: bool, reason: str = "") -> VendorPaper:
    """Say that a paper was compared with its original, or refuse it with a reason.

    Raises Problem ZS653, ZS654, ZS655, ZS702.
    """
    held = VendorPaper.objects.select_for_update().select_related(None).get(pk=paper.pk)
    policies.check_checks(actor, held)
    if held.accepted is not None:
        raise Problem("ZS655", number=held.number)
    held.reason = "" if accepted and not reason.strip() else forms.text("理由", reason, most=500)
    held.accepted, held.checked_by, held.checked_at = accepted, actor, now()
    held.save(update_fields=["accepted", "checked_by", "checked_at", "reason"])
    told = {"paper": held.pk, "accepted": accepted, "reason": held.reason}
    append(actor, "vendor.paper_checked", f"vendor:{held.institution_id}", told)
    return held


@deed
def add_person(actor: User, vendor: Vendor, given: dict[str, str]) -> VendorPerson:
    """Add a person of a vendor. Raises Problem ZS653, ZS702."""
    policies.check_keeps(actor, vendor.institution_id)
    values = forms.person(given, now().date().year)
    Vendor.objects.select_for_update().get(pk=vendor.pk)  # of two at once the second meets what the first wrote
    same = {name: values[name] for name in ("practitioner_id", "valid_from")}
    forms.once(VendorPerson.objects.filter(vendor=vendor, **same), "人员编码")
    made = VendorPerson.objects.create(**_of(actor, vendor), **values)
    told = {"person": made.pk, "practitioner": made.practitioner_id}
    append(actor, "vendor.person_added", f"vendor:{vendor.institution_id}", told)
    return made


@deed
def add_device(actor: User, vendor: Vendor, given: dict[str, str]) -> VendorDevice:
    """Add a device of a vendor. Raises Problem ZS653, ZS702."""
    policies.check_keeps(actor, vendor.institution_id)
    values = forms.device(given)
    Vendor.objects.select_for_update().get(pk=vendor.pk)
    same = {name: values[name] for name in ("device_id", "valid_from")}
    forms.once(VendorDevice.objects.filter(vendor=vendor, **same), "设备编码")
    made = VendorDevice.objects.create(**_of(actor, vendor), **values)
    append(actor, "vendor.device_added", f"vendor:{vendor.institution_id}", {"device": made.device_id})
    return made


@deed
def add_fact(actor: User, vendor: Vendor, given: dict[str, str]) -> VendorFact:
    """Record a dated value with its source: by those who let vendors in, never by the vendor. Raises ZS653, ZS702."""
    policies.check_keeps(actor, vendor.institution_id)
    if not policies.checks(actor):
        raise Problem("ZS702")
    values = forms.fact(given, library.kinds(), now().date())
    made = VendorFact.objects.create(**_of(actor, vendor), **values)
    append(actor, "vendor.fact_recorded", f"vendor:{vendor.institution_id}", {**values, "fact": made.pk})
    return made


@deed
def record_rating(actor: User, code: str, year: int, value: str, day: date, source: str) -> VendorFact | None:
    """Record the rating of a year that entered into force; None for a vendor that is not in the register."""
    vendor = Vendor.objects.filter(institution_id=code).first()
    if vendor is None:
        return None
    told = {"kind": "rating", "year": year, "value": value, "on": day, "source": source[:300]}
    made = VendorFact.objects.create(**_of(actor, vendor), **told)
    append(actor, "vendor.fact_recorded", f"vendor:{code}", {**told, "on": str(day), "fact": made.pk})
    return made


def _of(actor: User, vendor: Vendor) -> dict[str, Any]:
    return {"vendor": vendor, "institution_id": vendor.institution_id, "told_by": actor, "told_at": now()}


def entry_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the line of an entry in step with its case; one that has ended in service begins its life."""
    if event.kind == EventKind.OPENED:
        _begin(case, event)
        return
    if event.kind != EventKind.MOVED:
        return
    _freeze(case, event)
    line = queries.line_of(case)
    if line is None or event.from_state == event.to_state:
        return
    if event.to_state == "in_service":
        line.entered_on = line.reviewed_on = event.day
        _stand(line, LineState.IN_SERVICE, event.day, case)
        _live(actor, case, line)
    elif event.to_state in (LineState.REFUSED, LineState.WITHDRAWN):
        _stand(line, event.to_state, event.day, case)


def _begin(case: Case, event: CaseEvent) -> None:
    """Make the line of an application. Raises Problem ZS652 where there is one, ZS656 for a listed vendor."""
    book, kind = library.kinds(), library.kinds().kind(event.fields["kind"])
    hits = queries.negative_hits(case.institution_id, kind.id, event.day, case.body)
    if hits:
        raise Problem("ZS656", entry=hits[0].zh, cite=hits[0].cite)
    with walls.within(walls.SITE):
        vendor = Vendor.objects.get(institution_id=case.institution_id)
        same = ServiceLine.objects.filter(vendor=vendor, body=case.body, kind=kind.id).exclude(state__in=OVER)
        if same.exists():
            raise Problem("ZS652", vendor=vendor.name, kind=kind.zh)
        ServiceLine.objects.create(
            vendor=vendor, institution_id=case.institution_id, body=case.body, kind=kind.id, entry=case,
            members=event.fields.get("members", []), tier=kind.tier if kind.tier in book.tiers else "",
            applied_on=event.day, history=[[str(event.day), LineState.APPLIED, case.number]],
        )  # fmt: skip


def _live(actor: Actor, case: Case, line: ServiceLine) -> None:
    life = cases.open_case(
        actor, "service_line", {"kind": line.kind}, body=case.body, institution_id=case.institution_id,
        subject_body=case.subject_body, origin=case,
    )  # fmt: skip
    line.life = life
    with walls.within(walls.SITE):
        line.save(update_fields=["life"])


def line_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep a line in step with its case: from this day on new orders are refused or taken again."""
    line = queries.line_of(case)
    if event.kind != EventKind.MOVED or line is None:
        return
    line.suspended_items = event.fields.get("items", []) if event.to_state == LineState.PART_SUSPENDED else []
    if event.about == "renew":
        line.reviewed_on = event.day
    _stand(line, event.to_state, event.day, case)


def _stand(line: ServiceLine, state: str, day: date, case: Case) -> None:
    line.state = state
    line.history = [*line.history, [str(day), str(state), case.number]]
    with walls.within(walls.SITE):
        line.save(update_fields=["state", "history", "suspended_items", "entered_on", "reviewed_on"])


def review_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Let the line follow its re-review: two failures in a row cancel the entry, one puts it on notice."""
    if event.kind not in (EventKind.OPENED, EventKind.MOVED):
        return
    _freeze(case, event)
    line = queries.line_of(case)
    life = line.life if line else None
    if life is None:
        return
    life.refresh_from_db()
    if event.kind == EventKind.OPENED:
        step = "begin_review" if life.state in ("in_service", "on_notice") else ""
    else:
        step = _after(case, life)
    if step:
        cases.move(actor, life, step, {}, version=life.version)


def _after(case: Case, life: Case) -> str:
    """Return the step that the end of a re-review asks of the line; none where it stays as it is."""
    if case.state == "failed" and [one.state for one in queries.reviews(life)[:2]] == ["failed", "failed"]:
        return "" if life.closed_at or life.state == "exiting" else "cancel_entry"
    if life.state != "under_review":
        return ""
    return {"failed": "put_on_notice", "passed": "renew", "cancelled": "renew"}.get(case.state, "")


def _freeze(case: Case, event: CaseEvent) -> None:
    """Keep the review as it stood at a step, with its digest in the evidence."""
    if event.about not in FROZEN or event.kind != EventKind.MOVED:
        return
    line = queries.line_of(case)
    if line is None:
        return
    found = queries.review(case.institution_id, library.kinds().kind(line.kind), event.day)
    points = [one.plain for one in found.points]
    made = Assessment.objects.create(
        case=case, institution_id=case.institution_id, kind=line.kind, on=event.day, mark=found.mark, low=found.low,
        high=found.high, points=points, digest=digest(canonical(points)), made_at=now(),
    )  # fmt: skip
    told = {"case": case.number, "mark": made.mark, "low": made.low, "high": made.high, "points": made.digest}
    append(event.actor or cases.CLOCK, "vendor.assessed", f"vendor:{case.institution_id}", told)


def negative_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Put a vendor on the negative list, or strike it off, as two people said."""
    if event.kind != EventKind.MOVED or event.about not in ("list", "strike"):
        return
    if event.about == "strike":
        NegativeEntry.objects.filter(case=case).update(struck_on=event.day)
        return
    opened = case.events.order_by("sequence").first()
    told = opened.fields if opened else {}
    NegativeEntry.objects.create(
        case=case, body=case.body, institution_id=case.institution_id, kinds=told.get("kinds", []),
        ground=told.get("ground", ""), valid_from=event.fields["from_on"], valid_to=event.fields["until_on"],
    )  # fmt: skip
