"""Grants: asked for, given, received, over; one with its uses; asking, giving, narrowing and ending."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.bodies.queries import Wanted, people
from zhunsheng.casework.cases import library
from zhunsheng.casework.grants import actions, queries
from zhunsheng.casework.grants.models import Grant
from zhunsheng.casework.grants.policies import Request, Terms, codes_of, wrong
from zhunsheng.casework.grants.states import GrantState, Opens
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.account import said

ROWS, BATCH = 50, 1000
FIELDS = ("owner", "opens", "number", "institutions", "cycle", "duty", "person", "purpose", "from", "to", "internal")


@require_GET
@page(Verb.READ_GRANTS)
def grant_list(request: HttpRequest) -> HttpResponse:
    """List the grants in view."""
    wanted = _wanted(request)
    found = queries.grants(request.scope, request.user, wanted["show"], wanted["opens"], now().date())
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        **wanted,
        "wanted": wanted,
        "shows": [(key, word) for key, word in _shows() if key != "all"] + [("all", _("全部"))],
        "kinds": Opens.choices,
        "rows": [_row(one) for one in found[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
    }
    return render(request, "web/grants.html", context)


def _shows() -> list[tuple[str, str]]:
    return [("received", _("我单位获得")), ("given", _("我单位授出")), ("asked", _("待批准")), ("ended", _("已结束"))]


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what is asked for. Raises Problem ZS709 for a word that is none."""
    return narrowed(request, {"show": queries.SHOWS, "opens": Opens.values}, show="received")


def _row(grant: Grant) -> dict[str, Any]:
    word = {"early": _("未到起日"), "holds": _("有效"), "expired": _("已到期")}
    stands = grant.stands(now().date())
    return {
        "grant": grant,
        "about": grant.number or "、".join(grant.institutions),
        "stands": stands,
        "word": word.get(stands) or GrantState(stands).label,
        "last": grant.valid_to - timedelta(days=1),
    }


