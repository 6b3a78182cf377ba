"""What the file of a vendor asks of people, as rows of the inbox: papers that end or wait for a check, training short.

Asked are the vendor's own office and the officers of the consortia that it serves; each paper and each person is one
task, read live, so that it is gone with the deed that settles it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case, DateField, Q, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from zhunsheng.casework.bodies.models import BodyKind, DutyName
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.inbox.offers import Asker, Source, Task, shown_as
from zhunsheng.casework.vendors import hours, library, queries
from zhunsheng.casework.vendors.models import VendorPaper, VendorPerson
from zhunsheng.casework.vendors.policies import KEEPERS
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.kernel.time import OPEN_END, SHANGHAI

OWN = frozenset({DutyName.HEAD, DutyName.OFFICE})


def served(asker: Asker) -> Q | None:
    """Return which vendors' files a reader looks after, as a condition on their rows; None for nobody's."""
    body = asker.user.body
    duties = duties_held(asker.user) if body else frozenset()
    if body is None or not duties & (OWN if body.kind == BodyKind.VENDOR else KEEPERS):
        return None
    lines = queries.lines(asker.scope).exclude(state__in=OVER)
    if body.kind == BodyKind.VENDOR:
        return Q(institution_id=body.institution_code, institution_id__in=lines.values("institution_id"))
    if body.kind == BodyKind.CONSORTIUM:
        return Q(institution_id__in=lines.filter(body=body).values("institution_id"))
    return None


def ending(asker: Asker) -> QuerySet[Any]:
    """Return the papers that end within the furthest warning, or have ended, each with its last day."""
    whose = served(asker)
    if whose is None:
        return _papers(VendorPaper.objects.none())
    ends = _ends(asker, whose)
    days = [When(pk__in=pks, then=Value(day)) for day, pks in ends.items()]
    found = VendorPaper.objects.filter(pk__in=[pk for pks in ends.values() for pk in pks])
    due = Case(*days, default=Value(OPEN_END), output_field=DateField()) if days else Value(OPEN_END, DateField())
    return _papers(asker.scope.rows(found).annotate(last_day=due), due="last_day")


def _papers(found: QuerySet[Any], due: str = "") -> QuerySet[Any]:
    return shown_as(found, "vendor_papers", number="number", place="institution_id", due=due)


def _ends(asker: Asker, whose: Q) -> dict[date, list[int]]:
    """Return the papers by their last day. Only kinds of which one ends soon are read in full."""
    limit = asker.day + timedelta(days=max(library.kinds().watch))
    aged = {name: one.valid_days for name, one in library.kinds().documents.items() if one.valid_days}
    soon = Q(valid_to__lte=limit)
    for name, days in aged.items():
        soon |= Q(kind=name, valid_from__lte=limit - timedelta(days=days))
    accepted = asker.scope.rows(VendorPaper.objects.filter(whose, accepted=True))
    touched = accepted.filter(soon).order_by().values("institution_id", "kind")
    pairs = {(one["institution_id"], one["kind"]) for one in touched}
    found: dict[date, list[int]] = defaultdict(list)
    if pairs:
        codes, kinds = {code for code, _kind in pairs}, {kind for _code, kind in pairs}
        for one in queries.expiries(accepted.filter(institution_id__in=codes, kind__in=kinds), asker.day):
            if one.ends_on <= limit:
                found[one.ends_on - timedelta(days=1)].append(one.paper.pk)
    return found


def tell_ending(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell papers that end as tasks."""
    papers = list(queries.papers(asker.scope).filter(pk__in=keys))
    ends = {one.paper.pk: one for one in queries.expiries(papers, asker.day)}
    return [
        Task(
            source="vendor_papers",
            key=one.pk,
            kind=KINDS["vendor_papers"],
            number=one.number,
            title=_("已到期，须更新证照") if ends[one.pk].left <= 0 else _("更新将要到期的证照"),
            about=f"{one.vendor.name} · {_name(one.kind)}",
            why=_("服务机构档案"),
            due_on=ends[one.pk].ends_on - timedelta(days=1),
            since=one.told_at,
            sender="",
            address=f"/vendors/{one.institution_id}",
        )
        for one in papers
        if one.pk in ends
    ]


