"""Vendors: who serves, worst first; one vendor's file; entry with its review; the negative list; papers that end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.files import path_of
from zhunsheng.casework.cases.permissions import opens
from zhunsheng.casework.vendors import actions, library, overview, policies, queries
from zhunsheng.casework.vendors.forms import RATINGS
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.casework.vendors.states import Answer, Dimension, LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, exports, vendorforms
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: What is added to a file, by the name in the address.
DEEDS = {"person": actions.add_person, "device": actions.add_device, "fact": actions.add_fact}
#: Life-cycles that are opened from a vendor's file.
OPENED = ("vendor_review", "negative_entry", "vendor_incident", "vendor_sanction", "vendor_check")


@page(Verb.READ_CASES)
def vendor_list(request: HttpRequest) -> HttpResponse:
    """List the vendors in view, the worst first."""
    wanted, rows = _listed(request)
    pages = Pages(page_number(request), ROWS, len(rows))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "wanted": wanted,
        "kinds": library.kinds().kinds,
        "states": LineState.choices,
        "rows": rows[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "counts": overview.counts(rows),
        "may_register": _may_register(request),
    }
    return render(request, "web/vendors.html", context)


def _may_register(request: HttpRequest) -> bool:
    own = request.user.body.institution_code if request.user.body.kind == BodyKind.VENDOR else "-"
    return policies.keeps(request.user, own)


def _listed(request: HttpRequest) -> tuple[dict[str, str], list[overview.Row]]:
    """Return filter and rows. Raises Problem ZS709 for a word that is none."""
    wanted = {name: request.GET.get(name, "") for name in ("kind", "state", "show")}
    known = {"kind": [one.id for one in library.kinds().kinds], "state": LineState.values, "show": overview.SHOWS}
    for name, value in wanted.items():
        if value and value not in known[name]:
            raise Problem("ZS709", name=name, value=value)
    wanted = {name: value for name, value in wanted.items() if value}
    return wanted, overview.rows(request.scope, now().date(), **wanted)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list of vendors as it is filtered."""
    wanted, rows = _listed(request)
    exports.check_size(len(rows))

    def batches() -> Iterator[list[Any]]:
        yield [
            [one.vendor.name, one.vendor.institution_id,
             "；".join(f"{vendorforms.word(line.kind)} {line.get_state_display()}" for line in one.lines),
             one.ended, one.ending, len(one.hits), one.open_cases]
            for one in rows
        ]  # fmt: skip

    sums = [sum(one.ended for one in rows), sum(one.ending for one in rows), "", sum(one.open_cases for one in rows)]
    sheet = exports.Sheet(
        title=_("第三方服务机构"),
        facts=[(_("条件"), "；".join(f"{name}={value}" for name, value in wanted.items()) or _("全部"))],
        head=[
            _("名称"), _("统一社会信用代码"), _("服务线"), _("已到期证照"), _("将到期证照"), _("负面清单"),
            _("未结事项"),
        ],
        money=(),
        rows=batches(),
        totals=[_("合计"), "", "", *sums],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "vendors", wanted)


def _one(request: HttpRequest, code: str) -> Vendor:
    found = queries.one(request.scope, code)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def vendor(request: HttpRequest, code: str) -> HttpResponse:
    """Show one vendor's file."""
    return _file(request, _one(request, code))


def _file(request: HttpRequest, found: Vendor, problem: Problem | None = None, form: str = "") -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    book, day = library.kinds(), now().date()
    mine = overview.file(request.scope, found, day)
    context = {
        **told,
        "vendor": found,
        "file": mine,
        "book": book,
        "kinds": {one.id: one for one in book.kinds},
        "tiers": book.tiers,
        "documents": book.documents,
        "criteria": {one.id: one for kind in book.kinds for one in kind.capability},
        "choices": {"answers": Answer.choices, "ratings": RATINGS},
        "keeps": policies.keeps(request.user, found.institution_id),
        "checks": policies.checks(request.user),
        "openings": [cycles.cycle(name) for name in OPENED if _opens(request, name)],
        "applies": _may_register(request),
        "today": day,
        "given": request.POST if problem else {},
        "form": form,
    }
    return render(request, "web/vendor.html", context, status=told["status"])


def _opens(request: HttpRequest, name: str) -> bool:
    cycle = cycles.cycle(name)
    return opens(request.user, request.user.body, cycle.named(cycle.opening.who), name) is not None


