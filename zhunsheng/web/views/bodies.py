"""Bodies: the list in view, and the form that registers one."""

from __future__ import annotations

from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from zhunsheng.casework.bodies import actions, queries
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.web.access import page, sure
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.account import said

ROWS = 100
FIELDS = ("kind", "name", "name_en", "code", "region")


@require_http_methods(["GET", "POST"])
@page(Verb.READ_PEOPLE)
def body_list(request: HttpRequest) -> HttpResponse:
    """List the bodies in view with how many people each has; register one."""
    if request.method == "POST":
        check_may(request.user, Verb.MANAGE_PEOPLE)
        return _register(request)
    return _list(request, {})


@sure
def _register(request: HttpRequest) -> HttpResponse:
    given = {name: kept(request.POST.get(name, ""))[:120] for name in FIELDS}
    try:
        actions.create_body(
            request.user,
            given["kind"],
            given["name"],
            code=given["code"][:40],
            region=given["region"],
            name_en=given["name_en"],
        )
    except Problem as problem:
        return _list(request, {"wrong": said(problem), "mend": said(problem, "mend"), "given": given}, 409)
    return redirect("bodies")


def _list(request: HttpRequest, more: dict[str, object], status: int = 200) -> HttpResponse:
    found = queries.bodies(request.scope).annotate(people=Count("users"))
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    shown = found[max(0, pages.first - 1) : pages.last]
    context = {"bodies": shown, "pages": pages, "kinds": BodyKind.choices, "given": {}, **more}
    return render(request, "web/bodies.html", context, status=status)
