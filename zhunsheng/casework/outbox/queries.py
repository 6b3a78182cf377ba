"""Reads of the evidence outbox."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.outbox.models import EvidenceOutbox


def evidence_of(scope: Scope, subject: str) -> QuerySet[EvidenceOutbox]:
    """Return the evidence on a subject that the reader's scope holds, oldest first."""
    return scope.rows(EvidenceOutbox.objects.filter(subject=subject))