@require_GET
@page(Verb.READ_GRANTS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """The list as a file; the export itself leaves evidence."""
    wanted = _wanted(request)
    found = queries.grants(request.scope, request.user, wanted["show"], wanted["opens"], now().date()).order_by("pk")
    exports.check_size(found.count())
    sheet = exports.Sheet(
        title=_("查看授权"),
        facts=[(name, value) for name, value in wanted.items() if value],
        head=[_("序号"), _("查看内容"), _("对象"), _("授权单位"), _("获得单位"), _("用途"), _("起日"),
              _("止日（不含）"), _("状态")],
        money=(),
        rows=_batches(found),
        totals=[],
        verb=Verb.READ_GRANTS,
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "grants", wanted)


def _batches(found: QuerySet[Grant]) -> Iterator[list[list[Any]]]:
    for start in range(0, found.count(), BATCH):
        yield [_cells(_row(one)) for one in found[start : start + BATCH]]


def _cells(row: dict[str, Any]) -> list[Any]:
    one = row["grant"]
    sides = [tongue(one.body, "name"), tongue(one.receiver, "name")]
    days = [one.valid_from.isoformat(), one.valid_to.isoformat()]
    return [one.pk, str(one.get_opens_display()), row["about"], *sides, one.purpose, *days, str(row["word"])]


@require_http_methods(["GET", "POST"])
@page(Verb.ASK_GRANTS)
def new_grant(request: HttpRequest) -> HttpResponse:
    """Show the form that asks for sight, or ask."""
    if request.method == "GET":
        return _form(request, {"from": now().date().isoformat(), "opens": Opens.CASE})
    given = {name: kept(request.POST.get(name, ""))[:2000] for name in FIELDS}
    try:
        owner = queries.owners(request.user).filter(pk=_number(given["owner"])).first()
        made = actions.ask(request.user, owner, _request(request, given))
    except Problem as problem:
        if problem.code == "ZS702":
            raise
        return _form(request, given, {"wrong": said(problem), "mend": said(problem, "mend")}, 422)
    return redirect("grant", made.pk)


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 19 else 0


def _request(request: HttpRequest, given: dict[str, str]) -> Request:
    person = None
    if given["person"]:
        own = people(request.scope, Wanted(body=request.user.body_id))
        person = own.filter(pk=_number(given["person"])).first()
        if person is None:
            raise Problem("ZS701")
    terms = _terms(given)
    return Request(given["opens"], given["purpose"], terms, given["number"], given["cycle"], given["duty"], person)


def _terms(given: dict[str, str]) -> Terms:
    """Return the terms of a form, whose last day counts. Raises Problem ZS105, ZS991."""
    if not given["from"] or not given["to"]:
        raise wrong("期间", "Period", "起日与止日必填", "both days are needed")
    start, last = parse_date(given["from"]), parse_date(given["to"])
    if last >= date.max:
        raise wrong("期间", "Period", "止日过晚", "the last day is too late")
    return Terms(codes_of(given["institutions"]), given["internal"] == "1", start, last + timedelta(days=1))


def _form(
    request: HttpRequest, given: dict[str, str], more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    context = {
        "given": given,
        "owners": queries.owners(request.user),
        "kinds": Opens.choices,
        "cycles": list(library.cycles().values()),
        "duties": DutyName.choices,
        "people": people(request.scope, Wanted(body=request.user.body_id, state="open")),
        **(more or {}),
    }
    return render(request, "web/grant_new.html", context, status=status)


@require_GET
@page(Verb.READ_GRANTS)
def grant(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one grant with its uses, and the sums that it opens."""
    found = _one(request, pk)
    sums = queries.amounts(request.scope, found)
    if sums is not None:
        request.scope.opened.append(("amounts", found.pk))
    return _page(request, found, {"sums": sums})


def _one(request: HttpRequest, pk: int) -> Grant:
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


def _page(request: HttpRequest, found: Grant, more: dict[str, Any] | None = None, status: int = 200) -> HttpResponse:
    uses = queries.uses(found)
    pages = Pages(page_number(request), ROWS, uses.count())
    user, gives = request.user, may(request.user, Verb.GIVE_GRANTS)
    owner, receiver = user.body_id == found.body_id, user.body_id == found.receiver_id
    asked, given = found.state == GrantState.ASKED, found.state == GrantState.GIVEN
    context = {
        **_row(found),
        "places": {one.institution_id: one.name for one in request.scope.places()},
        "uses": uses[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "asked_places": [one for one in found.asked["institutions"] if one not in found.institutions],
        "asked_last": date.fromisoformat(found.asked["to"]) - timedelta(days=1),
        "deeds": {"terms": "give", "close": "refuse"} if asked else {"terms": "narrow", "close": "end"},
        "may_give": owner and gives and asked,
        "may_narrow": owner and gives and given,
        "may_end": given and ((owner and gives) or (receiver and may(user, Verb.ASK_GRANTS))),
        "may_withdraw": receiver and asked and may(user, Verb.ASK_GRANTS),
        **(more or {}),
    }
    return render(request, "web/grant.html", context, status=status)


@require_POST
@page(Verb.READ_GRANTS)
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Give, narrow, refuse, withdraw or end a grant; who may is looked at by the action."""
    found, user = _one(request, pk), request.user
    reason = request.POST.get("reason", "")
    deeds: dict[str, Callable[[], object]] = {
        "give": lambda: actions.give(user, found, _told(request)),
        "narrow": lambda: actions.narrow(user, found, _told(request)),
        "refuse": lambda: actions.refuse(user, found, reason),
        "withdraw": lambda: actions.withdraw(user, found),
        "end": lambda: actions.end(user, found, reason),
    }
    if deed not in deeds:
        raise Problem("ZS701")
    try:
        deeds[deed]()
    except Problem as problem:
        if problem.code == "ZS702":
            raise
        return _page(request, _one(request, pk), {"wrong": said(problem), "mend": said(problem, "mend")}, 409)
    return redirect("grant", pk)


def _told(request: HttpRequest) -> Terms:
    """The terms of a form in which institutions are ticked."""
    given = {name: kept(request.POST.get(name, ""))[:40] for name in ("from", "to", "internal")}
    return _terms({**given, "institutions": " ".join(request.POST.getlist("institutions"))})
