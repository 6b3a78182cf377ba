"""What the worker does for vendors each day: tell of papers that end, as far ahead as the rule book says."""

from __future__ import annotations

from datetime import date

from django.db.models import Q

from zhunsheng.casework.bodies.models import BodyKind, Duty, DutyName, User
from zhunsheng.casework.inbox.actions import News, tell
from zhunsheng.casework.inbox.states import NoticeKind
from zhunsheng.casework.outbox.actions import Process, append, deed
from zhunsheng.casework.vendors import library, queries
from zhunsheng.casework.vendors.models import ServiceLine, VendorPaper
from zhunsheng.casework.vendors.queries import Expiry
from zhunsheng.casework.vendors.states import OVER

CLOCK = Process("clock")


def each_day(day: date) -> int:
    """Tell of every paper that has come within a stage; on the same day again nothing is left to do."""
    served = set(ServiceLine.objects.exclude(state__in=OVER).values_list("institution_id", flat=True))
    papers = VendorPaper.objects.filter(institution_id__in=served, accepted=True).select_related("vendor")
    return sum(_tell(one, stage, day) for one in queries.expiries(papers, day) if (stage := stage_of(one.left)))


def stage_of(left: int) -> str:
    """Return the stage that so many days before an end are in: the nearest one, ``ended`` at it, empty before all."""
    if left <= 0:
        return "ended"
    return next((f"before-{days}" for days in sorted(library.kinds().watch) if left <= days), "")


@deed
def _tell(one: Expiry, stage: str, day: date) -> bool:
    paper = one.paper
    key = f"paper:{paper.pk}:{one.ends_on}:{stage}"
    title = f"{paper.vendor.name}：{one.zh}", f"{paper.vendor.name}: {one.en}"
    address = f"/vendors/{paper.institution_id}"
    news = News(NoticeKind.PAPER_ENDS, key, *title, paper.number[:60], address, one.ends_on)
    told = tell(_people(paper.institution_id, day), news)
    if told:
        said = {"paper": paper.pk, "stage": stage, "ends_on": one.ends_on, "told": sorted(one.pk for one in told)}
        append(CLOCK, "vendor.paper_reminded", f"vendor:{paper.institution_id}", said)
    return bool(told)


def _people(code: str, day: date) -> list[User]:
    """The vendor's own heads and office, and the officers of the consortia that it serves or applies to."""
    bodies = ServiceLine.objects.filter(institution_id=code).exclude(state__in=OVER).values("body")
    inside = Q(body__in=bodies, name__in=(DutyName.HEAD, DutyName.HANDLER, DutyName.REVIEWER))
    own = Q(body__kind=BodyKind.VENDOR, body__institution_code=code, name__in=(DutyName.HEAD, DutyName.OFFICE))
    found: dict[int, User] = {}
    for duty in Duty.objects.on(day).filter(inside | own, user__is_active=True).select_related("user"):
        found[duty.user_id] = duty.user
    return list(found.values())
