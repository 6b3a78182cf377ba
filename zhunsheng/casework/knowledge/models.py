"""Upload: workbooks of knowledge points that one person brought in together."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.knowledge.states import UploadState


class Upload(models.Model):
    """Workbooks, what the person stated of their batch, and the plan that was shown.

    ``files`` lists name, digest and size; the bytes lie in the inbox. ``plan_digest`` names the whole plan, of which
    ``report`` keeps the beginning of each list's differences.
    """

    SCOPE_PATH: ClassVar[str] = "body"

    state = models.CharField(max_length=10, choices=UploadState.choices, default=UploadState.CHECKED)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    files = models.JSONField()
    batch = models.CharField(max_length=61, blank=True)
    citation = models.CharField(max_length=300, blank=True)
    valid_from = models.DateField(null=True)
    report = models.JSONField()
    plan_digest = models.CharField(max_length=64)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    removed = models.BooleanField(default=False)
    book_digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(state="checked", decided_by__isnull=True, decided_at__isnull=True)
                | (~models.Q(state="checked") & models.Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="upload_decided_by_and_at",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"
