"""Reads of uploads, in scope."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.knowledge.models import Upload


def uploads(scope: Scope) -> QuerySet[Upload]:
    """Return the uploads in view, newest first."""
    return scope.rows(Upload.objects.select_related("created_by", "decided_by", "body"))


def one(scope: Scope, pk: int) -> Upload | None:
    """Return an upload in view, or None."""
    return uploads(scope).filter(pk=pk).first()
