"""Trip, TripVersion, Alarm and PlanStep.

A trip belongs to the consortium that supervises it (``body``); the vendor sees it by ``vendor_body``, the member that
it serves by ``institution_id``. An alarm is a case about the vendor and follows who sees the case.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.trips.states import AlarmKind, Outcome, TripState

_OWN: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Trip(models.Model):
    """One trip of goods under one device from its plan on.

    ``plan`` holds stops with windows and fences, the way and further fences (``trips.plans``). ``orders`` are service
    orders that it carries. ``version`` counts judgements; ``verdict`` and the flags repeat the last one for lists, None
    where the readings do not say. ``stale_since``: readings came that no judgement has seen. ``told`` is the version
    that the facts have learnt.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "vendor_body", "shown")

    body = models.ForeignKey("bodies.Body", **_OWN)
    vendor_id = models.CharField(max_length=40, help_text="the code of who carries")
    vendor_body = models.ForeignKey("bodies.Body", null=True, **_OWN)
    institution_id = models.CharField(max_length=40, help_text="the member that the trip serves")
    shown = models.BooleanField(default=True)
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="trips")
    number = models.CharField(max_length=60)
    service_kind = models.CharField(max_length=40)
    regime = models.CharField(max_length=40)
    goods = models.CharField(max_length=200)
    orders = models.JSONField(default=list)
    plan = models.JSONField(default=dict)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=TripState.choices, default=TripState.PLANNED)
    version = models.PositiveIntegerField(default=0)
    verdict = models.CharField(max_length=10, blank=True)
    excursion = models.BooleanField(null=True)
    breach = models.BooleanField(null=True)
    on_time = models.BooleanField(null=True)
    stale_since = models.DateTimeField(null=True)
    told = models.PositiveIntegerField(default=0)
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_OWN)
    planned_at = models.DateTimeField()

    class Meta:
        ordering = ("-starts_at", "-pk")
        indexes = (
            models.Index(fields=("state", "ends_at")),
            models.Index(fields=("device", "starts_at")),
            models.Index(fields=("stale_since",), condition=Q(stale_since__isnull=False), name="trip_stale"),
        )
        constraints = (models.UniqueConstraint(fields=("vendor_id", "number"), name="trip_number_once"),)

    def __str__(self) -> str:
        return f"{self.vendor_id} {self.number}"


class TripVersion(models.Model):
    """One judgement of a trip; the database refuses to change or delete it.

    ``late`` counts readings that arrived after the judgement before. ``content`` is what was judged, ``digest`` its
    name; ``evidence`` the row of the outbox that holds the digest.
    """

    SCOPE_PATH: ClassVar[str] = "trip__body"

    trip = models.ForeignKey(Trip, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    cause = models.CharField(max_length=10, help_text="ended, late, anew or dismissed")
    as_of = models.DateTimeField()
    readings = models.PositiveIntegerField()
    late = models.PositiveIntegerField()
    verdict = models.CharField(max_length=10)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    evidence = models.BigIntegerField()
    made_at = models.DateTimeField()

    class Meta:
        ordering = ("trip", "number")
        constraints = (models.UniqueConstraint(fields=("trip", "number"), name="trip_version_once"),)

    def __str__(self) -> str:
        return f"{self.trip_id} {self.number} {self.verdict}"


class Alarm(models.Model):
    """One alarm with its case, on a trip or on a device in its store. Its key names the cause: it is raised once.

    ``since`` is the device's time from which it holds, ``arrived_at`` when the reading that told it arrived,
    ``raised_at`` when case and plan were open. ``grave``: it needs a person; an excursion that is not clears itself.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "vendor_body", "shown")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="cold_chain_alarm")
    body = models.ForeignKey("bodies.Body", **_OWN)
    institution_id = models.CharField(max_length=40, help_text="the code of whose device it is")
    vendor_body = models.ForeignKey("bodies.Body", null=True, **_OWN)
    shown = models.BooleanField(default=True)
    trip = models.ForeignKey(Trip, null=True, on_delete=models.PROTECT, related_name="alarms")
    device = models.ForeignKey("devices.Device", on_delete=models.PROTECT, related_name="alarms")
    kind = models.CharField(max_length=12, choices=AlarmKind.choices)
    grave = models.BooleanField(default=False)
    key = models.CharField(max_length=120)
    since = models.DateTimeField()
    arrived_at = models.DateTimeField()
    raised_at = models.DateTimeField()
    cleared_at = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    words = models.JSONField(default=list, help_text="what it says, in Chinese and English")
    plan = models.CharField(max_length=40)
    outcome = models.CharField(max_length=12, choices=Outcome.choices, blank=True)

    class Meta:
        ordering = ("-raised_at", "-pk")
        indexes = (models.Index(fields=("device", "outcome")), models.Index(fields=("trip", "raised_at")))
        constraints = (models.UniqueConstraint(fields=("key",), name="one_alarm_per_cause"),)

    def __str__(self) -> str:
        return f"{self.device_id} {self.kind} {self.since}"


class PlanStep(models.Model):
    """One step of the emergency plan of an alarm, as the rule book said when it was raised, and who did it when."""

    SCOPE_PATH: ClassVar[str] = "alarm__body"

    alarm = models.ForeignKey(Alarm, on_delete=models.PROTECT, related_name="steps")
    position = models.PositiveSmallIntegerField()
    step = models.CharField(max_length=40)
    zh = models.CharField(max_length=200)
    en = models.CharField(max_length=300)
    role = models.CharField(max_length=40)
    role_zh = models.CharField(max_length=80)
    role_en = models.CharField(max_length=120)
    shows = models.CharField(max_length=12, help_text="what is asked as proof: comment, photo, reading, ...")
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True)
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_OWN)
    note = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ("alarm", "position")
        indexes = (models.Index(fields=("due_at",), condition=Q(done_at=None), name="plan_step_due"),)
        constraints = (models.UniqueConstraint(fields=("alarm", "step"), name="plan_step_once"),)

    def __str__(self) -> str:
        return f"{self.alarm_id} {self.step}"


class Telling(models.Model):
    """What the facts learnt of trips and nodes at a moment. ``urgent``: a breach, which a run judges at once.

    ``until`` is when the last node that was told had arrived, ``asked`` whether a run was asked for.
    """

    at = models.DateTimeField()
    snapshot = models.CharField(max_length=40)
    trips = models.PositiveIntegerField()
    nodes = models.PositiveIntegerField()
    sent_back = models.PositiveIntegerField(
        default=0, help_text="rows that the import did not take; its report says why"
    )
    until = models.DateTimeField()
    urgent = models.BooleanField()
    asked = models.BooleanField(default=False)

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.at} {self.trips} {self.nodes}"
