"""Whether a document may be drawn up, issued, voided or checked now."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from zhunsheng.book.cycles import Cycle, Who
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.permissions import Hat, check_apart, who_words, worn
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.documents.models import CheckFailure, Document
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.reports.templates import OPENING, Template


def step_for(case: Case, template: Template) -> CaseEvent | None:
    """Return the latest step that a kind of document is made for; None while none was taken."""
    if not template.fits(case.cycle):
        return None
    taken = case.events.filter(kind__in=("opened", "moved"))
    if template.after:
        taken = taken.filter(about__in=[case.cycle if key == OPENING else key for key in template.after])
    return taken.order_by("-sequence").first()


def two_person(cycle: Cycle, event: CaseEvent, template: Template) -> bool:
    """Whether two people make a document: where the step takes two. Minutes of any case are one person's."""
    return bool(template.after) and event.about != cycle.name and cycle.move(event.about).two_person


def makers(cycle: Cycle) -> list[str]:
    """Return under which names a life-cycle lists the people of the handling body."""
    return [key for key, who in cycle.people.items() if who.side == "handling"]


def may_make(user: User, case: Case) -> bool:
    """Whether a user may draw up, issue or void documents of a case: the people of the body that handles it."""
    return worn(user, case, _people(case)) is not None


def _people(case: Case) -> list[Who]:
    return list(case.life.named(tuple(makers(case.life))))


def check_may_make(user: User, case: Case) -> Hat:
    """Return in whose duties a user makes documents of a case. Raises Problem ZS904 where the user may not."""
    found = worn(user, case, _people(case))
    if found is None:
        raise Problem("ZS904", move=said("制作文书", "Draw up a document"), who=who_words(_people(case)))
    return found


def check_free(case: Case, event: CaseEvent, template: Template, replaces: Document | None) -> None:
    """Raise Problem ZS962 where the step has such a document already, or a draft of it waits."""
    of_step = Document.objects.filter(case=case, kind=template.kind, event=event)
    if of_step.filter(state=DocumentState.DRAFT).exists():
        raise Problem("ZS962", kind=said(template.zh, template.en))
    if replaces is None and not template.repeats and of_step.filter(state=DocumentState.ISSUED).exists():
        raise Problem("ZS962", kind=said(template.zh, template.en))


def check_state(document: Document, wanted: DocumentState) -> None:
    """Raise Problem ZS964 for a document that stands elsewhere."""
    if document.state != wanted:
        raise Problem("ZS964", number=str(document), state=document.get_state_display())


def check_other(document: Document, actor: User, before: User | None, behalf: User | None) -> Hat:
    """Return in whose duties a document is made by who may make it, where it takes two apart from the first.

    Raises Problem ZS904, ZS965 where the first person comes again, ZS957 where both would be of one person's duties.
    """
    hat = check_may_make(actor, document.case)
    if not document.two_person:
        return hat
    if before == actor:
        raise Problem("ZS965")
    return check_apart(actor, document.case, _people(document.case), {one.pk for one in (before, behalf) if one})


def is_other(document: Document, actor: User, before: User | None, behalf: User | None) -> bool:
    """Whether a user may be the second of a document."""
    try:
        check_other(document, actor, before, behalf)
    except Problem:
        return False
    return True


def check_may_check(address: str) -> None:
    """Raise Problem ZS966 while an address has tried too many codes that are none."""
    limits = settings.CHECK_LIMITS
    since = now() - timedelta(seconds=limits["window_seconds"])
    tried = CheckFailure.objects.filter(at__gt=since)
    if tried.filter(address_key=attempt_key(address)).count() >= limits["address"]:
        raise Problem("ZS966", minutes=limits["window_seconds"] // 60)
