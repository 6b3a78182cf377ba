"""Login in one or two steps, logout, language."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.accounts.policies import check_may_try, holder
from zhunsheng.casework.accounts.queries import security_of
from zhunsheng.casework.accounts.states import Way
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.outbox.actions import Process, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.web import passkeys, signins
from zhunsheng.web.access import next_address
from zhunsheng.web.templatetags.words import english


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """Log in with name and password; too many failures make the name wait."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_address(request))
    wrong, name = "", kept(request.POST.get("login", ""))[:60]
    if request.method == "POST":
        try:
            wrong, complete = _try(request, name)
        except Problem as problem:
            wrong, complete = said(problem), False
        if not wrong:
            return onward(next_address(request), complete=complete)
    context = {"wrong": wrong, "login": name, "next": _next(request), "sso": settings.OIDC}
    return render(request, "web/login.html", context, status=401 if wrong else 200)


def _try(request: HttpRequest, name: str) -> tuple[str, bool]:
    """Take the first step; return what went wrong, or nothing, and whether the login is complete."""
    address = address_of(request)
    check_may_try(name, address)
    user = holder(name, request.POST.get("password", ""))
    if user is None:
        actions.note_failure(Process("login"), name, address)
        return _("登录名或密码不正确。"), False
    return "", signins.first_step(request, user, Way.PASSWORD, address)


def onward(address: str, *, complete: bool) -> HttpResponse:
    """Go on to where a login was asked from, or to the second step and then there."""
    return HttpResponseRedirect(address) if complete else redirect_with_next("login-second", address)


def redirect_with_next(name: str, address: str) -> HttpResponse:
    """Lead to a page that leads on to an address."""
    return redirect(f"{reverse(name)}?{urlencode({'next': address}, safe='/')}")


def _next(request: HttpRequest) -> str:
    return request.POST.get("next", request.GET.get("next", ""))


def said(problem: Problem, part: str = "message") -> str:
    """What happened, or ``mend``: what to do about it, as one sentence in the reader's language."""
    return f"{problem.as_dict('en')[part]}." if english() else f"{problem.as_dict()[part]}。"


@never_cache
@sensitive_post_parameters("code", "credential")
@require_http_methods(["GET", "POST"])
def second_page(request: HttpRequest) -> HttpResponse:
    """The second step: a code of the device, a recovery code, or a passkey."""
    begun = signins.half(request)
    if begun is None:
        return redirect_with_next("login", next_address(request))
    user, first = begun
    wrong = ""
    if request.method == "POST":
        wrong = _try_second(request, user, first)
        if not wrong:
            return HttpResponseRedirect(next_address(request))
    context = {"wrong": wrong, "next": _next(request), "holder": user, "has": security_of(user)}
    return render(request, "web/login_second.html", context, status=401 if wrong else 200)


def _try_second(request: HttpRequest, user: User, first: str) -> str:
    """Log in by the second factor; return what went wrong, or nothing."""
    address = address_of(request)
    try:
        with deed():
            way = proved(request, user, address)
            if way:
                signins.enter(request, user, f"{first}+{way}", address)
    except Problem as problem:
        return said(problem)
    if way is None:
        actions.note_failure(Process("login"), user.login, address)
        return _("验证未通过。动态口令每 30 秒更换，用过的不能再用。")
    return ""


def proved(request: HttpRequest, user: User, address: str) -> Way | None:
    """Return by which factor a form proves that its sender holds the account, or None. Raises Problem ZS704."""
    check_may_try(user.login, address)
    credential = request.POST.get("credential", "")
    if credential:
        return Way.PASSKEY if passkeys.used(request, user, credential) else None
    return signins.by_code(user, request.POST.get("code", "")[:40])


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; behind a proxy the last hop, which the proxy itself has written."""
    last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    return last or request.META.get("REMOTE_ADDR", "")


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    """End the session."""
    signins.leave(request, "logged_out")
    return redirect("login")


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Switch the language and stay on the page."""
    chosen = request.POST.get("language", "")
    if chosen not in dict(settings.LANGUAGES):
        raise Problem("ZS709", name="language", value=chosen)
    if request.user.is_authenticated:
        actions.choose_language(request.user, chosen)
    response = HttpResponseRedirect(next_address(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        chosen,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


@require_GET
def start_page(request: HttpRequest) -> HttpResponse:
    """Where a reader without findings begins."""
    return render(request, "web/start.html")
