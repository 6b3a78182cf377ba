"""Mark, Note, NoteVersion, SavedView. Findings are named by their id, which is the same in every run."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class Owned(models.Model):
    """What a user made within a body: the user's own, or shared with everyone in the body."""

    SCOPE_PATH: ClassVar[str] = "body"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    shared = models.BooleanField()
    made_at = models.DateTimeField()

    class Meta:
        abstract = True


class Mark(Owned):
    """A finding set aside for work. A lifted mark stays as a row; marking again adds another."""

    finding_id = models.CharField(max_length=20)
    institution_id = models.CharField(max_length=40)
    lifted_at = models.DateTimeField(null=True)
    lifted_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-made_at", "-pk")
        indexes = (models.Index(fields=("body", "finding_id")),)
        constraints = (
            models.UniqueConstraint(
                fields=("finding_id", "owner", "body"), condition=Q(shared=False, lifted_at=None), name="one_own_mark"
            ),
            models.UniqueConstraint(
                fields=("finding_id", "body"), condition=Q(shared=True, lifted_at=None), name="one_shared_mark"
            ),
        )

    def __str__(self) -> str:
        return self.finding_id


class Note(Owned):
    """What someone wrote down on a finding; the words stand in its versions."""

    finding_id = models.CharField(max_length=20)
    institution_id = models.CharField(max_length=40)

    class Meta:
        ordering = ("made_at", "pk")
        indexes = (models.Index(fields=("body", "finding_id")),)

    def __str__(self) -> str:
        return f"{self.finding_id} {self.pk}"

    @property
    def latest(self) -> NoteVersion:
        """The version that counts."""
        return list(self.versions.all())[-1]

    @property
    def past(self) -> list[NoteVersion]:
        """The versions before it, oldest first."""
        return list(self.versions.all())[:-1]


class NoteVersion(models.Model):
    """The words of a note as they were written once; a correction is a further version."""

    note = models.ForeignKey(Note, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    text = models.TextField()
    written_at = models.DateTimeField()

    class Meta:
        ordering = ("note", "number")
        constraints = (models.UniqueConstraint(fields=("note", "number"), name="note_version_once"),)

    def __str__(self) -> str:
        return f"{self.note_id} {self.number}"


class SavedView(Owned):
    """A page with its filter and columns under a name. ``query`` is the part of the address after the mark."""

    name = models.CharField(max_length=60)
    page = models.CharField(max_length=20)
    query = models.CharField(max_length=1000, blank=True)
    deleted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("name", "pk")

    def __str__(self) -> str:
        return self.name
