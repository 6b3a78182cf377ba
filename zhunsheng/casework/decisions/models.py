"""Decision: what a person decided on a finding; RuleAnswer: what the author of a rule answers to an overturning.

The finding is named by its id, which is the same in every run.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.decisions.states import Outcome


class Decision(models.Model):
    """A decision with what stood in the finding when it was made. A withdrawn one stays as a row.

    ``month`` is that of the service (YYYY-MM), ``amount_fen`` the amount at stake, ``rule_digest`` the version of the
    rule that had found it. ``cause`` names why it was overturned, ``case`` the case by which it was decided.
    """

    SCOPE_PATH: ClassVar[str] = "institution_id"
    SCOPE_GRANT: ClassVar[str] = "findings"

    finding_id = models.CharField(max_length=20)
    rule_id = models.CharField(max_length=120)
    rule_digest = models.CharField(max_length=64)
    run_id = models.CharField(max_length=80)
    institution_id = models.CharField(max_length=40)
    month = models.CharField(max_length=7)
    amount_fen = models.BigIntegerField()
    outcome = models.CharField(max_length=12, choices=[(one.value, one.value) for one in Outcome])
    cause = models.CharField(max_length=40, blank=True)
    reason = models.TextField(blank=True)
    case = models.ForeignKey("cases.Case", null=True, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-decided_at", "-pk")
        indexes = (models.Index(fields=("rule_id", "decided_at")),)
        constraints = (
            models.UniqueConstraint(
                fields=("finding_id",), condition=Q(withdrawn_at=None), name="one_standing_decision"
            ),
        )

    def __str__(self) -> str:
        return f"{self.finding_id} {self.outcome}"


class RuleAnswer(models.Model):
    """What the author of a rule answers to an overturned finding; the latest counts, earlier ones stay."""

    SCOPE_PATH: ClassVar[str] = "decision__institution_id"

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="answers")
    answer = models.CharField(max_length=40)
    text = models.TextField()
    answered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ("decision", "pk")

    def __str__(self) -> str:
        return f"{self.decision_id} {self.answer}"
