"""Reads of uploads, in scope."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.knowledge.models import Upload
from zhunsheng.casework.knowledge.states import UploadState


def uploads(scope: Scope) -> QuerySet[Upload]:
    """Return the uploads in view, newest first."""
    return scope.rows(Upload.objects.select_related("created_by", "decided_by", "body"))


def one(scope: Scope, pk: int) -> Upload | None:
    """Return an upload in view, or None."""
    return uploads(scope).filter(pk=pk).first()


def asked(asker: Asker) -> QuerySet[Any]:
    """Return the uploads of the reader's body that wait to be confirmed or left out, as rows of the inbox."""
    found = uploads(asker.scope).filter(state=UploadState.CHECKED, body=asker.user.body_id)
    return shown_as(found if Verb.LOAD_KNOWLEDGE in asker.verbs else found.none(), "knowledge")


def tasks(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell uploads as tasks."""
    return [
        Task(
            source="knowledge",
            key=one.pk,
            kind=_("工作簿"),
            number=str(one.pk),
            title=_("确认或放弃工作簿"),
            about="、".join(str(file["name"]) for file in one.files)[:80],
            why=_("分析员"),
            due_on=None,
            since=one.created_at,
            sender=one.created_by.display_name,
            address=f"/workbooks/{one.pk}",
        )
        for one in uploads(asker.scope).filter(pk__in=keys)
    ]


SOURCE = Source("knowledge", lambda: {"knowledge": _("工作簿")}, asked, tasks)
