"""People: who has an account, which duties from when to when; accounts made, locked and unlocked.

Each deed names the administrator that may do it; no one of them alone makes a powerful account.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.accounts import actions as accounts
from zhunsheng.casework.accounts import policies
from zhunsheng.casework.accounts import queries as security
from zhunsheng.casework.bodies import actions, queries
from zhunsheng.casework.bodies.models import Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import CERTIFIED, Verb, check_may
from zhunsheng.casework.bodies.readable import readable
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web.access import page, sure
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.account import said

ROWS = 50


@require_http_methods(["GET", "POST"])
@page(Verb.READ_PEOPLE)
def people_list(request: HttpRequest) -> HttpResponse:
    """List the people in view; make an account."""
    if request.method == "POST":
        return _make(request)
    return _list(request, {})


def _list(request: HttpRequest, more: dict[str, object], status: int = 200) -> HttpResponse:
    wanted = _wanted(request)
    found = queries.people(request.scope, wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    given = request.GET.copy()
    given.pop("page", None)
    context = {
        "wanted": wanted,
        "people": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "base": given.urlencode(),
        "bodies": queries.bodies(request.scope),
        "duties": DutyName.choices,
        "three": [(DutyName(name).label, held) for name, held in queries.administrators(request.scope)],
        "clashing": queries.clashing(request.scope),
        "demands": policies.factor_duties(settings.SECOND_FACTOR),
        "given": {},
        **more,
    }
    return render(request, "web/people.html", context, status=status)


def _wanted(request: HttpRequest) -> queries.Wanted:
    """What a list is narrowed to. Raises Problem ZS709 for a value that the page does not offer."""
    text = narrowed(request, {"duty": DutyName.values, "state": queries.STATES})
    text |= {name: kept(request.GET.get(name, ""))[:60] for name in ("q", "body")}
    if text["body"] and not text["body"].isdecimal():
        raise Problem("ZS709", name="body", value=text["body"])
    return queries.Wanted(text["q"], int(text["body"]) if text["body"] else None, text["duty"], text["state"])


def _make(request: HttpRequest) -> HttpResponse:
    check_may(request.user, Verb.MANAGE_PEOPLE)
    return _make_surely(request)


@sure
def _make_surely(request: HttpRequest) -> HttpResponse:
    given = {name: kept(request.POST.get(name, ""))[:200] for name in ("login", "name", "body")}
    body = queries.bodies(request.scope).filter(pk=given["body"] if given["body"].isdecimal() else 0).first()
    if body is None or not 0 < len(given["name"]) <= 60:
        return _list(
            request, {"given": given, "wrong": _("姓名（至多 60 字）与单位必填，单位须在您管理的范围内。")}, 422
        )
    password = readable(3, 4)
    try:
        made = actions.create_user(request.user, given["login"], given["name"], body, password, once=True)
    except Problem as problem:
        return _list(request, {"given": given, "wrong": f"{said(problem)} {said(problem, 'mend')}"}, 409)
    return _list(request, {"made": made, "password": password})


@require_GET
@page(Verb.READ_PEOPLE)
def person(request: HttpRequest, pk: int) -> HttpResponse:
    """One person: duties of all times, state of the account."""
    return _person(request, _of(request, pk), {})


def _of(request: HttpRequest, pk: int) -> User:
    """Return a person in view. Raises Problem ZS701."""
    found = queries.people(request.scope).filter(pk=pk).first()
    if found is None:
        raise Problem("ZS701")
    return found


def _person(request: HttpRequest, user: User, more: dict[str, object], status: int = 200) -> HttpResponse:
    today = now().date()
    context = {
        "person": user,
        "duties": user.duties.order_by("-valid_from", "name"),
        "today": today,
        "tomorrow": today + timedelta(days=1),
        "names": DutyName.choices,
        "certified": CERTIFIED,
        "successors": queries.successors(request.scope, user.body_id, user.pk),
        "has": security.security_of(user),
        "open": security.open_sign_ins(user).count(),
        "own": user.pk == request.user.pk,
        **more,
    }
    return render(request, "web/person.html", context, status=status)


def _day(request: HttpRequest, name: str) -> date | None:
    text = request.POST.get(name, "").strip()
    return parse_date(text) if text else None


def _duty(name: str) -> str:
    """Return a known duty. Raises Problem ZS709."""
    if name not in DutyName.values:
        raise Problem("ZS709", name="duty", value=name)
    return name


@require_POST
@page(Verb.GIVE_DUTIES)
@sure
def give_duty(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a duty with its days; a refusal is told beside the form, which keeps what was typed."""
    user = _of(request, pk)
    given = {key: kept(request.POST.get(key, ""))[:40] for key in ("duty", "from", "to", "certificate")}
    try:
        start, end = _day(request, "from") or now().date(), _day(request, "to")
        actions.assign_duty(request.user, user, _duty(given["duty"]), start, end, certificate=given["certificate"])
    except Problem as problem:
        return _person(request, user, {"wrong": said(problem), "mend": said(problem, "mend"), "given": given}, 409)
    return redirect("person", pk)


@require_POST
@page(Verb.GIVE_DUTIES)
@sure
def change_duty(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """End a duty, or hand it over to another person of the body, on a day."""
    duty = request.scope.rows(Duty.objects.select_related("user")).filter(pk=pk).first()
    if duty is None or deed not in ("end", "hand-over"):
        raise Problem("ZS701")
    try:
        day = _day(request, "day") or now().date()
        if deed == "end":
            actions.end_duty(request.user, duty, day)
        else:
            user = _of(request, int(request.POST.get("to", "0") if request.POST.get("to", "").isdecimal() else 0))
            certificate = kept(request.POST.get("certificate", ""))[:40]
            actions.hand_over(request.user, duty, user, day, certificate=certificate)
    except Problem as problem:
        return _person(
            request, _of(request, duty.user_id), {"wrong": said(problem), "mend": said(problem, "mend")}, 409
        )
    return redirect("person", duty.user_id)


@require_POST
@page(Verb.READ_PEOPLE)
@sure
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Lock, unlock, give a password for one use, or clear the second factors; who may is looked at by the action."""
    user = _of(request, pk)
    if deed == "password":
        password = accounts.issue_password(request.user, user)
        return _person(request, _of(request, pk), {"password": password})
    reasoned: dict[str, Callable[[User, User, str], None]] = {
        "lock": accounts.lock,
        "unlock": accounts.unlock,
        "clear-factors": accounts.remove_factors,
    }
    if deed not in reasoned:
        raise Problem("ZS701")
    try:
        reasoned[deed](request.user, user, kept(request.POST.get("reason", "")))
    except Problem as problem:
        if problem.code == "ZS702":
            raise
        return _person(request, user, {"wrong": said(problem), "mend": said(problem, "mend")}, 409)
    return redirect("person", pk)
