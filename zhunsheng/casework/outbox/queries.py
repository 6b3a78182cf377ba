"""Reads of the evidence outbox."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.outbox.models import EvidenceOutbox


def evidence_of(scope: Scope, subject: str) -> QuerySet[EvidenceOutbox]:
    """Return the evidence on a subject that the reader's scope holds, oldest first."""
    return scope.rows(EvidenceOutbox.objects.filter(subject=subject))


def recorded_subjects(kind: str) -> set[str]:
    """Return the subjects that have evidence of a kind. For the site's own book-keeping: it shows nobody a row."""
    return set(EvidenceOutbox.objects.filter(kind=kind).values_list("subject", flat=True))
