"""Document, the counter of its numbers, and the failures of checking a code."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.cases.states import AT_TABLE
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.reports.model import Paper

_USER: dict[str, Any] = {"null": True, "on_delete": models.PROTECT, "related_name": "+"}


class DocumentCounter(models.Model):
    """The last number that a body gave to a kind of document in a year."""

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    year = models.PositiveIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("body", "kind", "year"), name="one_document_counter"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.year} {self.last}"


class Document(models.Model):
    """A document of a step of a case. Once issued, the database refuses to change what it says.

    ``paper`` is the content, from which a draft is set; of an issued one the files are kept by digest. ``served``: whom
    the case is about may download it. ``drafted_for``, ``issued_for``: whose delegated duty it was done in.
    ``code_digest`` is the SHA-256 of the verification code, which only the files carry. ``evidence`` is the row of the
    outbox that says it was issued, or drafted while it is a draft.
    """

    SCOPE_PATH: ClassVar[str] = "body"
    SCOPE_PARTY: ClassVar[tuple[str, str, str]] = ("institution_id", "subject_body", "served")
    SCOPE_TABLE: ClassVar[dict[str, Any]] = {"case__cycle__in": AT_TABLE}

    case = models.ForeignKey("cases.Case", on_delete=models.PROTECT, related_name="documents")
    event = models.ForeignKey("cases.CaseEvent", on_delete=models.PROTECT, related_name="documents")
    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="documents")
    institution_id = models.CharField(max_length=40, blank=True)
    subject_body = models.ForeignKey("bodies.Body", null=True, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    title = models.CharField(max_length=60)
    title_en = models.CharField(max_length=80)
    state = models.CharField(max_length=10, choices=DocumentState.choices, default=DocumentState.DRAFT)
    two_person = models.BooleanField()
    party = models.BooleanField()
    served = models.BooleanField(default=False)
    asked = models.JSONField(default=dict)
    paper = models.JSONField()
    template_digest = models.CharField(max_length=64)
    cycle_digest = models.CharField(max_length=64)
    book_digest = models.CharField(max_length=64, blank=True)
    year = models.PositiveIntegerField(null=True)
    sequence = models.PositiveIntegerField(null=True)
    number = models.CharField(max_length=80, blank=True)
    content_digest = models.CharField(max_length=64, blank=True)
    pdf_digest = models.CharField(max_length=64, blank=True)
    docx_digest = models.CharField(max_length=64, blank=True)
    code_digest = models.CharField(max_length=64, blank=True)
    replaces = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="replaced_by")
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    drafted_for = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    drafted_at = models.DateTimeField()
    issued_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    issued_for = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    issued_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, **_USER)
    ended_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True)
    evidence = models.BigIntegerField()

    class Meta:
        ordering = ("-drafted_at", "-pk")
        indexes = (models.Index(fields=("kind", "state")), models.Index(fields=("code_digest",)))
        constraints = (
            models.UniqueConstraint(
                fields=("body", "kind", "year", "sequence"),
                condition=Q(sequence__isnull=False),
                name="document_number_once",
            ),
            models.UniqueConstraint(fields=("code_digest",), condition=~Q(code_digest=""), name="document_code_once"),
        )

    def __str__(self) -> str:
        return self.number or f"{self.title} {self.pk}"

    @property
    def content(self) -> Paper:
        """The content as renderers take it."""
        return Paper.model_validate(self.paper)


class CheckFailure(models.Model):
    """One code that was tried and is none. The address is kept as a keyed digest only."""

    address_key = models.CharField(max_length=32)
    at = models.DateTimeField()

    class Meta:
        indexes = (models.Index(fields=("address_key", "at")),)

    def __str__(self) -> str:
        return f"{self.address_key} {self.at}"
