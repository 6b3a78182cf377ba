"""Job and Worker."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.jobs.states import JobState


class Job(models.Model):
    """One piece of work. ``token`` names the attempt that holds it: who lost the lease can no longer finish."""

    SCOPE_PATH: ClassVar[str] = "body"

    kind = models.CharField(max_length=40)
    arguments = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    attempts = models.PositiveIntegerField(default=0)
    token = models.CharField(max_length=32, blank=True)
    worker = models.CharField(max_length=80, blank=True)
    lease_until = models.DateTimeField(null=True)
    step = models.CharField(max_length=80, blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    result = models.JSONField(null=True)
    problem = models.JSONField(null=True)
    request = models.CharField(max_length=36, blank=True, help_text="id of the request that asked, as in the log")
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("pk",)
        indexes = (models.Index(fields=("state", "id")),)

    def __str__(self) -> str:
        return f"{self.pk} {self.kind} {self.state}"

    @property
    def percent(self) -> int | None:
        """Share done in percent, or None while the whole is not known."""
        return min(100, self.done * 100 // self.total) if self.total else None


class Worker(models.Model):
    """A worker process and when it last gave a sign of life."""

    name = models.CharField(max_length=80, primary_key=True)
    started_at = models.DateTimeField()
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.name
