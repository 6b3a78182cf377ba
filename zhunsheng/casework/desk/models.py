"""ApiKey, Reminder, Response, AskCount, and how far the journal has been taken over."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class ApiKey(models.Model):
    """A key by which an institution's system asks. The secret is shown once; its digest is kept."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    hint = models.CharField(max_length=8)
    digest = models.CharField(max_length=64, unique=True)
    per_minute = models.PositiveIntegerField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    revoked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-made_at", "-pk")

    def __str__(self) -> str:
        return self.name

    @property
    def actor_key(self) -> str:
        """How evidence names this key."""
        return f"key:{self.pk}"

    @property
    def body_key(self) -> str:
        """How evidence names the institution of this key."""
        return str(self.body_id)


class Reminder(models.Model):
    """One finding that the desk told someone, before a run could find it. Named like the finding of a run."""

    SCOPE_PATH: ClassVar[str] = "body"

    reminder_id = models.CharField(max_length=40, unique=True)
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    person_id = models.CharField(max_length=20)
    encounter_id = models.CharField(max_length=64)
    finding_id = models.CharField(max_length=20)
    rule_id = models.CharField(max_length=80)
    subject_key = models.CharField(max_length=400)
    verdict = models.CharField(max_length=12)
    moment = models.CharField(max_length=8)
    amount_fen = models.BigIntegerField()
    book_digest = models.CharField(max_length=64)
    told_at = models.DateTimeField()

    class Meta:
        ordering = ("-told_at", "-pk")
        indexes = (models.Index(fields=("body", "-told_at")), models.Index(fields=("finding_id",)))

    def __str__(self) -> str:
        return self.reminder_id


class ResponseKind(models.TextChoices):
    """What a doctor did about a reminder."""

    CHANGED = "changed", _("已修改")
    JUSTIFIED = "justified", _("说明原因后继续")


class Response(models.Model):
    """What was answered to a reminder. A further answer is a further row."""

    SCOPE_PATH: ClassVar[str] = "reminder__body"

    reminder = models.ForeignKey(Reminder, on_delete=models.PROTECT, related_name="responses")
    kind = models.CharField(max_length=10, choices=ResponseKind.choices)
    reason = models.TextField(blank=True)
    key = models.ForeignKey(ApiKey, null=True, on_delete=models.PROTECT, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    clerk = models.CharField(
        max_length=64, blank=True, help_text="who answered, by the institution's own name for them"
    )
    given_at = models.DateTimeField()

    class Meta:
        ordering = ("given_at", "pk")
        constraints = (
            models.CheckConstraint(
                condition=~Q(kind=ResponseKind.JUSTIFIED) | ~Q(reason=""), name="justified_states_a_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reminder_id} {self.kind}"


class AskCount(models.Model):
    """How often an institution asked on a day, and how often rules came too late to be judged."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    moment = models.CharField(max_length=8)
    asks = models.PositiveBigIntegerField()
    reminders = models.PositiveBigIntegerField()
    late = models.PositiveBigIntegerField()

    class Meta:
        ordering = ("-day",)
        constraints = (models.UniqueConstraint(fields=("body", "day", "moment"), name="ask_count_once"),)

    def __str__(self) -> str:
        return f"{self.body_id} {self.day} {self.moment}"


class JournalPosition(models.Model):
    """Up to which byte a journal file has been taken over: written in the transaction that took it over."""

    name = models.CharField(max_length=80, primary_key=True)
    offset = models.PositiveBigIntegerField()

    def __str__(self) -> str:
        return self.name
