"""The right to know, for staff: which patients were told of an outsourced order, and slips with receipt codes."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.informing import actions, facts, policies, queries
from zhunsheng.casework.informing.states import Alternative, Choice
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import relations
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
SENT = ("vendor_id", "institution_id", "choice", "alternative", "told_on")


@page(Verb.READ_FINDINGS)
def order_list(request: HttpRequest) -> HttpResponse:
    """List the outsourced orders of patients with what the data and the site's own notices say."""
    return _list(request)


def _list(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    wanted = _wanted(request)
    asked = queries.asked(request.scope, wanted["show"], wanted["vendor"])
    with request.scope.lake() as reader:
        pages = Pages(page_number(request), ROWS, facts.counted(reader, asked))
        if elsewhere := last_page(request, pages):
            return elsewhere
        rows = facts.orders(reader, asked, max(0, pages.first - 1), ROWS)
        vendors = facts.vendors(reader)
    names = relations.names_of(request.scope, [])
    own = queries.of_orders(request.scope, [f"{one['vendor_id']}|{one['order_id']}" for one in rows])
    context = {
        **told,
        "rows": [{**one, "notice": own.get(f"{one['vendor_id']}|{one['order_id']}")} for one in rows],
        "vendors": [(code, names.get(code, code)) for code in vendors],
        "names": names,
        "shows": facts.SHOWS,
        "wanted": wanted,
        "base": {name: value for name, value in wanted.items() if value},
        "pages": pages,
        "informs": policies.informs(request.user),
        "choices": Choice.choices,
        "alternatives": Alternative.choices,
        "today": now().date(),
        "most": policies.MOST,
        "indicator": queries.INDICATOR,
        "sent": request.POST if problem else {},
    }
    return render(request, "web/informing.html", context, status=told["status"])


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return filter and vendor. Raises Problem ZS709 for a word that is none."""
    found = narrowed(request, {"show": facts.SHOWS}, show=facts.SHOWS[0])
    return {**found, "vendor": request.GET.get("vendor", "").strip()[:40]}


@never_cache
@require_POST
@page(Verb.READ_FINDINGS)
def record(request: HttpRequest) -> HttpResponse:
    """Record the notice of the chosen orders, or of one typed, and show the slips: each code this once."""
    by = policies.sender(request.user)
    try:
        done = actions.inform_all(by, request.scope, _sent(request))
    except Problem as problem:
        return _list(request, problem)
    context: dict[str, Any] = {
        "done": [one for one in done if one.notice],
        "faulty": [
            {"number": one.number, "order_id": one.order_id, **problem_context(one.problem)}
            for one in done
            if one.problem
        ],
        "names": relations.names_of(request.scope, []),
        "address": f"{settings.SITE_ADDRESS}{reverse('service-lookup')}",
    }
    return render(request, "web/informing_slips.html", context, status=200 if context["done"] else 400)


def _sent(request: HttpRequest) -> list[dict[str, str]]:
    """Return one row for each order that is ticked, or the one that is typed."""
    same = {name: request.POST.get(name, "") for name in SENT}
    ticked = [name.partition("|") for name in request.POST.getlist("order")]
    if ticked:
        return [same | {"vendor_id": vendor, "order_id": number} | _place(request, f"{vendor}|{number}")
                for vendor, _bar, number in ticked]  # fmt: skip
    return [same | {"order_id": request.POST.get("order_id", "")}] if request.POST.get("order_id") else []


def _place(request: HttpRequest, key: str) -> dict[str, str]:
    """Return who ordered, as the list named it beside the tick; it is checked against the facts."""
    return {"institution_id": request.POST.get(f"place-{key}", "")}
