"""PeriodReport."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models

_BODY: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class PeriodReport(models.Model):
    """A periodic report with its case. ``until_on`` is the first day after the period.

    ``body`` writes it, ``receiver`` reads it once it is submitted (``shown``); ``institution_id`` is the vendor that a
    white paper is about, empty for a report on many. ``content`` holds the figures as they were frozen, ``digest``
    names them, ``run`` is where they come from; what was frozen earlier stays with its step as digest.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "receiver", "shown")
    SCOPE_DRAFT: ClassVar[dict[str, Any]] = {"shown": False}

    case = models.OneToOneField("cases.Case", on_delete=models.PROTECT, related_name="period_report")
    body = models.ForeignKey("bodies.Body", **_BODY)
    receiver = models.ForeignKey("bodies.Body", null=True, **_BODY)
    institution_id = models.CharField(max_length=40, blank=True)
    shown = models.BooleanField(default=False)
    kind = models.CharField(max_length=40, help_text="the life-cycle")
    from_on = models.DateField()
    until_on = models.DateField()
    content = models.JSONField(default=dict)
    digest = models.CharField(max_length=64, blank=True)
    run = models.CharField(max_length=80, blank=True)
    frozen_at = models.DateTimeField(null=True)
    published_on = models.DateField(null=True)

    class Meta:
        ordering = ("-from_on", "-pk")
        indexes = (models.Index(fields=("kind", "until_on")), models.Index(fields=("institution_id",)))
        constraints = (
            models.UniqueConstraint(fields=("body", "receiver", "kind", "from_on"), name="report_once_per_period"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.from_on}"
