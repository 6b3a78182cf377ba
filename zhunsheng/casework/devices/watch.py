"""What the register of devices asks of people, as rows of the inbox: calibrations that end or are missing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Case, F, Max, OuterRef, Q, QuerySet, Subquery, When
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.devices import queries
from zhunsheng.casework.devices.models import Calibration, Device
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.vendors.policies import KEEPERS

NAME = "device_calibration"
KINDS = {NAME: _("设备校准")}


def rows(asker: Asker) -> QuerySet[Any]:
    """Return the devices with a regime whose calibration has ended, failed or ends soon, with its last day."""
    body = asker.user.body
    if body is None or not duties_held(asker.user) & KEEPERS:
        return shown_as(
            Device.objects.none().annotate(last_day=Max("calibration_rows__valid_to")), NAME, due="last_day"
        )
    own = Q(body=body) | Q(institution_id=body.institution_code or "-")
    found = queries.in_use(asker.scope.rows(Device.objects.filter(own).exclude(regime="")), asker.day)
    last = Calibration.objects.filter(device=OuterRef("pk"), done_on__lte=asker.day).order_by("-done_on", "-pk")
    ends = Subquery(last.values_list(Case(When(passed=True, then=F("valid_to"))))[:1])
    soon = asker.day + timedelta(days=queries.SOON)
    due = found.annotate(last_day=ends).filter(Q(last_day=None) | Q(last_day__lte=soon))
    return shown_as(due, NAME, number="device_id", place="institution_id", due="last_day")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell devices as tasks."""
    held = list(queries.devices(asker.scope).filter(pk__in=keys))
    states = queries.calibrated(held, asker.day)
    return [
        Task(
            source=NAME,
            key=one.pk,
            kind=KINDS[NAME],
            number=one.device_id,
            title=_("校准设备并登记校准证书"),
            about=one.name,
            why=_("设备登记册"),
            due_on=last.valid_to if (last := states[one.pk].last) else None,
            since=one.told_at,
            sender="",
            address=f"/devices/{one.pk}",
        )
        for one in held
    ]


SOURCE = Source(NAME, lambda: KINDS, rows, tasks)
