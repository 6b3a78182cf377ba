"""Vendors: who serves, worst first; entry with its review; the negative list; papers that end."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Place
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.permissions import opens
from zhunsheng.casework.vendors import actions, library, overview, policies, queries
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.casework.vendors.states import Dimension, LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms, exports, vendorboard, vendorforms
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import label
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: Life-cycles that are opened from a vendor's file.
OPENED = (
    "vendor_review", "negative_entry", "vendor_incident", "vendor_sanction", "vendor_check", "price_exception",
)  # fmt: skip


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
        "tiers": library.kinds().tiers,
        "states": LineState.choices,
        "lights": overview.LIGHTS,
        "ratings": overview.RATINGS,
        "members": _members(request),
        "rows": rows[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "counts": overview.counts(rows),
        "may_register": may_register(request),
    }
    return render(request, "web/vendors.html", context)


@page(Verb.READ_CASES)
def board(request: HttpRequest) -> HttpResponse:
    """Show how many vendors there are of which kind, tier, light and rating, what worsened, and what is due."""
    return render(request, "web/vendor_board.html", vendorboard.board(request))


def may_register(request: HttpRequest) -> bool:
    """Whether the reader may enter a vendor: an office any, a vendor itself."""
    own = request.user.body.institution_code if request.user.body.kind == BodyKind.VENDOR else "-"
    return policies.keeps(request.user, own)


def _listed(request: HttpRequest) -> tuple[dict[str, str], list[overview.Row]]:
    """Return filter and rows. Raises Problem ZS709 for a word that is none."""
    book = library.kinds()
    known = {
        "kind": [one.id for one in book.kinds],
        "tier": list(book.tiers),
        "state": LineState.values,
        "show": overview.SHOWS,
        "light": overview.LIGHTS,
        "rating": overview.RATINGS,
        "member": [one.institution_id for one in _members(request)],
    }
    wanted = {name: value for name, value in narrowed(request, known).items() if value}
    return wanted, overview.rows(request.scope, now().date(), overview.Wanted(**wanted))


def _members(request: HttpRequest) -> list[Place]:
    """The institutions in view that vendors serve."""
    return [one for one in request.scope.places() if one.kind != "vendor"]


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list of vendors as it is filtered."""
    wanted, rows = _listed(request)
    exports.check_size(len(rows))

    def batches() -> Iterator[list[Any]]:
        yield [
            [one.vendor.name, one.vendor.institution_id, label(one.light, "light"), label(one.standing, "rating"),
             "；".join(f"{vendorforms.word(line.kind)} {line.get_state_display()}" for line in one.lines),
             one.ended, one.ending, len(one.hits), len(one.alerts), one.open_cases]
            for one in rows
        ]  # fmt: skip

    sums = [sum(getattr(one, name) for one in rows) for name in ("ended", "ending")]
    rest = [sum(len(one.hits) for one in rows), sum(len(one.alerts) for one in rows), sum(o.open_cases for o in rows)]
    sheet = exports.Sheet(
        title=_("第三方服务机构"),
        facts=[(_("条件"), "；".join(f"{name}={value}" for name, value in wanted.items()) or _("全部"))],
        head=[
            _("名称"), _("统一社会信用代码"), _("预警"), _("信用评级"), _("服务线"), _("已到期证照"), _("将到期证照"),
            _("负面清单"), _("未解除的预警"), _("未结事项"),
        ],
        money=(),
        rows=batches(),
        totals=[_("合计"), "", "", "", "", *sums, *rest],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "vendors", wanted)


def found_one(request: HttpRequest, code: str) -> Vendor:
    """Return a vendor in view. Raises Problem ZS701."""
    found = queries.one(request.scope, code)
    if found is None:
        raise Problem("ZS701")
    return found


def may_open(request: HttpRequest, name: str) -> bool:
    """Whether the reader may open a case of a life-cycle in the own body."""
    cycle = cycles.cycle(name)
    return opens(request.user, request.user.body, cycle.named(cycle.opening.who), name) is not None


@page(Verb.READ_CASES)
def new(request: HttpRequest) -> HttpResponse:
    """Show the form of an application, or register the vendor and open its entry."""
    if not may_register(request):
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
        **vendorforms.eligible(request, given.get("code", "")),
    }
    return render(request, "web/vendor_new.html", context, status=told["status"])


@page(Verb.READ_CASES)
def open_about(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Show the form of a re-review or of an entry of the negative list about a vendor, or open the case."""
    found = found_one(request, code)
    if name not in OPENED or not may_open(request, name):
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
        **vendorforms.eligible(request, code),
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
    code, papers = request.GET.get("vendor", ""), queries.papers(request.scope)
    if code:
        papers = papers.filter(vendor=found_one(request, code))
    found = [one for one in queries.expiries(papers, day) if one.left <= max(book.watch)]
    return render(request, "web/vendor_expiry.html", {"rows": found, "watch": book.watch, "today": day})
