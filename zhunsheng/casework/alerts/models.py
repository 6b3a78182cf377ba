"""Alert and Evaluation."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q


class Alert(models.Model):
    """One light on one subject for one cause, with its case. One raised by hand names no light.

    ``body`` handles it, ``institution_id`` is the vendor, ``subject_body`` its body, which sees it as it sees the case.
    ``key`` tells causes of one light apart that stand beside each other: the event; empty for months in a row.
    ``colour`` is the gravest so far; ``since`` and ``through`` the first and last month it speaks of; ``came_on`` the
    first day on which it could be known; ``held_on`` the day from which its release condition holds. ``content`` is
    what the light last said, ``run`` and ``book`` where that comes from. ``outcome`` is the final state of its case.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "subject_body", "party_sees")

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="alert")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    institution_id = models.CharField(max_length=40)
    subject_body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    party_sees = models.BooleanField(default=False)
    light = models.CharField(max_length=80, blank=True)
    cause = models.CharField(max_length=20)
    key = models.CharField(max_length=255, blank=True)
    colour = models.CharField(max_length=10, blank=True)
    since = models.DateField()
    through = models.DateField()
    came_on = models.DateField()
    held_on = models.DateField(null=True)
    content = models.JSONField(default=dict)
    run = models.CharField(max_length=80, blank=True)
    book = models.CharField(max_length=64, blank=True)
    updated_at = models.DateTimeField()
    outcome = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ("-came_on", "-pk")
        indexes = (models.Index(fields=("institution_id", "outcome")),)
        constraints = (
            models.UniqueConstraint(
                fields=("body", "light", "institution_id", "key"),
                condition=Q(outcome="") & ~Q(light=""),
                name="one_open_alert_per_cause",
            ),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.light} {self.colour}"


class Evaluation(models.Model):
    """That the lights of a rule book were judged on a run, so that each is judged once."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    run = models.CharField(max_length=80)
    book = models.CharField(max_length=64)
    as_of = models.DateField()
    lit = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        ordering = ("-at", "-pk")
        constraints = (models.UniqueConstraint(fields=("body", "run", "book"), name="evaluated_once"),)

    def __str__(self) -> str:
        return f"{self.run} {self.lit}"
