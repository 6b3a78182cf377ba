"""EvidenceOutbox: append-only rows from which the evidence log is made."""

from __future__ import annotations

from typing import Any, ClassVar, NoReturn

from django.db import models


class Unchangeable(Exception):
    """Someone tried to change or delete evidence."""


class AppendOnly(models.QuerySet["EvidenceOutbox"]):
    """A queryset that reads and adds, and refuses everything else."""

    def update(self, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise Unchangeable("evidence rows are never changed")

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise Unchangeable("evidence rows are never changed")

    def delete(self) -> NoReturn:
        """Refuse."""
        raise Unchangeable("evidence rows are never deleted")


class EvidenceOutbox(models.Model):
    """One thing that was done. No foreign keys: evidence outlives what it speaks of."""

    SCOPE_PATH: ClassVar[str] = "body"

    sequence = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=64)
    actor = models.CharField(max_length=64)
    body = models.CharField(max_length=64, blank=True)
    subject = models.CharField(max_length=200)
    payload = models.TextField()
    digest = models.CharField(max_length=64)
    at = models.DateTimeField()

    objects = AppendOnly.as_manager()

    class Meta:
        default_manager_name = "objects"
        base_manager_name = "objects"
        ordering = ("sequence",)
        indexes = (models.Index(fields=("subject", "sequence")), models.Index(fields=("kind", "sequence")))

    def __str__(self) -> str:
        return f"{self.sequence} {self.kind} {self.subject}"

    def save_base(self, *args: Any, **kwargs: Any) -> None:
        """Add the row; a row that exists is refused."""
        if not self._state.adding:
            raise Unchangeable("evidence rows are never changed")
        super().save_base(*args, **{**kwargs, "force_insert": (EvidenceOutbox,)})

    def delete(self, *_args: Any, **_kwargs: Any) -> NoReturn:
        """Refuse."""
        raise Unchangeable("evidence rows are never deleted")
