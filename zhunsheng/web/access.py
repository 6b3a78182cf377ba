"""What a view starts from: a reader who is logged in, may do it, and the reader's scope."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.grants.actions import note_list, note_use
from zhunsheng.web import signins

View = Callable[..., HttpResponse]
READS = frozenset({"GET", "HEAD"})


def page(*verbs: Verb) -> Callable[[View], View]:
    """Require a login and rights, and put the reader's scope on the request as ``request.scope``."""

    def wrap(view: View) -> View:
        @member
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            for verb in verbs:
                check_may(request.user, verb)
            whole = scope(request.user)
            # what others granted is read and never acted on: a request that changes something does not meet it
            request.scope = whole if request.method in READS else whole.own
            walls.narrow(walls.wall_of(request.scope))
            response = view(request, *args, **kwargs)
            _note(request)
            return response

        return wrapped

    return wrap


def _note(request: HttpRequest) -> None:
    """Leave evidence of the grants by which a page was answered, before it leaves the site."""
    if request.scope.used:
        note_list(request.user, request.scope.used)
    for subject, grant in request.scope.opened:
        note_use(request.user, grant, subject)


def member(view: View) -> View:
    """Require a login; afterwards the reader is led back to the page, for a form to the page that it stood on."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _by_way_of(request, settings.LOGIN_URL)

    return wrapped


def sure(view: View) -> View:
    """Require that the holder of the account has proved to be there a short while ago; else ask, and come back."""

    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs) if signins.is_sure(request) else _by_way_of(request, "confirm")

    return wrapped


def _by_way_of(request: HttpRequest, name: str) -> HttpResponse:
    """Lead to a page and from there back; where a script asked for a part of a page, the whole page goes."""
    part = getattr(request, "htmx", None)
    back = request.get_full_path() if request.method in ("GET", "HEAD") and not part else _form_page(request)
    address = f"{reverse(name)}?{urlencode({'next': back}, safe='/')}"
    return HttpResponse(headers={"HX-Redirect": address}) if part else HttpResponseRedirect(address)


def _form_page(request: HttpRequest) -> str:
    """The page that a form stood on, as the browser tells it; another site's is not followed."""
    told = request.headers.get("Referer", "")
    if not _own(request, told):
        return reverse(settings.LOGIN_REDIRECT_URL)
    parts = urlsplit(told)
    return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"


def _own(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())


def next_address(request: HttpRequest, otherwise: str = "") -> str:
    """Return the address of this site that a form asks to go on to; another site's is not followed."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if _own(request, wanted) else otherwise or reverse(settings.LOGIN_REDIRECT_URL)
