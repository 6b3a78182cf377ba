"""Logins of the site: two steps, then a session with a row of its own that the holder and administrators can end."""

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from zhunsheng.casework.accounts import actions, policies, queries
from zhunsheng.casework.accounts.models import SignIn
from zhunsheng.casework.accounts.states import Way
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.outbox.actions import deed
from zhunsheng.kernel.time import epoch_seconds, now

BACKEND = "django.contrib.auth.backends.ModelBackend"
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"), ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("Linux", "Linux"),
)  # fmt: skip


def watch() -> None:
    """Follow every login and logout of the process, whichever way they happen."""
    user_logged_in.connect(_entered, dispatch_uid="zhunsheng.signins.entered")
    user_logged_out.connect(_left, dispatch_uid="zhunsheng.signins.left")


def first_step(request: HttpRequest, user: User, way: Way, address: str, *, alone: bool = False) -> bool:
    """Take a proved password or single sign-on. Return whether the login is complete; else a second step follows.

    ``alone``: the provider has asked for a second factor itself, and this site takes its word for it.
    The name of the session changes here already: what a stranger planted in a browser ends before anything is known.
    Raises Problem ZS760 for a locked account.
    """
    policies.check_unlocked(user)
    if alone or not policies.factors(user):
        enter(request, user, way, address)
        return True
    request.session.flush()
    mark = user.get_session_auth_hash()
    request.session["half"] = {"user": user.pk, "way": way, "at": epoch_seconds(now()), "mark": mark}
    return False


def half(request: HttpRequest) -> tuple[User, str] | None:
    """Return who has taken the first step in this session, and by which way; None when nobody has, or too long ago.

    A step that was taken with a password which has changed since counts no more.
    """
    kept = request.session.get("half")
    if not kept or epoch_seconds(now()) - kept["at"] > settings.SECOND_STEP_SECONDS:
        return None
    user = User.objects.filter(pk=kept["user"], is_active=True).first()
    fresh = user is not None and constant_time_compare(kept.get("mark", ""), user.get_session_auth_hash())
    return (user, kept["way"]) if user and fresh else None


def by_code(user: User, given: str) -> Way | None:
    """Return whether a code of the device or a recovery code proves the holder, using it up; None when neither does."""
    if actions.use_code(user, given):
        return Way.CODE
    return Way.RECOVERY if actions.use_recovery_code(user, given) else None


def enter(request: HttpRequest, user: User, way: str, address: str) -> None:
    """Log in; session row, evidence and the moment of login stand or fall together."""
    request.way, request.login_address = way, address
    with deed():
        login(request, user, backend=BACKEND)


def leave(request: HttpRequest, why: str) -> None:
    """Log out, and say why."""
    request.why = why
    logout(request)


def current(request: HttpRequest) -> SignIn | None:
    """Return the open row of the request's session."""
    request.sign_in = queries.open_sign_in(request.user, request.session.get("sign_in", ""))
    return request.sign_in


def seen(request: HttpRequest) -> None:
    """Keep that a session is in use, so that the list of logins leaves out those that have run out."""
    actions.note_seen(request.session.get("sign_in", ""))


def confirm(request: HttpRequest) -> None:
    """Keep the moment at which the holder of the account proved to be there."""
    request.session["sure_at"] = epoch_seconds(now())


def is_sure(request: HttpRequest) -> bool:
    """Whether the holder has proved to be there within the time that sensitive deeds allow."""
    return epoch_seconds(now()) - request.session.get("sure_at", 0) <= settings.CONFIRM_SECONDS


def _entered(request: HttpRequest, user: User, **_kwargs: Any) -> None:
    way, address = getattr(request, "way", Way.SITE), getattr(request, "login_address", "")
    row = actions.open_sign_in(user, way, device(request.headers.get("User-Agent", "")), address)
    request.session.pop("half", None)
    request.session["sign_in"] = row.key
    confirm(request)


def _left(request: HttpRequest, user: User | None, **_kwargs: Any) -> None:
    row = queries.open_sign_in(user, request.session.get("sign_in", "")) if user else None
    if row:
        actions.end_sign_in(user, row, getattr(request, "why", "logged_out"))


def device(agent: str) -> str:
    """Return browser and system in words, as far as a browser names them; nothing else of what it says is kept."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    version = re.search(rf"{'Edg' if browser == 'Edge' else browser}/(\d+)", agent) if browser else None
    return " · ".join(part for part in (f"{browser} {version[1]}" if version else browser, system) if part)
