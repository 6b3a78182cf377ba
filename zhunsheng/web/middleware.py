"""Middleware: one log line per request, content policy, the reader's language, idle log-off, problem pages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import translation

from zhunsheng.casework.accounts.policies import outstanding
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import Verb, may, remembering
from zhunsheng.casework.logs import logger
from zhunsheng.casework.metrics.counted import REQUESTS
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import epoch_seconds, now
from zhunsheng.web import signins
from zhunsheng.web.answers import json_answer
from zhunsheng.web.views.errors import problem_page

Respond = Callable[[HttpRequest], HttpResponse]
log = logger("web")
#: Where orders are asked about; with their history they are larger than a form.
ORDERS = ("/api/desk/", "/fsi/")
#: Answered in JSON, whatever is wrong.
PROGRAMS = ("/api/", "/fsi/")
#: What an account may open while something is outstanding: the pages that settle it, and the way out.
ALWAYS = frozenset(
    {
        "account", "account-password", "account-code", "account-passkey", "account-passkey-options", "account-codes",
        "confirm", "login-options", "logout", "language", "errors", "error", "health", "metrics",
    }
)  # fmt: skip
#: Where files are added to a case; the case itself limits each of them.
CASE_FILES = re.compile(
    r"/cases/[0-9]{1,18}/files|/onsite/[0-9]{1,18}/photos|/portal/paper|/vendors/[0-9A-Za-z]{1,40}/add/paper"
)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; manifest-src 'self'"
)


class RequestLog:
    """Gives each request an id and logs its route, never its path: a path may name a record."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        given = request.headers.get("X-Request-ID", "")
        request.id = given if re.fullmatch(r"[0-9a-f-]{8,36}", given) else uuid.uuid4().hex
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=request.id)
        began = perf_counter()
        response = self.respond(request)
        response["X-Request-ID"] = request.id
        match = request.resolver_match
        route, took = match.view_name if match else None, perf_counter() - began
        REQUESTS.labels(route or "", str(response.status_code)).observe(took)
        log.info(
            "request",
            method=request.method,
            route=route,
            status=response.status_code,
            ms=round(took * 1000, 1),
            user=request.user.pk if getattr(request, "user", None) else None,
        )
        return response


class Walls:
    """Within a request the database shows nothing until the reader's scope is known, and duties are asked once."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        with walls.within(walls.NOTHING), remembering():
            return self.respond(request)


class Reporters:
    """Who reports is nobody, also with an account: neither log, session nor sign-in meets the pages of reporters."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if f"{request.path}/".startswith(f"{reverse('report')}/"):
            request.user = AnonymousUser()
        return self.respond(request)


class ContentPolicy:
    """Nothing runs and nothing is styled but files of this site; records are not kept by caches on the way."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        response = self.respond(request)
        response.setdefault("Content-Security-Policy", POLICY)
        response.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        if not request.path.startswith(settings.STATIC_URL):
            response.setdefault("Cache-Control", "private, no-store")
        return response


class ReaderLanguage:
    """Pages speak the account's language; before login the cookie's, then Chinese."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        if request.user.is_authenticated:
            chosen = request.user.language
        known = dict(settings.LANGUAGES)
        with translation.override(chosen if chosen in known else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.respond(request)
            response.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class IdleLogOff:
    """Ends a session that was idle for too long; the moment of last use is stored once a minute at most."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.user.is_authenticated:
            moment, last = epoch_seconds(now()), request.session.get("last_used", 0)
            if last and moment - last > settings.IDLE_SECONDS:
                signins.leave(request, "idle")
            elif moment - last > 60:
                request.session["last_used"] = moment
                signins.seen(request)
        return self.respond(request)


class OpenSignIn:
    """A session lives as long as its row says, so that it can be ended from elsewhere; then: what has to be done first.

    A password to change or a second factor to add comes before every page but those that do it.
    """

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if request.user.is_authenticated and not signins.current(request):
            logout(request)
        return self.respond(request)

    def process_view(self, request: HttpRequest, *_view: Any) -> HttpResponse | None:
        """Lead to what is outstanding."""
        if not request.user.is_authenticated or request.resolver_match.view_name in ALWAYS:
            return None
        due = outstanding(request.user)
        return redirect("account-password" if due == "password" else "account") if due else None


class UploadGate:
    """Refuses a large body before anything reads it, but for an import by someone who may import."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        most = _most_bytes(request.path)
        if (not length.isdecimal() or int(length) > most) and not self._may_upload(request):
            problem = Problem("ZS717", limit=f"{most // 1024} KB")
            if request.path.startswith(PROGRAMS):
                return json_answer(problem.as_dict(), 413)
            return problem_page(request, problem)
        return self.respond(request)

    @staticmethod
    def _may_upload(request: HttpRequest) -> bool:
        if request.path == reverse("verify"):  # a stranger's copy, which is hashed and not kept
            length = request.META.get("CONTENT_LENGTH") or ""
            return length.isdecimal() and int(length) <= settings.CHECK_LIMITS["bytes"]
        verb = _uploading(request.path)
        return verb is not None and request.user.is_authenticated and may(request.user, verb)


def _most_bytes(path: str) -> int:
    """Return how large a body may be that anyone sends there: a report of the public carries a few files."""
    if path in (reverse("report"), reverse("report-add"), reverse("tip-new")):
        return int(settings.TIP_LIMITS["body_bytes"])
    return int(settings.UPLOAD_LIMITS["order_bytes" if path.startswith(ORDERS) else "body_bytes"])


def _uploading(path: str) -> Verb | None:
    """Return what one must be allowed to send a large body there; None where nobody may."""
    if path == reverse("imports"):
        return Verb.IMPORT_FILES
    return Verb.READ_CASES if CASE_FILES.fullmatch(path) else None


class ProblemPages:
    """Turns a Problem into its page, and an unforeseen error into a page with the request's id."""

    def __init__(self, respond: Respond) -> None:
        self.respond = respond

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request. A form's address that is opened by hand, or after a new login, has a page to say so."""
        response = self.respond(request)
        if response.status_code == 405 and request.method == "GET" and not response.content:
            told = problem_page(request, Problem("ZS701"))
            response.content, response["Content-Type"] = told.content, told["Content-Type"]
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Answer for an exception of a view."""
        if isinstance(error, Problem):
            log.info("problem", code=error.code)
            return problem_page(request, error)
        log.error("view failed", exc_info=error)
        return None
