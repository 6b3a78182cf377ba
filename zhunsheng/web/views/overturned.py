"""The inbox of the authors of rules: overturned findings by rule, each with its cause, and the authors' answers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.decisions import actions, queries
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.errors import problem_context

ROWS = 20
SHOWS = ("open", "answered", "all")


@page(Verb.ANSWER_OVERTURNED)
def inbox(request: HttpRequest) -> HttpResponse:
    """List the overturned findings that wait for an answer, the answered, or all."""
    return _page(request)


def _page(request: HttpRequest, problem: Problem | None = None, typed: dict[str, Any] | None = None) -> HttpResponse:
    wanted = {**narrowed(request, {"show": SHOWS}, show="open"), "rule": request.GET.get("rule", "")}
    found = queries.overturned(request.scope, wanted["rule"], wanted["show"])
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    told = problem_context(problem) if problem else {"status": 200}
    words, rules = library.overturning(), book().rules
    context = {
        **told,
        "wanted": wanted,
        "shows": [("open", _("待答复")), ("answered", _("已答复")), ("all", _("全部"))],
        "rows": [
            _row(one, rules, words)
            for one in found.prefetch_related("answers__answered_by")[max(0, pages.first - 1) : pages.last]
        ],
        "rules": [(key, tongue(rules[key], "name") if key in rules else key) for key in _rule_ids(request)],
        "answers": [(one.id, named(one)) for one in words.answers],
        "typed": typed or {},
        "pages": pages,
    }
    return render(request, "web/overturned.html", context, status=told["status"])


def _rule_ids(request: HttpRequest) -> list[str]:
    found = queries.overturned(request.scope, show="all").order_by("rule_id").values_list("rule_id", flat=True)
    return sorted(set(found))


def _row(one: Decision, rules: Any, words: Any) -> dict[str, Any]:
    answers = {each.id: named(each) for each in words.answers}
    return {
        "decision": one,
        "rule": rules.get(one.rule_id),
        "cause": next((named(each) for each in words.reasons if each.id == one.cause), _("未写明")),
        "answers": [(answers.get(each.answer, each.answer), each) for each in one.answers.all()],
    }


@require_POST
@page(Verb.ANSWER_OVERTURNED)
def answer(request: HttpRequest, pk: int) -> HttpResponse:
    """Answer to an overturned finding. Raises Problem ZS701 outside the scope; a refused answer keeps its words."""
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    typed = {"pk": pk, "answer": request.POST.get("answer", ""), "text": request.POST.get("text", "")}
    try:
        actions.answer(request.user, found, typed["answer"], typed["text"])
    except Problem as problem:
        if problem.code != "ZS943":
            raise
        return _page(request, problem, typed)
    return HttpResponseRedirect(f"{reverse('overturned')}?show=answered#d{pk}")
