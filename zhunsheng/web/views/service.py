"""Vendors before the public, without a login: complain, follow by a receipt, answer the survey, confirmed violations.

A page sees the rows of one consortium at most, and of them the one that a receipt has opened.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.oversight import actions, library, queries
from zhunsheng.casework.oversight.models import VendorComplaint
from zhunsheng.casework.oversight.survey import TOPICS
from zhunsheng.casework.tips.actions import note_try
from zhunsheng.casework.tips.policies import check_tries
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import caseforms, oversightforms
from zhunsheng.web.views.account import address_of
from zhunsheng.web.views.errors import problem_context

Found = TypeVar("Found")
COOKIE, SALT = "zhunsheng_complaint", "zhunsheng.complaint"
SECRET = re.compile(r"[0-9a-f]{64}")
#: Fields of a complaint that the page fills in itself.
APART = ("service_kind",)
NAMES = {"attitude": _("服务态度"), "professional": _("专业水平"), "waiting": _("等候时间"), "cost": _("费用")}


def _inputs() -> list[Any]:
    return [one for one in cycles.cycle("vendor_complaint").opening.needs if one.id not in APART]


@never_cache
@sensitive_post_parameters("secret", "content")
@require_http_methods(["GET", "POST"])
def complain(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a complaint and show its receipt, once. Sent again, the form shows the same receipt."""
    lines = vendors.lines_entered()
    if request.method == "GET":
        return _form(request, lines)
    try:
        check_tries("report", address_of(request))
        line, secret = _sent(request, lines)
        walls.narrow(queries.behind(line))
        made, code = actions.complain(caseforms.read(_inputs(), request.POST), line, secret)
    except Problem as problem:
        return _form(request, lines, problem)
    note_try("report", address_of(request))
    return render(request, "web/service_receipt.html", {"made": made, "code": code, "line": line})


def _sent(request: HttpRequest, lines: list[ServiceLine]) -> tuple[ServiceLine, str]:
    """Return line and secret of a form. Raises Problem ZS671 for no line, ZS713 for a form of another making."""
    secret, number = request.POST.get("secret", ""), request.POST.get("line", "")
    if not SECRET.fullmatch(secret):
        raise Problem("ZS713")
    line = next((one for one in lines if str(one.pk) == number), None)
    if line is None:
        raise Problem("ZS671", field=_("服务线"), reason=_("请选择"))
    return line, secret


def _form(request: HttpRequest, lines: list[ServiceLine], problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    typed = caseforms.read(_inputs(), request.POST) if problem else {}
    kept = problem is not None and problem.code != "ZS911" and SECRET.fullmatch(request.POST.get("secret", ""))
    context = {
        **told,
        "lines": lines,
        "chosen": request.POST.get("line", ""),
        "fields": caseforms.fields(_inputs(), caseforms.Around(), typed),
        "secret": request.POST["secret"] if kept else secrets.token_hex(32),
    }
    return render(request, "web/service.html", context, status=told["status"])


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for a receipt code, or show the complaint that one has opened."""
    if request.method == "POST":
        return _enter(request)
    held = _opened(request)
    return _page(request, held) if held else render(request, "web/service_code.html")


def tried(request: HttpRequest, find: Callable[[str], Found | None], code: str) -> Found:
    """Return what a code opens. Raises Problem ``code`` for a wrong one, ZS924 after too many."""
    check_tries("follow", address_of(request))
    found = find(request.POST.get("code", ""))
    if found is None:
        note_try("follow", address_of(request))
        raise Problem(code)
    return found


def _enter(request: HttpRequest) -> HttpResponse:
    try:
        held = tried(request, queries.by_receipt, "ZS922")
    except Problem as problem:
        context = problem_context(problem)
        return render(request, "web/service_code.html", context, status=context["status"])
    answer = redirect("service-follow")
    answer.set_signed_cookie(COOKIE, held.pk, SALT, path=reverse("service"), httponly=True, samesite="Strict",
                             secure=settings.SESSION_COOKIE_SECURE)  # fmt: skip
    return answer


def _opened(request: HttpRequest) -> VendorComplaint | None:
    kept = request.get_signed_cookie(COOKIE, None, SALT, max_age=settings.TIP_LIMITS["follow_seconds"])
    held = queries.followed(int(kept)) if kept else None
    if held is not None:
        walls.narrow(queries.behind(held))
    return held


def _page(request: HttpRequest, held: VendorComplaint, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    replies = [one for one in held.case.events.order_by("sequence") if one.kind == "moved" and "reply" in one.fields]
    context = {**told, "held": held, "state": held.case.life.state(held.case.state), "replies": replies}
    return render(request, "web/service_follow.html", context, status=told["status"])


@never_cache
@require_POST
def judge(request: HttpRequest) -> HttpResponse:
    """Say whether the answer satisfies, by a receipt."""
    held = _opened(request)
    if held is None:
        return redirect("service-follow")
    try:
        actions.judge(held, satisfied=request.POST.get("satisfied") == "yes")
    except Problem as problem:
        return _page(request, held, problem)
    return redirect("service-follow")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Close what a receipt opened."""
    answer = redirect("service-follow")
    answer.delete_cookie(COOKIE, path=reverse("service"), samesite="Strict")
    return answer


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def survey(request: HttpRequest) -> HttpResponse:
    """Show the survey, or take one answer by its code."""
    if request.method == "GET":
        return _survey(request, request.GET.get("code", "")[:60])
    try:
        held = tried(request, actions.code_held, "ZS846")
        walls.narrow(walls.Wall("", str(held.body_id)))
        actions.answer(held, request.POST.dict())
    except Problem as problem:
        return _survey(request, request.POST.get("code", "")[:60], problem)
    return render(request, "web/service_survey.html", {"done": held})


def _survey(request: HttpRequest, code: str, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    topics = [(name, NAMES[name], request.POST.get(name, "")) for name in TOPICS]
    context = {**told, "code": code, "topics": topics, "scores": ("5", "4", "3", "2", "1")}
    return render(request, "web/service_survey.html", context, status=told["status"])


@require_GET
def published(request: HttpRequest) -> HttpResponse:
    """Show the confirmed violations with article and appeal state; corrections stand in their place."""
    names = {one.institution_id: one.vendor.name for one in vendors.lines_entered()}
    book = library.sanctions()
    with walls.within(walls.SITE):
        rows = [_published(one, names, book) for one in queries.published()]
    return render(request, "web/service_violations.html", {"rows": rows})


def _published(held: Any, names: dict[str, str], book: Any) -> dict[str, Any]:
    return {
        "held": held,
        "vendor": names.get(held.institution_id, held.institution_id),
        "words": oversightforms.sanction_words(held),
        "grade": book.grades[held.grade],
        "cite": book.cites[book.act(held.act).cite],
    }
