"""Law: an instrument and its articles, in own words with the citation."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.book import Book
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.templatetags.words import english


@page(Verb.READ_RULEBOOK)
def instrument(request: HttpRequest, instrument: str) -> HttpResponse:
    """Show an instrument with the articles that the book cites. Raises Problem ZS701."""
    present = book()
    found = present.laws.get(instrument)
    if found is None:
        raise Problem("ZS701")
    rows = [
        {"number": number, "article": one, "rules": _resting(present, instrument, number)}
        for number, one in found.articles.items()
    ]
    return render(request, "web/law.html", {"instrument": found, "rows": rows})


@page(Verb.READ_RULEBOOK)
def article(request: HttpRequest, instrument: str, article: str) -> HttpResponse:
    """Show an article and the rules that rest on it. Raises Problem ZS701."""
    present = book()
    found = present.laws.get(instrument)
    if found is None or article not in found.articles:
        raise Problem("ZS701")
    one = found.articles[article]
    items = one.items_en if english() and one.items_en else one.items
    rules = _resting(present, instrument, article)
    context = {"instrument": found, "number": article, "article": one, "items": items.items(), "rules": rules}
    return render(request, "web/article.html", context)


def _resting(present: Book, instrument: str, article: str) -> list[dict[str, Any]]:
    return [
        {
            "rule": rule,
            "items": [ref.item for ref in rule.law if (ref.instrument, ref.article) == (instrument, article)],
        }
        for rule in present.rules.values()
        if any((ref.instrument, ref.article) == (instrument, article) for ref in rule.law)
    ]
