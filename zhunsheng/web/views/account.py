"""Login, logout, language."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.policies import check_may_try
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import next_address


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login_page(request: HttpRequest) -> HttpResponse:
    """Log in with name and password; too many failures make the name wait."""
    if request.user.is_authenticated:
        return HttpResponseRedirect(next_address(request))
    wrong, name = "", request.POST.get("login", "").strip()[:60]
    if request.method == "POST":
        wrong = _try(request, name)
        if not wrong:
            return HttpResponseRedirect(next_address(request))
    context = {"wrong": wrong, "login": name, "next": request.POST.get("next", request.GET.get("next", ""))}
    return render(request, "web/login.html", context, status=401 if wrong else 200)


def _try(request: HttpRequest, name: str) -> str:
    """Log in; return what went wrong, or nothing."""
    address = address_of(request)
    try:
        check_may_try(name, address)
    except Problem as problem:
        texts = problem.as_dict("en" if request.LANGUAGE_CODE == "en" else "zh")
        return f"{texts['message']}。" if request.LANGUAGE_CODE != "en" else f"{texts['message']}."
    user = authenticate(request, username=name, password=request.POST.get("password", ""))
    if user is None:
        actions.note_failure(Process("login"), name, address)
        return _("登录名或密码不正确。")
    actions.note_login(user, name, address)
    login(request, user)
    return ""


def address_of(request: HttpRequest) -> str:
    """Return where a request comes from; behind a proxy the last hop, which the proxy itself has written."""
    last = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip() if settings.BEHIND_PROXY else ""
    return last or request.META.get("REMOTE_ADDR", "")


@require_POST
def logout_page(request: HttpRequest) -> HttpResponse:
    """End the session."""
    logout(request)
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
