"""What agreements and prices ask of people, as rows of the inbox: each that ends soon, each price to be filed anew."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.db.models import DateField, Exists, ExpressionWrapper, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.agreements import library, queries, reviewing
from zhunsheng.casework.agreements.models import Agreement, PriceReview
from zhunsheng.casework.agreements.states import SIGNED
from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.ratings import library as ratings
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.watch import served

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


def refiling(asker: Asker) -> QuerySet[Any]:
    """Return the prices to be filed anew, for the vendor's office and the officers of the consortia that it serves."""
    whose = served(asker)
    found = PriceReview.objects.filter(whose or Q(), settled_on=None)
    shown = asker.scope.rows(found if whose is not None else found.none())
    days = timedelta(days=ratings.incentives().enforcement.refile_days)
    last = ExpressionWrapper(F("found_on") + days, output_field=DateField())
    return shown_as(shown.annotate(last_day=last), "price_review", number="item_code", place="institution_id",
                    due="last_day")  # fmt: skip


def tell_refiling(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell prices to be filed anew as tasks."""
    own = asker.user.body is not None and asker.user.body.kind == BodyKind.VENDOR
    return [
        Task(
            source="price_review",
            key=one.pk,
            kind=_("价格重新备案"),
            number=one.item_code,
            title=_("现为公立医院均价的 %(ratio)s，高于上限 %(percent)s%%，须重新备案")
            % {"ratio": one.ratio, "percent": one.percent},
            about=f"{vendors.name_of(one.institution_id)} · {one.item_name}",
            why=_("服务机构档案"),
            due_on=reviewing.due(one),
            since=one.told_at,
            sender="",
            address="/portal/prices" if own else f"/prices?vendor={one.institution_id}",
        )
        for one in asker.scope.rows(PriceReview.objects.filter(pk__in=keys))
    ]


REFILING = Source("price_review", lambda: {"price_review": _("价格重新备案")}, refiling, tell_refiling)
SOURCE = Source("agreements", lambda: {"agreements": _("合同到期")}, ending, tell_ending)