def _name(kind: str) -> str:
    document = library.kinds().documents.get(kind)
    return named(document) if document else kind


def unchecked(asker: Asker) -> QuerySet[Any]:
    """Return the papers that wait for another person of the consortium to compare them with the original."""
    whose, body = served(asker), asker.user.body
    may = whose is not None and body is not None and body.kind == BodyKind.CONSORTIUM
    waiting = VendorPaper.objects.filter(whose or Q(), accepted=None).exclude(told_by=asker.user)
    found = asker.scope.rows(waiting) if may else waiting.none()
    return shown_as(found, "vendor_checks", number="number", place="institution_id")


def tell_unchecked(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell papers that wait for a check as tasks."""
    return [
        Task(
            source="vendor_checks",
            key=one.pk,
            kind=KINDS["vendor_checks"],
            number=one.number,
            title=_("核验证照"),
            about=f"{one.vendor.name} · {_name(one.kind)}",
            why=_("非录入人"),
            due_on=None,
            since=one.told_at,
            sender=one.told_by.display_name,
            address=f"/vendors/{one.institution_id}",
        )
        for one in queries.papers(asker.scope).filter(pk__in=keys)
    ]


def untrained(asker: Asker) -> QuerySet[Any]:
    """Return the people whose hours of training of this year fall short, once the year comes to its end."""
    whose, last = served(asker), date(asker.day.year, 12, 31)
    if whose is None or (last - asker.day).days > max(library.kinds().watch):
        return _people(VendorPerson.objects.none(), last)
    present = VendorPerson.objects.filter(whose, valid_from__lte=asker.day).filter(
        Q(valid_to=None) | Q(valid_to__gt=asker.day)
    )
    people, least = list(asker.scope.rows(present)), library.kinds().training.hours
    facts = hours.counted(asker.scope, [one.institution_id for one in people], asker.day)
    short = [one.pk for one in people if hours.known(one, facts, asker.day) < least]
    return _people(asker.scope.rows(VendorPerson.objects.filter(pk__in=short)), last)


def _people(found: QuerySet[Any], last: date) -> QuerySet[Any]:
    told = found.annotate(last_day=Value(last, DateField()))
    return shown_as(told, "vendor_training", number="practitioner_id", place="institution_id", due="last_day")


def tell_untrained(asker: Asker, keys: Sequence[int]) -> list[Task]:
    """Tell people whose training falls short as tasks; nothing recorded counts as nothing trained."""
    day, asked = asker.day, library.kinds().training.hours
    people = list(asker.scope.rows(VendorPerson.objects.filter(pk__in=keys).select_related("vendor")))
    facts = hours.counted(asker.scope, [one.institution_id for one in people], day)
    return [
        Task(
            source="vendor_training",
            key=one.pk,
            kind=KINDS["vendor_training"],
            number=one.practitioner_id,
            title=_("本年培训 %(have)s 学时，须满 %(asked)s 学时")
            % {"have": hours.known(one, facts, day), "asked": asked},
            about=f"{one.vendor.name} · {one.name}",
            why=_("服务机构档案"),
            due_on=date(day.year, 12, 31),
            since=datetime.combine(date(day.year, 1, 1), time(), SHANGHAI),
            sender="",
            address=f"/vendors/{one.institution_id}",
        )
        for one in people
    ]


KINDS = {
    "vendor_papers": _("证照到期"),
    "vendor_checks": _("证照核验"),
    "vendor_training": _("人员培训"),
}
SOURCES = (
    Source("vendor_papers", lambda: {"vendor_papers": KINDS["vendor_papers"]}, ending, tell_ending),
    Source("vendor_checks", lambda: {"vendor_checks": KINDS["vendor_checks"]}, unchecked, tell_unchecked),
    Source("vendor_training", lambda: {"vendor_training": KINDS["vendor_training"]}, untrained, tell_untrained),
)
