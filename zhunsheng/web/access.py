"""What a view starts from: a reader who is logged in, may do it, and the reader's scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.bodies.scope import scope

View = Callable[..., HttpResponse]


def page(verb: Verb) -> Callable[[View], View]:
    """Require a login and a right, and put the reader's scope on the request as ``request.scope``."""

    def wrap(view: View) -> View:
        @login_required
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            check_may(request.user, verb)
            request.scope = scope(request.user)
            walls.narrow(walls.wall_of(request.scope))
            return view(request, *args, **kwargs)

        return wrapped

    return wrap


def next_address(request: HttpRequest, otherwise: str = "") -> str:
    """Return the address of this site that a form asks to go on to; another site's is not followed."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        return wanted
    return otherwise or reverse(settings.LOGIN_REDIRECT_URL)
