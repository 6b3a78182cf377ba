"""Inspector, InspectionPlan, Visit, ItemVersion, ListedProblem."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.inspections.states import PlanKind, PlanState, Result, Role, Trigger
from zhunsheng.casework.sealed import SealedDraw

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class Inspector(models.Model):
    """A person of a body's library of inspectors and experts, from a day (held) to a day (not held).

    ``ties``: institution -> why this person may not inspect it. A changed entry is ended and added anew.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    name = models.CharField(max_length=60)
    field = models.CharField(max_length=60, blank=True)
    unit = models.CharField(max_length=120, blank=True)
    ties = models.JSONField(default=dict)
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        ordering = ("role", "name", "pk")
        constraints = (
            models.UniqueConstraint(
                fields=("body", "user"), condition=Q(until=None, user__isnull=False), name="inspector_once"
            ),
        )

    def __str__(self) -> str:
        return self.name

    @property
    def code(self) -> str:
        """How pools and draws name this person."""
        return f"p{self.pk}"


class InspectionPlan(SealedDraw):
    """A plan: what is inspected and how many are drawn from which pools.

    ``subjects`` ([{id, name}]) and ``people`` ([{code, name, role, user, ties}]) are frozen when the plan is committed.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=PlanKind.choices)
    trigger = models.CharField(max_length=10, choices=Trigger.choices)
    outline = models.TextField()
    count = models.PositiveIntegerField()
    team = models.PositiveIntegerField()
    experts = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.OPEN)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    made_at = models.DateTimeField()
    subjects = models.JSONField(default=list)
    people = models.JSONField(default=list)
    reason = models.TextField(blank=True)

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.title


class Visit(models.Model):
    """A subject that was drawn, with its case. ``team`` and ``experts`` are codes, ``recused`` code -> reason."""

    SCOPE_PATH: ClassVar[str] = "plan__body"

    plan = models.ForeignKey(InspectionPlan, on_delete=models.PROTECT, related_name="visits")
    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="visit")
    institution_id = models.CharField(max_length=40)
    team = models.JSONField(default=list)
    experts = models.JSONField(default=list)
    recused = models.JSONField(default=dict)

    class Meta:
        ordering = ("plan", "pk")
        constraints = (models.UniqueConstraint(fields=("plan", "institution_id"), name="visit_once_per_plan"),)

    def __str__(self) -> str:
        return f"{self.plan_id} {self.institution_id}"


class ItemVersion(models.Model):
    """One state of one item collected on site; never changed. ``bases`` are the versions that its author saw.

    A version that no other one is based on stands; where two stand, two people wrote without seeing each other.
    ``key`` names the submission, ``item`` is the same for all versions of an item; both come from the device.
    """

    SCOPE_PATH: ClassVar[str] = "visit__plan__body"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="versions")
    item = models.CharField(max_length=40)
    key = models.CharField(max_length=40)
    bases = models.JSONField(default=list)
    content = models.JSONField()
    digest = models.CharField(max_length=64)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    written_at = models.DateTimeField()
    received_at = models.DateTimeField()
    evidence = models.BigIntegerField()

    class Meta:
        ordering = ("visit", "pk")
        constraints = (models.UniqueConstraint(fields=("visit", "key"), name="item_version_once"),)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.item} {self.key}"


class ListedProblem(models.Model):
    """A problem as it went into the list that the institution is heard on, and the case that followed it."""

    SCOPE_PATH: ClassVar[str] = "visit__plan__body"

    visit = models.ForeignKey(Visit, on_delete=models.PROTECT, related_name="problems")
    number = models.PositiveIntegerField()
    version = models.OneToOneField(ItemVersion, on_delete=models.PROTECT, related_name="+")
    article = models.CharField(max_length=80)
    amount_fen = models.BigIntegerField(null=True)
    words = models.TextField()
    result = models.CharField(max_length=20, choices=Result.choices)
    followed_by = models.OneToOneField("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("visit", "number")
        constraints = (models.UniqueConstraint(fields=("visit", "number"), name="problem_once"),)

    def __str__(self) -> str:
        return f"{self.visit_id} {self.number}"