@page(Verb.READ_CASES)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form of an application, or register the vendor and open its entry."""
    if not _may_register(request):
        raise Problem("ZS702")
    if request.method != "POST":
        return _new(request, vendorforms.known(request))
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    try:
        made = actions.register_and_apply(
            request.user, given, _consortium(request), caseforms.read(_entry(), request.POST), key=given.get("key", "")
        )
    except Problem as problem:
        return _new(request, given, problem)
    return redirect("vendor-review", pk=made.pk)


def _entry() -> tuple[Any, ...]:
    return cycles.cycle("vendor_entry").opening.needs


def _consortia(request: HttpRequest) -> list[Body]:
    own = request.user.body
    return [own] if own.kind in policies.OFFICES else list(Body.objects.filter(kind=BodyKind.CONSORTIUM))


def _consortium(request: HttpRequest) -> Body:
    wanted = request.POST.get("body", "")
    found = next((one for one in _consortia(request) if str(one.pk) == wanted), None)
    if found is None:
        raise Problem("ZS653", field=_("受理单位"), reason=_("请选择"))
    return found


def _new(request: HttpRequest, given: dict[str, str], problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    sent = caseforms.read(_entry(), request.POST) if problem else {"kind": request.GET.get("kind", "")}
    context = {
        **told,
        "given": given,
        "fields": vendorforms.fields(_entry(), request.user.body, sent),
        "bodies": _consortia(request),
        "cycle": cycles.cycle("vendor_entry"),
        "key": uuid.uuid4().hex,
        "own": request.user.body.institution_code if request.user.body.kind == BodyKind.VENDOR else "",
        "asked": vendorforms.asked(),
    }
    return render(request, "web/vendor_new.html", context, status=told["status"])


@page(Verb.READ_CASES)
def open_about(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Show the form of a re-review or of an entry of the negative list about a vendor, or open the case."""
    found = _one(request, code)
    if name not in OPENED or not _opens(request, name):
        raise Problem("ZS702")
    cycle = cycles.cycle(name)
    sent = caseforms.read(cycle.opening.needs, request.POST if request.method == "POST" else request.GET)
    problem = None
    if request.method == "POST":
        try:
            made = actions.open_about(request.user, found, name, sent, key=request.POST.get("key", ""))
        except Problem as told:
            problem = told
        else:
            return redirect("case", pk=made.pk)
    status = problem_context(problem) if problem else {"status": 200}
    context = {
        **status,
        "vendor": found,
        "cycle": cycle,
        "fields": vendorforms.fields(cycle.opening.needs, request.user.body, sent),
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/vendor_open.html", context, status=status["status"])


@page(Verb.READ_CASES)
def review(request: HttpRequest, pk: int) -> HttpResponse:
    """Show the three-dimensional review of an entry or re-review: as it stands today, and as it was kept."""
    case = cases.one(request.scope, pk)
    line = queries.line_of(case) if case and case.cycle in ("vendor_entry", "vendor_review") else None
    if case is None or line is None or queries.one(request.scope, case.institution_id) is None:
        raise Problem("ZS701")
    book, day = library.kinds(), now().date()
    kind = book.kind(line.kind)
    found = queries.review(case.institution_id, kind, day)
    context = {
        "case": case,
        "state": case.life.state(case.state),
        "line": line,
        "vendor": line.vendor,
        "kind": kind,
        "tier": book.tiers[kind.tier],
        "review": found,
        "dimensions": [(label, key, found.of(key)) for key, label in Dimension.choices],
        "hits": queries.negative_hits(case.institution_id, line.kind, day, case.body),
        "kept": queries.assessments(request.scope, case),
        "short": overview.short_form(case.institution_id, day),
        "today": day,
    }
    return render(request, "web/vendor_review.html", context)


@page(Verb.READ_CASES)
def negative(request: HttpRequest) -> HttpResponse:
    """Show the negative lists: of the rule book, and the entries of the site in view."""
    day = now().date()
    context = {
        "lists": library.negative(),
        "facts": library.kinds().facts,
        "kinds": {one.id: one for one in library.kinds().kinds},
        "entries": overview.entries(request.scope, day),
        "met": overview.met(request.scope, day),
        "today": day,
    }
    return render(request, "web/vendor_negative.html", context)


@page(Verb.READ_CASES)
def expiry(request: HttpRequest) -> HttpResponse:
    """List the papers in view that have ended or end within the furthest stage of the watch."""
    day, book = now().date(), library.kinds()
    found = [one for one in queries.expiries(queries.papers(request.scope), day) if one.left <= max(book.watch)]
    return render(request, "web/vendor_expiry.html", {"rows": found, "watch": book.watch, "today": day})


@page(Verb.READ_CASES)
@require_POST
def add(request: HttpRequest, code: str, what: str) -> HttpResponse:
    """Add a paper, a person, a device or a dated value to a vendor's file."""
    found = _one(request, code)
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    sent = request.FILES.get("file")
    if what != "paper" and what not in DEEDS:
        raise Problem("ZS701")
    try:
        if what == "paper":
            actions.add_paper(request.user, found, given, sent.name if sent else "", sent.chunks() if sent else ())
        else:
            DEEDS[what](request.user, found, given)
    except Problem as problem:
        return _file(request, found, problem, form=what)
    return redirect("vendor", code=code)


@page(Verb.READ_CASES)
@require_POST
def check(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say that a paper was compared with its original, or refuse it."""
    found = _one(request, code)
    paper = queries.papers(request.scope).filter(pk=pk, vendor=found).first()
    if paper is None:
        raise Problem("ZS701")
    accepted = request.POST.get("answer") == "accept"
    try:
        actions.check_paper(request.user, paper, accepted=accepted, reason=request.POST.get("reason", ""))
    except Problem as problem:
        return _file(request, found, problem, form="check")
    return redirect("vendor", code=code)


@page(Verb.READ_CASES)
def paper_file(request: HttpRequest, code: str, pk: int) -> FileResponse:
    """Send the file of a paper. Raises Problem ZS701 for one not in view, or without a file."""
    paper = queries.papers(request.scope).filter(pk=pk, institution_id=code).first()
    if paper is None or not paper.digest:
        raise Problem("ZS701")
    return FileResponse(
        path_of(paper.digest).open("rb"), as_attachment=True, filename=paper.file_name, content_type=paper.media
    )
