"""Ratings: standings of vendors, one period card with the reason of every point, history, a card tried on it."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from zhunsheng.book.scorecards import STANDINGS, Card, Criterion
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.ratings import designation, library, queries
from zhunsheng.casework.ratings.actions import plain
from zhunsheng.casework.ratings.models import Rating
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.library import kinds
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.lights.reasons import percent
from zhunsheng.scoring.score import SCALE, consequences
from zhunsheng.web import subsidies
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.alerts import names

ROWS = 50
#: How an independent evaluation ended.
EVALUATED = {"passed": _("合格"), "failed": _("不合格"), "unknown": _("没有结果")}
ORDER = (*reversed(STANDINGS), "unrated")


@page(Verb.READ_CASES)
def rating_list(request: HttpRequest) -> HttpResponse:
    """List the ratings in view, the latest period first."""
    found = queries.ratings(request.scope)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    start = max(0, pages.first - 1)
    book = library.incentives()
    context = {
        "rows": [_row(one) for one in found[start : pages.last]],
        "names": names(request),
        "pages": pages,
        "order": _order(request),
        "filed": vendors.codes(request.scope),
        "book": book,
        "band_cite": book.cites[book.standings[0].cite],
        "subsidy": subsidies.panel(request.scope),
    }
    return render(request, "web/ratings.html", context)


def _order(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the lines in service as they are designated; a vendor reads its own rating and nobody's place."""
    body = request.user.body
    if body is None or body.kind == BodyKind.VENDOR:
        return []
    known = kinds()
    return [
        {"place": one, "kind": known.kind(one.line.kind), "evaluation": EVALUATED[one.evaluation]}
        for one in designation.order(request.scope, now().date())
    ]


@page(Verb.READ_CASES)
def history(request: HttpRequest, vendor: str) -> HttpResponse:
    """Show the ratings of one vendor. Raises Problem ZS701 for one without any in view."""
    found = list(queries.of_vendor(request.scope, vendor))
    if not found:
        raise Problem("ZS701")
    pages = Pages(1, max(ROWS, len(found)), len(found))
    context = {
        "rows": [_row(one) for one in found],
        "names": names(request),
        "pages": pages,
        "vendor": vendor,
        "subsidy": subsidies.panel(request.scope, vendor),
    }
    return render(request, "web/ratings.html", context)


def _row(one: Rating) -> dict[str, Any]:
    return {"rating": one, "card": one.card, "state": one.case.life.state(one.case.state)}


@page(Verb.READ_CASES)
def rating(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one rating with the reason of each point. Raises Problem ZS701 for one that is not in view."""
    found = queries.ratings(request.scope).filter(pk=pk).first()
    if found is None:
        raise Problem("ZS701")
    card = library.cards().get(found.card.card)
    due = consequences(card, found.standing, found.card.best) if card else ()
    context = {
        **_row(found),
        "book": card,
        "names": names(request),
        "lines": [why(one, card) for one in found.card.lines],
        "consequences": [one for one in card.consequences if one.id in due] if card else [],
        "held_back": _held_back(card, found) if card else False,
        "earlier": [_row(one) for one in queries.of_vendor(request.scope, found.institution_id) if one.pk != found.pk],
    }
    return render(request, "web/rating.html", context)


def _held_back(card: Card, found: Rating) -> bool:
    """Whether what the standing leads to waits because the unknown part could lift it."""
    grade = card.grade(found.standing)
    return bool(grade and grade.consequences) and not consequences(card, found.standing, found.card.best)


def why(line: dict[str, Any], card: Card | None) -> dict[str, Any]:
    """Return a line of a card as it is shown: criterion, value, step, points of how many, and on what it stands."""
    known = {one.id: one for one in card.criteria} if card else {}
    criterion = known.get(line["criterion"])
    cite = card.cites.get(line["cite"]) if card else None
    low, high = line["low"], line["high"]
    return {
        **line,
        "named": criterion,
        "shown": _shown(line["value"], criterion),
        "from": None if low is None else _figure(low, criterion),
        "to": None if high is None else _figure(high, criterion),
        "cite": cite,
    }


def _figure(number: int, criterion: Criterion | None) -> str:
    return percent(number) if criterion and criterion.indicator else str(number)


def _shown(value: list[int] | None, criterion: Criterion | None) -> str:
    if value is None or not value[1]:
        return ""
    if criterion and criterion.indicator:
        return f"{percent(value[0] * SCALE // value[1])}（{value[0]}/{value[1]}）"
    return str(value[0])


@page(Verb.READ_CASES)
def tried(request: HttpRequest) -> HttpResponse:
    """Show how a card of the rule book would have rated history, on the values of the current run.

    Raises Problem ZS622 for a card that is not there, ZS707 before the first run.
    """
    known = library.cards()
    card = library.card(request.GET.get("card", "") or next(iter(known), ""))
    file = request.scope.file
    if file is None:
        raise Problem("ZS707")
    found = queries.backtest(card, request.user.body, file, date(card.valid_from.year, 1, 1))
    shown = [one for one in found if request.scope.sees(one.vendor)]
    spread = queries.spread(shown)
    context = {
        "card": card,
        "cards": known.values(),
        "names": names(request),
        "rows": [{"tried": one, "lines": plain(one.scored)["lines"]} for one in reversed(shown)],
        "spread": [(first, [(name, told[name]) for name in ORDER]) for first, told in spread.items()],
        "standings": ORDER,
    }
    return render(request, "web/ratings_tried.html", context)
