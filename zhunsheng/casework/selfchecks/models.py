"""SelfMark and SelfReport."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.selfchecks.states import Answer

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class SelfMark(models.Model):
    """What an institution says of a finding within a self-check; a later row replaces it and both stay."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="self_marks")
    institution_id = models.CharField(max_length=40)
    finding_id = models.CharField(max_length=20)
    answer = models.CharField(max_length=12, choices=Answer.choices)
    reason = models.CharField(max_length=500, blank=True)
    amount_fen = models.BigIntegerField()
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    told_at = models.DateTimeField()

    class Meta:
        ordering = ("case", "pk")
        indexes = (models.Index(fields=("case", "finding_id")),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.finding_id} {self.answer}"


class SelfReport(models.Model):
    """A finding that an institution reported on itself, from a day on; withdrawn where a later report left it out."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="self_reports")
    institution_id = models.CharField(max_length=40)
    finding_id = models.CharField(max_length=20)
    amount_fen = models.BigIntegerField()
    reported_on = models.DateField()
    withdrawn_on = models.DateField(null=True)

    class Meta:
        ordering = ("case", "finding_id")
        indexes = (models.Index(fields=("finding_id",)),)
        constraints = (models.UniqueConstraint(fields=("case", "finding_id"), name="self_report_once"),)

    def __str__(self) -> str:
        return f"{self.case_id} {self.finding_id}"
