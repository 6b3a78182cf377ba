"""A vendor's own pages: its home, filing a price, renewing a paper, reporting an incident; and duties for overseers."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.agreements import actions as deals
from zhunsheng.casework.agreements import bands, facts, filing, reviewing
from zhunsheng.casework.agreements import library as deal_book
from zhunsheng.casework.agreements import queries as agreements
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import actions, library, policies, queries
from zhunsheng.casework.vendors import duties as standing
from zhunsheng.casework.vendors.models import ServiceLine, Vendor
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, portal
from zhunsheng.web.access import page
from zhunsheng.web.views.errors import problem_context

#: Fields of a form that the page fills in itself.
APART = ("kind",)
#: How many of the latest exceptions are listed.
ROWS = 50


def _own(request: HttpRequest) -> str:
    """Return the code of the reader's vendor. Raises Problem ZS702 for any other body."""
    body = request.user.body
    if body is None or body.kind != BodyKind.VENDOR or not body.institution_code:
        raise Problem("ZS702")
    return str(body.institution_code)


def _vendor(request: HttpRequest) -> Vendor:
    found = queries.one(request.scope, _own(request))
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def home(request: HttpRequest) -> HttpResponse:
    """Show a vendor what stands about it, what releases it, and what it has to do until when."""
    return _home(request)


def _home(request: HttpRequest, problem: Problem | None = None, form: str = "") -> HttpResponse:
    code, day = _own(request), now().date()
    told = problem_context(problem) if problem else {"status": 200}
    context = {
        **told,
        **portal.told(request.scope, code, day, rows=may(request.user, Verb.READ_FINDINGS)),
        "vendor": queries.one(request.scope, code),
        "code": code,
        "today": day,
        "documents": library.kinds().documents,
        "posts": standing.duties().posts,
        "keeps": policies.keeps(request.user, code),
        "files": filing.files(request.user),
        "refile": [(one, reviewing.due(one)) for one in reviewing.to_refile(request.scope, code)],
        "given": request.POST if problem else {},
        "form": form,
    }
    return render(request, "web/portal.html", context, status=told["status"])


@require_POST
@page(Verb.READ_CASES)
def add(request: HttpRequest, what: str) -> HttpResponse:
    """Enter a renewed paper or a person of the own file: what a colleague at the consortium then checks."""
    found, given = _vendor(request), {name: value[:2000] for name, value in request.POST.items()}
    if what not in ("paper", "person"):
        raise Problem("ZS701")
    sent = request.FILES.get("file")
    try:
        if what == "paper":
            actions.add_paper(request.user, found, given, sent.name if sent else "", sent.chunks() if sent else ())
        else:
            actions.add_person(request.user, found, given)
    except Problem as problem:
        if problem.code == "ZS702":
            raise
        return _home(request, problem, what)
    return redirect("portal")


@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def prices(request: HttpRequest) -> HttpResponse:
    """List the own filings by item, all of them; file a price, compared at once with the mean of public hospitals."""
    code, day, problem, made = _own(request), now().date(), None, None
    if request.method == "POST":
        given = {name: value[:2000] for name, value in request.POST.items()}
        try:
            made = deals.file_price(request.user, request.scope, given)
        except Problem as told:
            if told.code == "ZS702":
                raise
            problem = told
    status, known = problem_context(problem) if problem else {"status": 200}, facts.filed_by(request.scope, code)
    context = {
        **status,
        "made": made,
        "reaches": made is not None and made.ratio_bp is not None and made.ratio_bp >= limit() * 100,
        "limit": limit(),
        "filings": _filings(request, code, known),
        "known": known,
        "refile": [(one, reviewing.due(one)) for one in reviewing.to_refile(request.scope, code)],
        "files": filing.files(request.user),
        "exceptions": [_asked(one) for one in agreements.exceptions(request.scope, code)[:ROWS]],
        "today": day,
        "given": request.POST if problem else request.GET,
    }
    return render(request, "web/portal_prices.html", context, status=status["status"])


def _filings(request: HttpRequest, code: str, known: list[dict[str, Any]]) -> list[Any]:
    """Return what was filed on the page, each with whether the data hold it by now."""
    held, found = {(one["item_code"], one["valid_from"]) for one in known}, []
    for one in agreements.filings(request.scope, code):
        one.in_facts = (one.item_code, one.valid_from) in held
        found.append(one)
    return found


