"""The desk on a page: an order judged while it is typed; what was told; keys of institutions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.desk import actions, queries
from zhunsheng.casework.desk.policies import PER_MINUTE
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import desk, orders, outside
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import english
from zhunsheng.web.views.errors import problem_context

#: Items offered while someone types, and rows of a page of reminders.
OFFERED, ROWS = 20, 50
VISITS = ("outpatient", "emergency", "inpatient", "pharmacy", "internet")


@page(Verb.ASK_DESK)
def desk_page(request: HttpRequest) -> HttpResponse:
    """Show the form, or judge what is typed so far; a browser with scripts takes the answer alone."""
    given = orders.typed(request.POST, now().date().isoformat())
    bodies = _bodies(request)
    try:
        answered = _answered(request, given, bodies)
    except Problem as problem:
        if not request.htmx or problem.code != "ZS740":
            raise
        # seconds after a start: the part says that nothing was judged, and asks again by itself
        return render(request, "web/parts/desk/loading.html", problem_context(problem))
    form = {"given": given} if request.htmx else _form(request, given, bodies)
    context: dict[str, Any] = {**form, **answered}
    return render(request, "web/parts/desk/told.html" if request.htmx else "web/desk.html", context)


@require_POST
@page(Verb.ASK_DESK)
def respond(request: HttpRequest) -> HttpResponse:
    """Keep the typed order's reminders, and what was done about one of them. Raises Problem ZS713, ZS746."""
    given = orders.typed(request.POST, now().date().isoformat())
    bodies = _bodies(request)
    kind, _, finding_id = request.POST.get("answer", "").partition(" ")
    asked, faults = orders.order(given, "en" if english() else "zh")
    if asked is None or not finding_id.isalnum():
        raise Problem("ZS713")
    asker = _asker(request, given, bodies)
    answer = desk.ask(asked, asker)
    told = next((one for one in answer["findings"] if one["finding_id"] == finding_id), None)
    if told is None:
        raise Problem("ZS745", reminder=finding_id)
    reason = request.POST.get(f"reason-{finding_id}", "")
    desk.respond(asker, [(told["reminder"], kind, reason)], request.user.login)
    told["response"] = {"kind": kind, "reason": reason.strip()}
    form = {"given": given} if request.htmx else _form(request, given, bodies)
    context = {**form, "answer": answer, "faults": faults}
    return render(request, "web/parts/desk/told.html" if request.htmx else "web/desk.html", context)


@page(Verb.ASK_DESK)
def items(request: HttpRequest) -> HttpResponse:
    """Offer the items of the rule book that hold a text in code or name."""
    text = next((one.strip() for one in reversed(request.GET.getlist("item_code")) if one.strip()), "")
    text = request.GET.get("q", text).strip()
    known = desk.desk().in_force(1.0).items if text else {}
    wanted = text.casefold()
    found = [(code, name) for code, name in known.items() if wanted in name.casefold() or code.startswith(text)]
    return render(request, "web/parts/desk/items.html", {"found": sorted(found)[:OFFERED]})


@page(Verb.ASK_DESK)
def reminders(request: HttpRequest) -> HttpResponse:
    """List what was told, newest first, with what was answered."""
    desk.take_over()
    rows = queries.reminders(request.scope)
    pages = Pages(page_number(request), ROWS, rows.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    known = book().rules
    shown = [(one, known.get(one.rule_id)) for one in rows[max(0, pages.first - 1) : pages.last]]
    context = {"rows": shown, "pages": pages, "counted": queries.counted(request.scope)}
    return render(request, "web/reminders.html", context)


@page(Verb.MANAGE_KEYS)
def keys(request: HttpRequest) -> HttpResponse:
    """List the keys in view; make one. The secret is on this one page and nowhere else."""
    secret = ""
    if request.method == "POST":
        body = queries.institutions(request.scope).filter(pk=_number(request, "body")).first()
        if body is None:
            raise Problem("ZS701")
        limit = _number(request, "per_minute")
        secret = actions.make_key(request.user, body, request.POST.get("name", ""), limit)[1]
    context = {
        "keys": queries.keys(request.scope),
        "bodies": queries.institutions(request.scope),
        "secret": secret,
        "per_minute": PER_MINUTE,
    }
    return render(request, "web/keys.html", context)


@require_POST
@page(Verb.MANAGE_KEYS)
def revoke(request: HttpRequest, pk: int) -> HttpResponse:
    """End a key."""
    key = queries.key(request.scope, pk)
    if key is None:
        raise Problem("ZS701")
    actions.revoke_key(request.user, key)
    desk.forget(key)
    return redirect("desk-keys")


def _number(request: HttpRequest, name: str) -> int:
    text = request.POST.get(name, "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise Problem("ZS713")
    return int(text)


def _bodies(request: HttpRequest) -> list[Body]:
    """Return the institutions in whose name the reader may ask: one's own, or those in view."""
    own = request.user.body
    if own.kind == BodyKind.INSTITUTION:
        return [own]
    return list(queries.institutions(request.scope))


def _form(request: HttpRequest, given: dict[str, Any], bodies: list[Body]) -> dict[str, Any]:
    """Return what the form shows: what was typed, in whose name one may ask, and who may perform an order outside."""
    chosen = next((one for one in bodies if one.institution_code == given["institution"]), next(iter(bodies), None))
    offered = outside.choices(request.scope, chosen.institution_code) if chosen else []
    return {"given": given, "bodies": bodies, "visits": VISITS, "outside": offered}


def _asker(request: HttpRequest, given: dict[str, Any], bodies: list[Body]) -> desk.Asker:
    """Return in whose name an order is asked about. Raises Problem ZS701 for an institution out of view."""
    wanted = given["institution"]
    chosen = next((one for one in bodies if not wanted or one.institution_code == wanted), None)
    if chosen is None:
        raise Problem("ZS701")
    return desk.Asker(request.user, chosen, chosen.institution_code)


def _answered(request: HttpRequest, given: dict[str, Any], bodies: list[Body]) -> dict[str, Any]:
    """Return the answer to what is typed so far; nothing while there is nothing to judge."""
    if request.method != "POST" or not bodies or not orders.ready(given):
        return {"answer": None, "faults": []}
    asked, faults = orders.order(given, "en" if english() else "zh")
    if asked is None:
        return {"answer": None, "faults": faults}
    return {"answer": desk.ask(asked, _asker(request, given, bodies), keep=False), "faults": []}
