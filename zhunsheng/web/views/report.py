"""Tip-offs of the public, without a login: report, receipt, follow up, claim, and the figures that are published.

A page sees the tip-offs of one body at most, and of them the one that a receipt has opened.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.tips import actions, figures, queries
from zhunsheng.casework.tips.models import TipOff
from zhunsheng.casework.tips.policies import IDENTITY, MESSAGE_LENGTH, check_tries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import tipforms
from zhunsheng.web.views.account import address_of
from zhunsheng.web.views.errors import problem_context

#: Which tip-off a receipt has opened stands in the reporter's browser alone: a session may be one of an account.
COOKIE, SALT = "zhunsheng_report", "zhunsheng.report"
PRIVATE = ("id-name", "id-contact", "id-payment", "f-content", "secret", "code", "text", "payment")
#: Years back that the public figures offer, the running one included.
YEARS = 5
#: What a state means for who reported, in plain words.
SENTENCES = {
    "received": _("已收到，等待受理。承办单位将在 15 个工作日内核查，情况复杂的可延长 15 个工作日。"),
    "verifying": _("已受理，两名以上工作人员正在核查。"),
    "established": _("核查完毕：举报属实。符合奖励条件的，可在下方申领奖励。"),
    "rewarded": _("核查完毕：举报属实，已决定给予奖励。"),
    "answered": _("核查完毕：举报属实，依规定不予奖励，已办结。"),
    "unfounded": _("核查完毕：未查证属实，已办结。如有新的证据，可在下方补充，或者另行举报。"),
    "transferred": _("举报事项属于其他机关职责，已依法移送。"),
    "merged": _("与已有事项并案办理。"),
    "elsewhere": _("与已有事项并案办理，结果由承办单位在下方留言告知。"),
}


@never_cache
@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """Show the form, or take a report and show its receipt, once. Sent again, the form shows the same receipt."""
    known = queries.places()
    body = _receiver("", known)
    if body is None:
        return render(request, "web/report_closed.html", status=503)
    if request.method == "GET":
        return render(request, "web/report.html", tipforms.context(request, known, body, staff=False))
    try:
        check_tries("report", address_of(request))
        sent = tipforms.read(request, known, staff=False)
        body = _receiver(sent.institution_id, known) or body
        tip, code = actions.receive(actions.PUBLIC, sent, body)
    except Problem as problem:
        context = tipforms.context(request, known, body, staff=False, problem=problem)
        return render(request, "web/report.html", context, status=context["status"])
    actions.note_try("report", address_of(request))
    context = {"tip": tip, "code": code, "body": body, "named": bool(sent.identity)}
    return render(request, "web/report_receipt.html", context)


def _receiver(institution_id: str, known: list[Any]) -> Body | None:
    """Return the body that handles a report, and let this page see that body's tip-offs alone."""
    body = queries.receiver_of(institution_id, known)
    if body is not None:
        walls.narrow(queries.behind(body))
    return body


@never_cache
@sensitive_post_parameters(*PRIVATE)
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Ask for a receipt code, or show the tip-off that one has opened.

    A wrong code, one of nothing and one mistyped get the same words.
    """
    if request.method == "POST":
        return _enter(request)
    tip = _opened(request)
    return _page(request, tip) if tip else render(request, "web/report_code.html")


def _enter(request: HttpRequest) -> HttpResponse:
    try:
        tip = _by_code(request.POST.get("code", ""), address_of(request))
    except Problem as problem:
        context = problem_context(problem)
        return render(request, "web/report_code.html", context, status=context["status"])
    answer = redirect("report-follow")
    answer.set_signed_cookie(COOKIE, tip.pk, SALT, path=reverse("report"), httponly=True, samesite="Strict",
                             secure=settings.SESSION_COOKIE_SECURE)  # fmt: skip
    return answer


def _by_code(code: str, address: str) -> TipOff:
    """Return the tip-off of a code. Raises Problem ZS922 for a wrong one, ZS924 after too many."""
    check_tries("follow", address)
    tip = queries.by_receipt(code)
    if tip is None:
        actions.note_try("follow", address)
        raise Problem("ZS922")
    return tip


def _opened(request: HttpRequest) -> TipOff | None:
    """Return the tip-off that a receipt opened in this browser, a short while ago; the page then sees its body's."""
    kept = request.get_signed_cookie(COOKIE, None, SALT, max_age=settings.TIP_LIMITS["follow_seconds"])
    tip = queries.followed(int(kept)) if kept else None
    if tip is not None:
        walls.narrow(queries.behind(tip.body))
    return tip


def _page(request: HttpRequest, tip: TipOff, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    standing, granted, later = queries.standing(tip), queries.granted(tip), queries.came_later(tip)
    context = {
        **told,
        "tip": tip,
        "standing": standing,
        "sentence": SENTENCES[standing.state],
        "granted": granted,
        "messages": tip.messages.all(),
        "files": tip.files.all(),
        "claims": tip.sealed.filter(kind="claim").count(),
        "may_claim": standing.state in ("established", "rewarded") and not later,
        "later": later and standing.state in ("established", "rewarded"),
        "sealable": queries.key_in_use(tip.body) is not None,
        "limits": actions.limits(),
        "most": IDENTITY,
        "text": request.POST.get("text", "") if problem else "",
        "payment": request.POST.get("payment", "") if problem else "",
        "chosen": [file.name for file in request.FILES.getlist("files")] if problem else [],
        "message_most": MESSAGE_LENGTH,
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/report_follow.html", context, status=told["status"])


@never_cache
@sensitive_post_parameters(*PRIVATE)
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Add words and files by a receipt."""
    tip = _opened(request)
    if tip is None:
        return redirect("report-follow")
    text, files = request.POST.get("text", ""), request.FILES.getlist("files")
    try:
        actions.add(tip, text, files, request.POST.get("key", ""))
    except Problem as problem:
        return _page(request, tip, problem)
    return redirect("report-follow")


@never_cache
@sensitive_post_parameters(*PRIVATE)
@require_POST
def claim(request: HttpRequest) -> HttpResponse:
    """Claim a reward by a receipt."""
    tip = _opened(request)
    if tip is None:
        return redirect("report-follow")
    try:
        actions.claim_reward(tip, {name: request.POST.get(name, "") for name in IDENTITY})
    except Problem as problem:
        return _page(request, tip, problem)
    return redirect("report-follow")


@require_POST
def leave(request: HttpRequest) -> HttpResponse:  # noqa: ARG001
    """Close what a receipt opened: on a shared phone nothing stays behind."""
    answer = redirect("report-follow")
    answer.delete_cookie(COOKIE, path=reverse("report"), samesite="Strict")
    return answer


@require_GET
def figures_page(request: HttpRequest) -> HttpResponse:
    """Show what is published of tip-offs: a year of each body that receives them, small numbers left out."""
    this_year, text = now().year, request.GET.get("year", "")
    years = [str(this_year - n) for n in range(YEARS)]
    if text and text not in years:
        raise Problem("ZS709", name="year", value=text)
    told = [(body, figures.published(body, int(text or this_year))) for body in queries.receivers()]
    return render(request, "web/report_figures.html", {"told": told, "years": years, "year": text or str(this_year)})