def _asked(case: Case) -> dict[str, Any]:
    """Return an exception as it is listed: what was asked for, where it stands, until when it holds."""
    term = next((one.fields for one in case.events.all() if one.about == "grant" and one.kind == "moved"), {})
    return {"case": case, "asked": agreements.asked_for(case), "state": case.life.state(case.state), "term": term}


def limit() -> int:
    """Return from which percent of the mean on a price is a clue."""
    return facts.limit_of(deal_book.price_rule(), now().date())


@page(Verb.READ_CASES)
def incident(request: HttpRequest) -> HttpResponse:
    """Show the form of an incident, or report one to the consortium of the line that it is about."""
    return _form(request, "vendor_incident", "web/portal_incident.html", lambda line: {"kind": line.kind})


@page(Verb.READ_CASES)
def exception(request: HttpRequest) -> HttpResponse:
    """Show the form by which a vendor asks that one item lie above its price band, or ask: two people decide there."""
    code = _own(request)
    if not filing.files(request.user):
        raise Problem("ZS702")
    context = {"bands": {one.pk: bands.band_of([one], now().date()) for one in _serving(request, code)}}
    return _form(request, agreements.EXCEPTION, "web/portal_exception.html", lambda _line: {}, **context)


def _form(
    request: HttpRequest, name: str, template: str, more: Callable[[ServiceLine], dict[str, Any]], **context: Any
) -> HttpResponse:
    """Show the form of a life-cycle that a vendor opens, or open the case at the body of the chosen line."""
    code, problem, cycle = _own(request), None, cycles.cycle(name)
    lines, needs = _serving(request, code), [one for one in cycle.opening.needs if one.id not in APART]
    sent = caseforms.read(needs, request.POST if request.method == "POST" else request.GET)
    if request.method == "POST":
        try:
            made = _open(request, name, lines, sent, more)
        except Problem as told:
            problem = told
        else:
            return redirect("case", pk=made.pk)
    status = problem_context(problem) if problem else {"status": 200}
    context |= {
        **status,
        "lines": lines,
        "chosen": request.POST.get("line", ""),
        "fields": caseforms.fields(needs, caseforms.Around(), sent),
        "cycle": cycle,
        "key": uuid.uuid4().hex,
    }
    return render(request, template, context, status=status["status"])


def _serving(request: HttpRequest, code: str) -> list[ServiceLine]:
    return [one for one in queries.lines(request.scope).filter(institution_id=code) if one.state not in OVER]


def _open(
    request: HttpRequest, name: str, lines: list[ServiceLine], sent: dict[str, Any],
    more: Callable[[ServiceLine], dict[str, Any]],
) -> Case:  # fmt: skip
    """Open the case at the body of a line. Raises Problem ZS671 for no line of the own, and as ``open_case`` does."""
    number = request.POST.get("line", "")
    line = next((one for one in lines if str(one.pk) == number), None)
    if line is None:
        raise Problem("ZS671", field=_("服务线"), reason=_("请选择"))
    return cases.open_case(
        request.user, name, sent | more(line), body=line.body, institution_id=line.institution_id,
        subject_body=request.user.body, key=request.POST.get("key", "")[:64],
    )  # fmt: skip


@page(Verb.READ_CASES)
def duties(request: HttpRequest) -> HttpResponse:
    """Show overseers how each vendor in view keeps its standing duties, and the share of those that do not."""
    if request.user.body is None or request.user.body.kind == BodyKind.VENDOR:
        raise Problem("ZS702")
    day = now().date()
    lines = [one for one in queries.lines(request.scope) if one.state not in (*OVER, "applied")]
    vendors = {one.institution_id: one.vendor for one in lines}
    rows = [
        {"vendor": vendor, "kept": standing.kept(code, {o.kind for o in lines if o.institution_id == code}, day)}
        for code, vendor in sorted(vendors.items(), key=lambda pair: pair[1].name)
    ]
    context = {"rows": rows, "shares": standing.shares(lines, day), "today": day, "cites": standing.duties().cites}
    return render(request, "web/vendor_duties.html", context)
