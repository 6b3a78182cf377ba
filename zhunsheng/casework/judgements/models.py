"""RunRecord: a run as the site knows it. What the run found lies in its serving file."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class RunRecord(models.Model):
    """A run that a person started from the site, with the digest of its manifest."""

    SCOPE_PATH: ClassVar[str] = "body"

    run_id = models.CharField(max_length=80, unique=True)
    as_of = models.DateField()
    manifest_digest = models.CharField(max_length=64)
    started_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        ordering = ("-recorded_at",)

    def __str__(self) -> str:
        return self.run_id
