"""What agreements ask of people, as rows of the inbox: each that ends soon and has no successor, to both sides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.agreements import library, queries
from zhunsheng.casework.agreements.models import Agreement
from zhunsheng.casework.agreements.states import SIGNED
from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as

PARTY = frozenset({DutyName.HEAD, DutyName.OFFICE})
OFFICE = PARTY | {DutyName.HANDLER, DutyName.REVIEWER}


def ending(asker: Asker) -> QuerySet[Any]:
    """Return the agreements that end within the days of the rule book and that no later one takes over from."""
    body = asker.user.body
    limit = asker.day + timedelta(days=library.clauses().expiring_days.days)
    later = Agreement.objects.filter(
        body=OuterRef("body"),
        institution_id=OuterRef("institution_id"),
        kind=OuterRef("kind"),
        state__in=sorted(SIGNED),
        valid_to__gt=OuterRef("valid_to"),
    )
    found = Agreement.objects.filter(state__in=sorted(SIGNED), valid_to__lte=limit).exclude(Exists(later))
    if body is None or not duties_held(asker.user) & (PARTY if body.kind == BodyKind.VENDOR else OFFICE):
        found = found.none()
    elif body.kind == BodyKind.VENDOR:
        found = asker.scope.rows(found.filter(institution_id=body.institution_code, shown=True))
    else:
        found = asker.scope.rows(found.filter(body=body))
    return shown_as(found, "agreements", number="case__number", place="institution_id", due="valid_to")


def tell_ending(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell agreements that end as tasks."""
    return [
        Task(
            source="agreements",
            key=one.pk,
            kind=_("合同到期"),
            number=one.case.number,
            title=_("合同已期满，须续签或办结") if one.valid_to <= asker.day else _("合同将要期满，须决定是否续签"),
            about=f"{one.vendor.name} · {one.title}",
            why=_("合同双方"),
            due_on=one.valid_to,
            since=one.case.opened_at,
            sender="",
            address=f"/agreements/{one.pk}",
        )
        for one in queries.agreements(asker.scope).filter(pk__in=keys)
        if one.valid_to is not None
    ]


SOURCE = Source("agreements", lambda: {"agreements": _("合同到期")}, ending, tell_ending)
