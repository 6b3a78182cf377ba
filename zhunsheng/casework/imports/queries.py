"""Reads of imports, in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.imports.states import ImportState
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as


def imports(scope: Scope) -> QuerySet[Import]:
    """Return the imports in view, newest first."""
    return scope.rows(Import.objects.select_related("created_by", "body", "job")).prefetch_related("files")


def one(scope: Scope, pk: int) -> Import | None:
    """Return an import in view, or None."""
    return imports(scope).filter(pk=pk).first()


def asked(asker: Asker) -> QuerySet[Any]:
    """Return the imports of the reader's body that wait for a person, as rows of the inbox."""
    waits = (ImportState.CHECKED, ImportState.FAILED)
    found = asker.scope.rows(Import.objects.filter(state__in=waits, body=asker.user.body_id))
    return shown_as(found if Verb.IMPORT_FILES in asker.verbs else found.none(), "imports")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell imports as tasks: to be confirmed, or failed; with how many rows were refused."""
    return [_task(one) for one in imports(asker.scope).filter(pk__in=keys)]


def _task(one: Import) -> Task:
    refused = sum(int(file.get("rows_rejected") or 0) for file in (one.report or {}).get("files", ()))
    confirm = _("确认入库（有被拒行，请先看报告）") if refused else _("确认入库")
    return Task(
        source="imports",
        key=one.pk,
        kind=_("导入"),
        number=str(one.pk),
        title=_("导入未完成，请处理") if one.state == ImportState.FAILED else confirm,
        about="、".join(file.name for file in one.files.all())[:80],
        why=_("数据员"),
        due_on=None,
        since=one.created_at,
        sender=one.created_by.display_name,
        address=f"/imports/{one.pk}",
    )


SOURCE = Source("imports", lambda: {"imports": _("导入")}, asked, tasks)
