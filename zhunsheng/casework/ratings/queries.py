"""Reads of ratings and period cards, scoped; what is in force on a day; and how a card would have rated history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from zhunsheng.book.scorecards import STANDINGS, Card
from zhunsheng.casework.alerts.sources import overseen, values
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.ratings.models import PeriodCard, Rating
from zhunsheng.casework.ratings.sources import Asked, rated
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.scoring.score import Scored, periods, score


def ratings(scope: Scope) -> QuerySet[Rating]:
    """Return the ratings in view, the latest period first."""
    return scope.rows(Rating.objects.select_related("card", "case", "case__bound", "body"))


def of_vendor(scope: Scope, vendor: str) -> QuerySet[Rating]:
    """Return the ratings of a vendor in view, the latest period first."""
    return ratings(scope).filter(institution_id=vendor)


def published() -> list[Rating]:
    """Return the ratings that entered into force, of every vendor and body, the latest first: public, whoever asks."""
    with walls.within(walls.SITE):
        found = Rating.objects.exclude(in_force_on=None).filter(outcome="in_force").select_related("card", "body")
        return list(found.order_by("-in_force_on", "institution_id", "-pk")[:1000])


def standing(vendor: str, body: Body, day: date) -> str:
    """Return the standing of a vendor that a body put in force last before a day; unrated without one.

    Of several cards, one for each kind of its services, the worst counts.
    """
    held_ = Rating.objects.filter(institution_id=vendor, body=body)
    return _last(held_, day).get((vendor, body.pk), "unrated")


def standings(lines: Iterable[ServiceLine], day: date) -> dict[tuple[str, int], str]:
    """Return the standing of the vendor of each line at the line's body on a day, by vendor and body: one query."""
    asked = {(one.institution_id, one.body_id) for one in lines}
    told = _last(Rating.objects.filter(institution_id__in={vendor for vendor, _body in asked}), day)
    return {pair: told.get(pair, "unrated") for pair in asked}


def _last(held_: QuerySet[Rating], day: date) -> dict[tuple[str, int], str]:
    """Return the worst of the last standings by card of each vendor and body that had one in force on a day."""
    last: dict[tuple[str, int], dict[str, str]] = {}
    in_force = held_.filter(in_force_on__lte=day, outcome="in_force").select_related("card")
    for one in in_force.order_by("-card__from_on", "-pk"):
        last.setdefault((one.institution_id, one.body_id), {}).setdefault(one.card.card, one.standing)
    rank = ("unrated", *STANDINGS).index
    return {pair: min(found.values(), key=rank) for pair, found in last.items()}


def year_standing(vendor: str, body: Body, card: str, year: int) -> str:
    """Return the worst standing in force of a year, empty where a period of a body's card is missing or unrated.

    Of other cards and other bodies what is in force counts towards the worst.
    """
    told = Rating.objects.filter(institution_id=vendor, outcome="in_force", card__from_on__year=year)
    with walls.within(walls.SITE):
        held_ = list(told.select_related("card"))
    mine = [one.card for one in held_ if one.body_id == body.pk and one.card.card == card]
    months = sum((one.until_on.year - one.from_on.year) * 12 + one.until_on.month - one.from_on.month for one in mine)
    known = {one.standing for one in held_}
    if months != 12 or "unrated" in known:
        return ""
    return min(known, key=STANDINGS.index)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Tried:
    """How a card would have rated a vendor for a past period, beside what was frozen then."""

    vendor: str
    from_on: date
    until_on: date
    scored: Scored
    frozen: str


def backtest(card: Card, body: Body, file: RunFile, since: date) -> list[Tried]:
    """Return what a card gives on the values of a run for each period that is over, oldest first."""
    seen = overseen(file, body)
    known, as_of = values(file, seen), date.fromisoformat(file.manifest["as_of"])
    frozen = {
        (one.institution_id, one.from_on): one.standing for one in PeriodCard.objects.filter(body=body, card=card.id)
    }
    found = []
    for first, after in periods(card, since, as_of):
        by_vendor = rated(card, known, Asked(body, file, seen, first, after))
        for vendor, told in by_vendor.items():
            found.append(Tried(vendor, first, after, score(card, told, first), frozen.get((vendor, first), "")))
    return found


def spread(tried: Iterable[Tried]) -> dict[date, Counter[str]]:
    """Return how many vendors have each standing, by period."""
    found: dict[date, Counter[str]] = {}
    for one in tried:
        found.setdefault(one.from_on, Counter())[one.scored.standing] += 1
    return found


def in_force_before(body: Body, vendors: Iterable[str], day: date) -> QuerySet[Rating]:
    """Return the ratings that a body put in force before a day, oldest first; for the figures of the site."""
    found = Rating.objects.filter(body=body, institution_id__in=list(vendors), outcome="in_force", in_force_on__lt=day)
    return found.select_related("case").order_by("in_force_on", "pk")
