"""The rule book: rules, their law, parameters, examples and knowledge points."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse

from zhunsheng.book import Book
from zhunsheng.book.lint import Remark
from zhunsheng.book.models import KnowledgeList, Rule
from zhunsheng.book.search import KINDS, Kind, index
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.cases.library import overturning
from zhunsheng.casework.decisions import queries as decisions
from zhunsheng.casework.findings import lookback, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now
from zhunsheng.patterns import PATTERNS
from zhunsheng.patterns.bind import points
from zhunsheng.web import record
from zhunsheng.web.access import page
from zhunsheng.web.book import book, remarks, waiting
from zhunsheng.web.found import asked, found
from zhunsheng.web.paging import Pages, page_number

POINTS = 50
#: Rules that judge, and rules that wait for facts or knowledge.
STATES = ("live", "waiting")
POINTS_ON_RULE = 10
#: How many of each kind are told while someone types.
TYPED: dict[Kind, int] = {"rule": 5, "article": 4, "point": 10}


@page(Verb.READ_RULEBOOK)
def rule_list(request: HttpRequest) -> HttpResponse:
    """List the rules with ground, articles, knowledge, sign-off and last results; or what a search finds."""
    present, text = book(), asked(request)
    context: dict[str, Any] = {"book": present, "q": text}
    context["points"] = sum(len(known.points) for known in present.knowledge.values())
    if text:
        context["found"] = found(present, text, dict.fromkeys(KINDS, POINTS))
        return render(request, "web/rules_found.html", context)
    precise, threshold = _precise(request), overturning().threshold(now().date())
    results, waits, state = _results(request), waiting(), request.GET.get("state", "")
    context["rows"] = [
        {
            "rule": rule,
            "pattern": PATTERNS.get(rule.pattern),
            "awaited": record.awaited(present, rule),
            "points": len(points(present, rule)),
            "articles": record.articles(present, rule),
            "results": results.get(rule.id),
            "waits": len(waits[rule.id]),
            "marked": rule.id in precise and decisions.marked(precise[rule.id], threshold),
        }
        for rule in present.rules.values()
        if state not in STATES or (state == "waiting") == bool(rule.waits_for)
    ]
    context |= {"state": state, "live": len(present.live), "all": len(present.rules)}
    context["idle"] = context["all"] - context["live"]
    context["unsigned"] = sum(rule.sign_off != "signed" for rule in present.rules.values())
    context["errors"] = sum(remark.level == "error" for remark in remarks())
    context["remarks"] = len(remarks())
    context["overdue"] = sum(rule.overdue(now().date()) for rule in present.rules.values())
    return render(request, "web/rules.html", context)


@page(Verb.READ_RULEBOOK)
def search(request: HttpRequest) -> HttpResponse:
    """Answer a search while it is typed, as JSON: groups of rules, articles and points with their addresses."""
    text = asked(request)
    return JsonResponse({"q": text, "groups": found(book(), text, TYPED)})


@page(Verb.READ_RULEBOOK)
def lint(request: HttpRequest) -> HttpResponse:
    """Show what the linter says of the book, errors first."""
    present = book()
    rows = sorted(remarks(), key=lambda remark: remark.level)
    errors = sum(remark.level == "error" for remark in rows)
    shown = [{"remark": remark, "place": _place(present, remark)} for remark in rows]
    return render(request, "web/rules_lint.html", {"rows": shown, "errors": errors, "book": present})


def _place(present: Book, remark: Remark) -> dict[str, Any]:
    """Return name and address of what a remark speaks of."""
    if remark.kind == "rule" and remark.about in present.rules:
        return {"thing": present.rules[remark.about], "url": reverse("rule", args=[remark.about])}
    if remark.kind == "list":
        return {"kind": present.knowledge[remark.about].kind, "url": reverse("knowledge", args=[remark.about])}
    if remark.kind == "batch":
        return {"batch": present.batches[remark.about]}
    return {}


def _precise(request: HttpRequest) -> dict[str, decisions.Precision]:
    """Return how precise people's decisions prove each rule, to a reader of findings."""
    return decisions.precision(request.scope) if may(request.user, Verb.READ_FINDINGS) else {}


def _results(request: HttpRequest) -> dict[str, dict[str, Any]]:
    """Return what each rule of the current run found in view; nothing without a run or the right to read findings."""
    if request.scope.file is None or not may(request.user, Verb.READ_FINDINGS):
        return {}
    with request.scope.lake() as reader:
        return queries.rule_results(reader)


@page(Verb.READ_RULEBOOK)
def rule(request: HttpRequest, rule_id: str) -> HttpResponse:
    """Show a rule: results, what it waits for, law, points, examples. Raises Problem ZS701 for an unknown one."""
    present = book()
    one = present.rules.get(rule_id)
    if one is None:
        raise Problem("ZS701")
    lists = [present.knowledge[name] for name in one.lists]
    context = {
        "rule": one,
        "pattern": PATTERNS.get(one.pattern),
        "awaited": record.awaited(present, one),
        "digest": present.sources[one.id],
        "articles": record.articles(present, one),
        "parameters": record.parameters(one, now().date()),
        "lists": [_list_view(request, present, known, POINTS_ON_RULE) for known in lists],
        "examples": [_example(one, example) for example in one.examples],
        "results": _results(request).get(rule_id),
        **_precision(request, rule_id),
        "waits": waiting()[rule_id],
        "overdue": one.overdue(now().date()),
    }
    return render(request, "web/rule.html", context)


def _precision(request: HttpRequest, rule_id: str) -> dict[str, Any]:
    """Return how people decided on the findings of a rule, to a reader of findings."""
    if not may(request.user, Verb.READ_FINDINGS):
        return {}
    threshold, found = overturning().threshold(now().date()), decisions.precision(request.scope).get(rule_id)
    waiting_, unknown = None, 0
    if request.scope.file is not None:
        decided = decisions.standing(request.scope).filter(rule_id=rule_id).values_list("finding_id", flat=True)
        with request.scope.lake() as reader:
            waiting_ = lookback.open_of_rule(reader, rule_id, list(decided))
            unknown = queries.rule_results(reader).get(rule_id, {}).get("unknown", 0)
    return {
        "precision": found,
        "marked": found is not None and decisions.marked(found, threshold),
        "threshold": threshold,
        "threshold_share": plain(threshold.share_e4, 2) if threshold else "",
        "waiting_for_people": waiting_,
        "unknown_count": unknown,
        "precision_months": decisions.precision_by_month(request.scope, rule_id),
    }


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
    text, number = asked(request), page_number(request)
    matches = index(present).points(known.name, text)
    number = min(number, Pages(number, size, len(matches)).count)
    shown = matches[(number - 1) * size : number * size]
    return {
        "list": known,
        "q": text,
        "base": urlencode({"q": text}) if text else "",
        "pages": Pages(number, size, len(matches)),
        "all": len(known.points),
        "points": [record.point(present, entry) for entry in shown],
    }


def _example(found: Rule, example: Any) -> dict[str, Any]:
    known = PATTERNS[found.pattern].reasons
    expected = [{"expected": one, "reasons": [code for code in one.reasons if code in known]} for one in example.expect]
    return {"example": example, "expected": expected}
