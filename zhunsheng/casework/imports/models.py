"""Import and ImportFile."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from zhunsheng.casework.imports.states import ImportState


class Import(models.Model):
    """Files that one person brought in together. Reports are plain data as the reader of files gave them."""

    SCOPE_PATH: ClassVar[str] = "body"

    state = models.CharField(max_length=10, choices=ImportState.choices, default=ImportState.CHECKING)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="imports")
    created_at = models.DateTimeField()
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    job = models.ForeignKey("jobs.Job", null=True, on_delete=models.PROTECT, related_name="+")
    check_report = models.JSONField(null=True)
    load_report = models.JSONField(null=True)
    snapshot = models.CharField(max_length=40, blank=True)
    problem = models.JSONField(null=True)

    class Meta:
        ordering = ("-pk",)
        constraints = (
            models.CheckConstraint(
                condition=models.Q(confirmed_by__isnull=True, confirmed_at__isnull=True)
                | models.Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="import_confirmed_by_and_at",
            ),
        )

    def __str__(self) -> str:
        return f"{self.pk} {self.state}"

    @property
    def report(self) -> dict[str, object] | None:
        """The latest report: of loading where there is one, else of the dry run."""
        return self.load_report or self.check_report


class ImportFile(models.Model):
    """One uploaded file, kept in the inbox under its digest."""

    belongs_to = models.ForeignKey(Import, on_delete=models.CASCADE, related_name="files")
    name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64)
    size = models.BigIntegerField()

    class Meta:
        ordering = ("pk",)

    def __str__(self) -> str:
        return self.name
