"""Delegations: who acts for the reader, for whom the reader acts, and what was done on one's behalf."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.inbox import actions, policies, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web.access import page, sure
from zhunsheng.web.views.errors import problem_context

DONE = 50


@require_GET
@page(Verb.READ_CASES)
def delegations(request: HttpRequest) -> HttpResponse:
    """Show the delegations of the reader."""
    return _page(request)


@require_POST
@page(Verb.READ_CASES)
@sure
def give(request: HttpRequest) -> HttpResponse:
    """Let another person act. A refused form keeps what was typed."""
    try:
        _give(request)
    except Problem as problem:
        return _page(request, problem)
    return redirect("delegations")


def _give(request: HttpRequest) -> None:
    given = request.POST
    text = given.get("taker", "")
    people = queries.people_of(request.user.body_id, request.user.pk)
    taker = people.filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    if taker is None:
        raise Problem("ZS951", person="")
    days = [parse_date(given.get(name, "")) for name in ("from", "until")]
    actions.delegate(request.user, taker, given.getlist("duty"), given.getlist("kind"), *days, given.get("reason", ""))


def _page(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    day, user = now().date(), request.user
    standing = {one.pk for one in queries.delegations(user).filter(ended_at=None, valid_to__gt=day)}
    context = {
        **told,
        "rows": [(one, one.pk in standing, _words(one.duties)) for one in queries.delegations(user)[:100]],
        "duties": [(one, one.label) for one in policies.delegable(user)],
        "kinds": queries.kinds(),
        "people": queries.people_of(user.body_id, user.pk),
        "given": request.POST,
        "chosen": request.POST.getlist("duty") + request.POST.getlist("kind"),
        "done": queries.done_for(user)[:DONE],
        "today": day,
        "most": policies.MOST_DAYS,
    }
    return render(request, "web/delegations.html", context, status=told["status"])


def _words(duties: list[str]) -> list[str]:
    return [str(DutyName(one).label) for one in duties]


@require_POST
@page(Verb.READ_CASES)
def end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a delegation at once."""
    found = queries.delegations(request.user).filter(pk=pk).first()
    if found is None:
        raise Problem("ZS701")
    actions.end_delegation(request.user, found)
    return redirect("delegations")
