"""What emergency plans ask of people, as rows of the inbox: steps whose minutes have run out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import DateField, Q, QuerySet
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.trips.models import PlanStep
from zhunsheng.casework.vendors.policies import KEEPERS
from zhunsheng.kernel.time import SHANGHAI, now

NAME = "plan_steps"
KINDS = {NAME: _("应急预案")}


def _late(asker: Asker) -> QuerySet[PlanStep]:
    """Return the steps that are late, of alarms that the reader's body handles or that are about it."""
    body = asker.user.body
    late = PlanStep.objects.filter(done_at=None, due_at__lte=now(), alarm__outcome="")
    if body is None or not duties_held(asker.user) & KEEPERS:
        return late.none()
    if body.kind in (BodyKind.VENDOR, BodyKind.INSTITUTION):
        return late.filter(Q(alarm__institution_id=body.institution_code or "-", alarm__shown=True))
    return late.filter(alarm__body=body)


def rows(asker: Asker) -> QuerySet[Any]:
    """Return the late steps with the day on which they were due."""
    found = _late(asker).annotate(last_day=TruncDate("due_at", output_field=DateField(), tzinfo=SHANGHAI))
    return shown_as(found, NAME, number="alarm__case__number", place="alarm__institution_id", due="last_day")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell late steps as tasks."""
    found = _late(asker).filter(pk__in=keys).select_related("alarm", "alarm__case", "alarm__device")
    return [
        Task(
            source=NAME,
            key=one.pk,
            kind=KINDS[NAME],
            number=one.alarm.case.number,
            title=_("已超时：%(step)s") % {"step": said(one.zh, one.en)},
            about=f"{one.alarm.device.name} · {one.alarm.get_kind_display()}",
            why=said(one.role_zh, one.role_en),
            due_on=one.due_at.astimezone(SHANGHAI).date(),
            since=one.alarm.raised_at,
            sender="",
            address=f"/alarms/{one.alarm_id}",
        )
        for one in found
    ]


SOURCE = Source(NAME, lambda: KINDS, rows, tasks)
