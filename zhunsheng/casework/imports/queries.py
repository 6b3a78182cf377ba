"""Reads of imports, in scope."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.imports.models import Import


def imports(scope: Scope) -> QuerySet[Import]:
    """Return the imports in view, newest first."""
    return scope.rows(Import.objects.select_related("created_by", "body", "job")).prefetch_related("files")


def one(scope: Scope, pk: int) -> Import | None:
    """Return an import in view, or None."""
    return imports(scope).filter(pk=pk).first()
