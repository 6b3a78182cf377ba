"""Reads of alerts, scoped, worst first; and what people have settled, for the next evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Case as Choose
from django.db.models import Count, QuerySet, Value, When

from zhunsheng.book.lights import COLOURS, opening_survey
from zhunsheng.casework.alerts import library
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope

#: The gravest first; one that is raised by hand and not graded yet stands before blue.
_RANK = Choose(*(When(colour=name, then=Value(rank)) for rank, name in enumerate(COLOURS)), default=Value(1))


def settled(body: Body) -> tuple[dict[tuple[str, str], date], frozenset[str]]:
    """Return the last month that people have settled by light and vendor, and the causes found not to hold.

    Where a light has several matters beside each other, the vendor's name is followed by that of the matter.
    """
    through: dict[tuple[str, str], date] = {}
    dismissed = set()
    for one in Alert.objects.filter(body=body).exclude(outcome="").exclude(light=""):
        key = (one.light, f"{one.institution_id}|{one.key}" if one.key else one.institution_id)
        through[key] = max(through.get(key, one.through), one.through)
        if one.outcome == "dismissed":
            dismissed.add(one.cause)
    return through, frozenset(dismissed)


def alerts(scope: Scope, *, colour: str = "", vendor: str = "", closed: bool = False) -> QuerySet[Alert]:
    """Return the alerts in view, the gravest first, of one colour the latest: open ones, or those that are over."""
    found = scope.rows(Alert.objects.all()).select_related("case", "case__bound", "body")
    found = found.exclude(outcome="") if closed else found.filter(outcome="")
    if colour:
        found = found.filter(colour=colour)
    if vendor:
        found = found.filter(institution_id=vendor)
    return found.order_by(_RANK.desc(), "-came_on", "-pk")


def counted(scope: Scope) -> dict[str, int]:
    """Return how many open alerts in view have each colour."""
    grouped = scope.rows(Alert.objects.filter(outcome="")).order_by("colour").values_list("colour")
    return dict(grouped.annotate(n=Count("pk")))


def one(scope: Scope, pk: int) -> Alert | None:
    """Return an alert in view, or None."""
    return scope.rows(Alert.objects.select_related("case", "case__bound", "body")).filter(pk=pk).first()


def of_vendor(scope: Scope, vendor: str) -> QuerySet[Alert]:
    """Return all alerts in view on a vendor, the latest first."""
    return scope.rows(Alert.objects.filter(institution_id=vendor)).select_related("case").order_by("-came_on", "-pk")


def worst(scope: Scope, vendors: Iterable[str]) -> dict[str, str]:
    """Return the gravest colour that is on for each vendor that has one."""
    found: dict[str, str] = {}
    shown = scope.rows(Alert.objects.filter(outcome="", institution_id__in=list(vendors)))
    for vendor, colour in shown.values_list("institution_id", "colour"):
        if COLOURS.index(colour or "blue") > COLOURS.index(found.get(vendor, "none")):
            found[vendor] = colour or "blue"
    return found


def satisfaction(vendor: str) -> set[tuple[str, int, int]]:
    """Return what the lights on a vendor's satisfaction say: month, answers, share in 1/10000, cut; whoever asks."""
    lights = [one.id for one in opening_survey(library.lights().values())]
    told = Alert.objects.filter(institution_id=vendor, light__in=lights).values_list("content", flat=True)
    values = [(one["month"], *one["value"]) for one in told if one.get("value")]
    return {(month, of, part * 10_000 // of) for month, part, of, _unknown in values if of}


def vendors_lit(body: Body, colour: str, since: date, until: date) -> list[str]:
    """Return the vendors of alerts that came on from a day on and before another, once for each not dismissed."""
    held = Alert.objects.filter(body=body, colour=colour, came_on__gte=since, came_on__lt=until)
    return list(held.exclude(outcome="dismissed").values_list("institution_id", flat=True))


def lit_between(body: Body, vendors: Iterable[str], first: date, after: date) -> QuerySet[Alert]:
    """Return the alerts of a body on vendors that came on in a period, oldest first, those found not to hold left out.

    Asked within the wall of the site.
    """
    found = Alert.objects.filter(body=body, institution_id__in=list(vendors), came_on__gte=first, came_on__lt=after)
    return found.exclude(outcome="dismissed").select_related("case").order_by("came_on", "pk")
