"""Single sign-on: to the provider and back. Who comes back has an account here already, or does not get in."""

from __future__ import annotations

import secrets

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from zhunsheng.casework.accounts import actions
from zhunsheng.casework.accounts.policies import check_may_try
from zhunsheng.casework.accounts.states import Way
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.outbox.actions import Process, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import epoch_seconds, now
from zhunsheng.web import oidc, signins
from zhunsheng.web.access import next_address
from zhunsheng.web.views.account import address_of, onward


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Lead to the provider; to confirm a session the person has to prove anew to be there, and not its browser.

    Raises Problem ZS701 where none is set up.
    """
    if not settings.OIDC["issuer"]:
        raise Problem("ZS701")
    asked = oidc.ask(next_address(request), epoch_seconds(now()) if request.user.is_authenticated else 0)
    request.session["sso"] = asked.as_dict()
    return HttpResponseRedirect(oidc.address(asked, _back(request)))


def _back(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("sso-back"))


@never_cache
@require_GET
def back(request: HttpRequest) -> HttpResponse:
    """Take who comes back: log in, or confirm the session that asked.

    Raises Problem ZS701 where no provider is set up, ZS704, ZS760, ZS767, ZS768.
    """
    if not settings.OIDC["issuer"]:
        raise Problem("ZS701")
    kept = request.session.pop("sso", None)
    state = request.GET.get("state", "")
    if kept is None or not secrets.compare_digest(kept["state"].encode(), state.encode()):
        raise Problem("ZS767")
    asked = oidc.Asked(**kept)
    check_may_try("", address_of(request))
    said = oidc.answer(asked, request.GET.get("code", "")[:4000], _back(request))
    user = _account(request, said)
    if request.user.is_authenticated:
        if not asked.since:  # asked for before a login in another tab: that proves nobody anew
            return HttpResponseRedirect(asked.next)
        return _confirm(request, user, asked.next)
    strong = settings.OIDC["factor"] and said.strong
    complete = signins.first_step(request, user, Way.SINGLE_SIGN_ON, address_of(request), alone=strong)
    return onward(asked.next, complete=complete)


def _account(request: HttpRequest, said: oidc.Answer) -> User:
    """The account of a login that the provider vouches for; it stays bound to its subject there."""
    user = User.objects.filter(login__iexact=said.login).first()
    try:
        actions.bind_identity(user, said.issuer, said.subject)
    except Problem:
        bodies.note_failure(Process("sso"), said.login, address_of(request))
        raise
    return user


def _confirm(request: HttpRequest, user: User, onto: str) -> HttpResponse:
    """A session that asked for a confirmation gets it from its own holder only. Raises Problem ZS768."""
    if user.pk != request.user.pk:
        raise Problem("ZS768")
    with deed():
        actions.note_confirmed(user, Way.SINGLE_SIGN_ON)
        signins.confirm(request)
    return HttpResponseRedirect(onto)
