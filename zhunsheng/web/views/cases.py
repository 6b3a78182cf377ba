"""Cases: what waits for the reader, all of them, one case with what may be done now, and the steps themselves.

A refused step shows the case as it is now with the words that were typed still in the form.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.book.cycles import Cycle, Input
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import actions, library, queries
from zhunsheng.casework.cases.models import Case, Proposal
from zhunsheng.casework.documents import queries as documents
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.points.queries import points_of
from zhunsheng.casework.seals import queries as seals
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, casemoney, choosing, documentforms
from zhunsheng.web.access import page
from zhunsheng.web.beside import beside
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views import points
from zhunsheng.web.views.errors import problem_context

ROWS = 50
SHOWS = ("waiting", "open", "late", "all")
#: Life-cycles of vendors, and the meetings about them, have forms of their own.
ABOUT_VENDORS = {
    "vendor_entry": "vendor-new", "service_agreement": "agreement-new", "service_line": "vendors",
    "vendor_review": "vendors", "negative_entry": "vendors", "joint_meeting": "meeting-new",
}  # fmt: skip
#: Findings that a clue opened from a list may hold, as the life-cycle limits it.
MOST_FINDINGS = 500


@page(Verb.READ_CASES)
def case_list(request: HttpRequest) -> HttpResponse:
    """List cases: those in which it is the reader's turn, the open, the late, or all in view."""
    wanted, known = _wanted(request), library.cycles()
    found = _listed(request, wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    names = {one.institution_id: one.name for one in request.scope.places()}
    rows = queries.part(found, pages.first, pages.last)
    context = {
        **wanted,
        "wanted": {name: value for name, value in wanted.items() if value},
        "shows": [("waiting", _("待我办理")), ("open", _("在办")), ("late", _("逾期")), ("all", _("全部"))],
        "cycles": list(known.values()),
        "places": request.scope.places(),
        "rows": [_row(one, names) for one in rows],
        "pages": pages,
        "openings": queries.openings(request.user),
    }
    return render(request, "web/cases.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what of the cases is asked for. Raises Problem ZS709 for a word that is none."""
    wanted = {name: request.GET.get(name, "") for name in ("show", "cycle", "institution")}
    wanted["show"] = wanted["show"] or "waiting"
    if wanted["show"] not in SHOWS:
        raise Problem("ZS709", name="show", value=wanted["show"])
    if wanted["cycle"] and wanted["cycle"] not in library.cycles():
        raise Problem("ZS709", name="cycle", value=wanted["cycle"])
    return wanted


def _listed(request: HttpRequest, wanted: dict[str, str]) -> QuerySet[Case]:
    narrowed = {"cycle": wanted["cycle"], "institution_id": wanted["institution"]}
    narrowed = {name: value for name, value in narrowed.items() if value}
    if wanted["show"] == "waiting":
        return queries.waiting(request.scope, request.user).filter(**narrowed)
    found = queries.cases(request.scope, late_on=now().date() if wanted["show"] == "late" else None)
    return (found.filter(closed_at=None) if wanted["show"] == "open" else found).filter(**narrowed)


def _row(case: Case, names: dict[str, str]) -> dict[str, Any]:
    life, day = case.life, now().date()
    return {
        "case": case,
        "life": life,
        "state": life.state(case.state),
        "about": names.get(case.institution_id) or str(case.subject_body or case.institution_id),
        "days_left": (case.due_on - day).days if case.due_on and not case.closed_at else None,
    }


@page(Verb.READ_CASES)
def new_case(request: HttpRequest) -> HttpResponse:
    """Show the form that opens a case, or open one."""
    cycle = library.cycle(request.POST.get("cycle") or request.GET.get("cycle", ""))
    if cycle.name == "tip_off":  # a tip-off has a receipt and may have a sealed identity: it has a form of its own
        return redirect("tip-new")
    if cycle.name in ABOUT_VENDORS:  # these are opened from the vendor's file
        return redirect(ABOUT_VENDORS[cycle.name])
    if cycle not in queries.openings(request.user):
        raise Problem("ZS702")
    origin = _origin(request)
    if request.method == "POST":
        given = caseforms.read(cycle.opening.needs, request.POST)
        try:
            made = actions.open_case(
                request.user,
                cycle.name,
                given,
                body=request.user.body,
                institution_id=_place(request),
                origin=origin,
                key=request.POST.get("key", ""),
            )
        except Problem as problem:
            return _form(request, cycle, origin, given, problem)
        return redirect("case", pk=made.pk)
    asked = {name: value for name, value in caseforms.read(cycle.opening.needs, request.GET).items() if value}
    return _form(request, cycle, origin, _prefilled(request, cycle, origin) | asked)


def _form(
    request: HttpRequest, cycle: Cycle, origin: Case | None, given: dict[str, Any], problem: Problem | None = None
) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    context = {
        **told,
        "cycle": cycle,
        "origin": origin,
        "fields": caseforms.fields(cycle.opening.needs, caseforms.around(request.user.body), given),
        "places": request.scope.places(),
        "institution": request.POST.get("institution") or request.GET.get("institution", ""),
        "key": uuid.uuid4().hex,
        "body": request.user.body,
    }
    return render(request, "web/case_new.html", context, status=told["status"])


def _place(request: HttpRequest) -> str:
    """Return the institution a form names. Raises Problem ZS701 for one outside the scope."""
    wanted = request.POST.get("institution", "")
    if wanted and not request.scope.sees(wanted):
        raise Problem("ZS701")
    return wanted


def _origin(request: HttpRequest) -> Case | None:
    """Return the case that another one follows. Raises Problem ZS701 outside the scope."""
    text = request.POST.get("origin") or request.GET.get("origin", "")
    if not text:
        return None
    found = queries.one(request.scope, int(text)) if text.isdecimal() and len(text) < 19 else None
    if found is None or found.body_id != request.user.body_id:
        raise Problem("ZS701")
    return found


def _prefilled(request: HttpRequest, cycle: Cycle, origin: Case | None) -> dict[str, Any]:
    """Return what is known already: of the case that this one follows, or of a group of findings."""
    inputs = {one.id: one for one in cycle.opening.needs}
    if origin is not None:
        named = {name: request.GET.get(name, "") for name in ("practitioner",) if name in inputs}
        ground = {"ground": origin.number} if "ground" in inputs else {}
        return _of_origin(request, inputs, origin) | named | ground
    rule, month, place = (request.GET.get(name, "") for name in ("rule", "month", "institution"))
    if "findings" not in inputs or not rule or not request.scope.sees(place):
        return {}
    with request.scope.lake() as reader:
        rows = findings.of_group(reader, place, rule, month, MOST_FINDINGS)
        names = {one["rule_id"]: tongue(one, "name") for one in findings.rules(reader)}
    told = {"rule": names.get(rule, rule), "month": month or _("全部月份"), "n": len(rows)}
    return {
        "source": "finding",
        "findings": [row["finding_id"] for row in rows],
        "summary": _("{rule}，{month}，{n} 条疑点").format(**told),
        "at_stake_fen": yuan(sum(row["amount_fen"] for row in rows)).replace(",", ""),
    }


def _of_origin(request: HttpRequest, inputs: dict[str, Input], origin: Case) -> dict[str, Any]:
    """Return of the fields of a case those that the next one asks for too, as a form holds them; the latest counts."""
    given: dict[str, Any] = {}
    for shown in queries.timeline(request.scope, origin):
        given |= {key: value for key, value in shown.fields.items() if key in inputs and key != "reason"}
    return {key: _in_form(inputs[key], value) for key, value in given.items()}


def _in_form(one: Input, value: Any) -> Any:
    if one.kind == "amount":
        return yuan(value).replace(",", "")
    return [str(part) for part in value] if isinstance(value, list) else value


@page(Verb.READ_CASES)
def case(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a case; the address may name a step and fill its form: ``?step=merge&f-other_case=...``."""
    found, name = _one(request, pk), request.GET.get("step", "")
    request.scope.open_case(f"case:{found.pk}", queries.sights(request.scope, found))
    step = next((one for one in queries.allowed(found, request.user) if one.move == name), None)
    if step is None:
        return _page(request, found)
    return _page(request, found, asked=name, given=caseforms.read(step.fields, request.GET))


def _one(request: HttpRequest, pk: int) -> Case:
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


def _page(
    request: HttpRequest,
    found: Case,
    *,
    problem: Problem | None = None,
    asked: str = "",
    given: dict[str, Any] | None = None,
) -> HttpResponse:
    """Render a case; with a problem, the step that was asked for and what was typed."""
    life, user, scope = found.life, request.user, request.scope
    files = list(queries.attachments(scope, found))
    choices = caseforms.around(found.body, files, life)
    waiting = queries.pending(scope, found)
    names = {place.institution_id: place.name for place in scope.places()}
    told = problem_context(problem) if problem else {"status": 200}
    steps = [
        {"step": one, "fields": choosing.narrowed(scope, found, caseforms.fields(
            one.fields, choices, given if one.move == asked else casemoney.proposed(request, found, one.move))),
         "open": one.move == asked}
        for one in queries.allowed(found, user)
    ]  # fmt: skip
    context = {
        **told,
        "asked": asked,
        "case": found,
        "life": life,
        "state": life.state(found.state),
        # what a case follows may be a tip-off, of which its party learns nothing
        "origin": queries.one(scope, found.origin_id) if found.origin_id else None,
        "about": names.get(found.institution_id) or str(found.subject_body or found.institution_id),
        "clocks": queries.clock_views(found, user, now().date()),
        "steps": steps,
        "proposal": _proposed(scope, found, life, waiting),
        "may_confirm": waiting is not None and queries.may_confirm(waiting, user),
        "may_refuse": waiting is not None and (waiting.proposed_by_id == user.pk or queries.may_confirm(waiting, user)),
        "files": files,
        "may_attach": queries.may_attach(found, user),
        "inside": user.body_id == found.body_id,
        "events": _events(scope, found, life),
        "owed": queries.owed(found),
        "documents": documents.of_case(scope, found),
        "offered": documentforms.offered(found, user, files),
        "followed_by": list(queries.cases(scope).filter(origin=found)),
        "may_follow": _may_follow(user, found, life),
        "may_give_points": points.may_give(user, found),
        "points": points_of(found),
        "key": uuid.uuid4().hex,
    }
    context |= beside(request, found) | casemoney.shown(request, found)
    return render(request, "web/case.html", context, status=told["status"])


def _may_follow(user: Any, found: Case, life: Cycle) -> bool:
    """A clue that was filed is followed by a case, and a case that relapsed by another, each once."""
    filed = life.name == "clue" and found.state == "filed"
    last = found.events.filter(about="close").last() if life.name == "fund_case" and found.state == "closed" else None
    relapsed = last is not None and last.fields.get("result") == "relapsed"
    open_ = (filed or relapsed) and not found.followed_by.exists()
    return open_ and any(one.name == "fund_case" for one in queries.openings(user))


def _inputs(life: Cycle, about: str) -> dict[str, Input]:
    needs = life.opening.needs if about == life.name else ()
    moves = {move.id: move.needs for move in life.moves}
    return {one.id: one for one in (needs or moves.get(about, ()))}


def _events(scope: Any, found: Case, life: Cycle) -> list[dict[str, Any]]:
    told = queries.timeline(scope, found)
    stages = seals.stages(one.event.evidence for one in told)
    return [{**_event(scope, found, life, one), "status": stages[one.event.evidence]} for one in told]


def _event(scope: Any, found: Case, life: Cycle, shown: queries.Shown) -> dict[str, Any]:
    event = shown.event
    inputs = _inputs(life, event.about)
    plain = [(key, "text", str(value)) for key, value in shown.fields.items() if key not in inputs]
    return {
        "event": event,
        "name": shown.name,
        "to": life.state(event.to_state),
        "fields": caseforms.told(found, scope, inputs, shown.fields),
        "plain": [value for key, _kind, value in plain if key in {"reason", "name"}],
        "worked": casemoney.worked_out(event.fields),
    }


def _proposed(scope: Any, found: Case, life: Cycle, waiting: Proposal | None) -> dict[str, Any] | None:
    if waiting is None:
        return None
    move = life.move(waiting.move)
    told = caseforms.told(found, scope, {one.id: one for one in move.needs}, waiting.fields)
    return {"proposal": waiting, "move": move, "fields": told, "worked": casemoney.worked_out(waiting.fields)}


@require_POST
@page(Verb.READ_CASES)
def move(request: HttpRequest, pk: int, name: str) -> HttpResponse:
    """Take a step, or propose one of two people. A refused one comes back with its words."""
    found = _one(request, pk)
    step = next((one for one in queries.allowed(found, request.user) if one.move == name), None)
    given = caseforms.read(step.fields, request.POST) if step else {}
    act = actions.propose if step and step.two_person else actions.move
    return _tried(
        request, found, name, given,
        lambda version, key: act(request.user, found, name, given, version=version, key=key),
    )  # fmt: skip


@require_POST
@page(Verb.READ_CASES)
def settle(request: HttpRequest, pk: int, proposal: int, answer: str) -> HttpResponse:
    """Confirm or refuse what another person proposed."""
    found = _one(request, pk)
    waiting = found.proposals.filter(pk=proposal).first()
    if waiting is None or answer not in ("confirm", "refuse") or not queries.sees_all(request.scope, found):
        raise Problem("ZS701")
    reason = request.POST.get("reason", "")

    def act(version: int, key: str) -> object:
        if answer == "confirm":
            return actions.confirm(request.user, waiting, version=version, key=key)
        return actions.refuse(request.user, waiting, reason, key=key)

    return _tried(request, found, answer, {"reason": reason}, act)


@require_POST
@page(Verb.READ_CASES)
def extend(request: HttpRequest, pk: int, clock: str) -> HttpResponse:
    """Prolong a clock."""
    found, text, reason = _one(request, pk), request.POST.get("days", ""), request.POST.get("reason", "")
    days = int(text) if text.isdecimal() and len(text) < 5 else 0
    return _tried(
        request, found, f"extend-{clock}", {"days": text, "reason": reason},
        lambda version, key: actions.extend(request.user, found, clock, days, reason, version=version, key=key),
    )  # fmt: skip


@require_POST
@page(Verb.READ_CASES)
def attach(request: HttpRequest, pk: int) -> HttpResponse:
    """Add files to a case, each by itself: a bad one does not take the others along."""
    found = _one(request, pk)
    refused: Problem | None = None
    for file in request.FILES.getlist("files"):
        try:
            actions.attach(request.user, found, file.name, file.chunks(), internal=request.POST.get("internal") == "1")
        except Problem as problem:
            refused = refused or problem
    if not request.FILES.getlist("files"):
        refused = Problem("ZS706", file="", suffixes="")
    if refused:
        return _page(request, _one(request, pk), problem=refused, asked="files")
    return _back(pk, "files")


@page(Verb.READ_CASES)
def file(request: HttpRequest, pk: int, number: int) -> HttpResponse:
    """Send a file of a case, always as a download."""
    found = _one(request, pk)
    kept = queries.file_of(request.scope, found, number)
    if kept is None:
        raise Problem("ZS701")
    request.scope.open_case(f"case:{found.pk}/file:{number}", queries.sights(request.scope, found))
    attachment, path = kept
    return FileResponse(path.open("rb"), as_attachment=True, filename=attachment.name, content_type=attachment.media)


def _tried(
    request: HttpRequest, found: Case, asked: str, given: dict[str, Any], act: Callable[[int, str], object]
) -> HttpResponse:
    text = request.POST.get("version", "")
    version = int(text) if text.isdecimal() and len(text) < 10 else -1
    try:
        act(version, request.POST.get("key", "")[:64])
    except Problem as problem:
        return _page(request, _one(request, found.pk), problem=problem, asked=asked, given=given)
    return _back(found.pk, "steps")


def _back(pk: int, place: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('case', args=[pk])}#{place}")
