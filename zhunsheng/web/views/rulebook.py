"""The rule book: rules, their law, parameters, examples and knowledge points."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.book import Book
from zhunsheng.book.models import KnowledgeList, Rule
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.findings import queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import points
from zhunsheng.web import record
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.paging import Pages, page_number

POINTS = 50
POINTS_ON_RULE = 10


@page(Verb.READ_RULEBOOK)
def rule_list(request: HttpRequest) -> HttpResponse:
    """List the rules with ground, pattern, article and findings."""
    present = book()
    found = _counts(request)
    rows = [
        {
            "rule": rule,
            "pattern": PATTERNS[rule.pattern],
            "points": len(points(present, rule)),
            "articles": record.articles(present, rule),
            "findings": found.get(rule.id),
        }
        for rule in present.rules.values()
    ]
    overdue = [row for row in rows if row["rule"].next_review <= now().date()]
    context = {"rows": rows, "book": present, "overdue": len(overdue), "today": now().date()}
    context["points"] = sum(len(known.points) for known in present.knowledge.values())
    return render(request, "web/rules.html", context)


def _counts(request: HttpRequest) -> dict[str, int]:
    if request.scope.file is None or not may(request.user, Verb.READ_FINDINGS):
        return {}
    with request.scope.lake() as reader:
        return {row["rule_id"]: row["findings"] for row in queries.rules(reader)}


@page(Verb.READ_RULEBOOK)
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Show a rule: law left, rule right, examples below. Raises Problem ZS701 for an unknown one."""
    present = book()
    found = present.rules.get(rule_id)
    if found is None:
        raise Problem("ZS701")
    lists = [present.knowledge[name] for name in found.lists]
    context = {
        "rule": found,
        "pattern": PATTERNS[found.pattern],
        "digest": present.sources[found.id],
        "articles": record.articles(present, found),
        "parameters": record.parameters(found, now().date()),
        "lists": [_list_view(request, present, known, POINTS_ON_RULE) for known in lists],
        "examples": [_example(found, example) for example in found.examples],
        "findings": _counts(request).get(rule_id),
        "overdue": found.next_review <= now().date(),
    }
    return render(request, "web/rule.html", context)


@page(Verb.READ_RULEBOOK)
def knowledge(request: HttpRequest, name: str) -> HttpResponse:
    """Show a knowledge list, searched and paged. Raises Problem ZS701 for an unknown one."""
    present = book()
    known = present.knowledge.get(name)
    if known is None:
        raise Problem("ZS701")
    context = {
        "view": _list_view(request, present, known, POINTS),
        "rules": [rule for rule in present.rules.values() if name in rule.lists],
    }
    return render(request, "web/knowledge.html", context)


def _list_view(request: HttpRequest, present: Book, known: KnowledgeList, size: int) -> dict[str, Any]:
    text = request.GET.get("q", "").strip()[:80]
    number = page_number(request)
    found = [point for point in known.points if not text or _holds(point, text)]
    number = min(number, Pages(number, size, len(found)).count)
    shown = found[(number - 1) * size : number * size]
    return {
        "list": known,
        "q": text,
        "base": urlencode({"q": text}) if text else "",
        "pages": Pages(number, size, len(found)),
        "all": len(known.points),
        "points": [{"point": point, "batch": present.batches[point.batch]} for point in shown],
    }


def _holds(point: Any, text: str) -> bool:
    wanted = text.casefold()
    return any(wanted in value.casefold() for value in (*point.values.values(), point.note))


def _example(found: Rule, example: Any) -> dict[str, Any]:
    known = PATTERNS[found.pattern].reasons
    expected = [{"expected": one, "reasons": [code for code in one.reasons if code in known]} for one in example.expect]
    return {"example": example, "expected": expected}
