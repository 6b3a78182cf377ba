"""Agreements with vendors, worst first; one with the check of its clauses; filed prices; the graph of conflicts."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.agreements import actions, bands, facts, library, policies, queries
from zhunsheng.casework.agreements.models import Agreement, AnnexPrice
from zhunsheng.casework.agreements.states import AgreementState
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.ratings import designation
from zhunsheng.casework.vendors import library as kinds
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import exports, relations
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import price, zh_en
from zhunsheng.web.views.errors import problem_context
from zhunsheng.web.views.ratings import EVALUATED

ROWS = 50


@page(Verb.READ_CASES)
def agreement_list(request: HttpRequest) -> HttpResponse:
    """List agreements, worst first: ended and still open, missing a clause, ending soon."""
    wanted = _wanted(request)
    made = _lines(request, wanted)
    pages = Pages(page_number(request), ROWS, len(made))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "wanted": wanted,
        "states": AgreementState.choices,
        "kinds": kinds.kinds().kinds,
        "words": {one.id: zh_en(one) for one in kinds.kinds().kinds},
        "lines": made[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "soon": library.clauses().expiring_days.days,
        "may_draft": _opens(request, "service_agreement"),
        "inside": _inside(request),
    }
    return render(request, "web/agreements.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what is asked for. Raises Problem ZS709 for a word that is none."""
    known = {"state": set(AgreementState.values), "kind": {one.id for one in kinds.kinds().kinds}}
    return {name: value for name, value in narrowed(request, known).items() if value}


def _lines(request: HttpRequest, wanted: dict[str, str]) -> list[queries.Line]:
    return queries.lines(queries.agreements(request.scope).filter(**wanted), now().date())


def _opens(request: HttpRequest, cycle: str) -> bool:
    return any(one.name == cycle for one in cases.openings(request.user))


@page(Verb.EXPORT_FINDINGS, Verb.READ_CASES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list with its filters, as xlsx or csv."""
    wanted = _wanted(request)
    made = _lines(request, wanted)
    exports.check_size(len(made))
    words = {one.id: zh_en(one) for one in kinds.kinds().kinds}
    rows = [
        [line.agreement.case.number, line.agreement.title, line.agreement.vendor.name, str(line.agreement.body),
         words.get(line.agreement.kind, line.agreement.kind), str(line.agreement.get_state_display()),
         "、".join(zh_en(one.clause) for one in line.missing), str(line.agreement.valid_from or ""),
         str(line.agreement.valid_to or "")]
        for line in made
    ]  # fmt: skip
    sheet = exports.Sheet(
        title=_("第三方服务合同"),
        facts=[(_("条件"), "；".join(wanted.values()) or _("全部"))],
        head=[_("编号"), _("合同"), _("供应商"), _("采购方"), _("服务种类"), _("状态"), _("缺少的必备条款"),
              _("生效日"), _("期满日（不含）")],
        money=(),
        rows=iter([rows]),
        totals=[_("合计"), len(rows), *[""] * 7],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "agreements", wanted)


@page(Verb.READ_CASES)
def new(request: HttpRequest) -> HttpResponse:
    """Show who may be chosen for an agreement, the best rated first, or draft one with the chosen vendor."""
    if not _opens(request, "service_agreement"):
        raise Problem("ZS702")
    if request.method != "POST":
        return _new(request)
    try:
        line = _chosen(request)
        given = {"kind": line.kind, "title": request.POST.get("title", "")}
        made = actions.draft(request.user, line.vendor, given, key=request.POST.get("key", ""))
    except Problem as problem:
        return _new(request, problem)
    return redirect("agreement", pk=made.pk)


def _chosen(request: HttpRequest) -> ServiceLine:
    number = request.POST.get("line", "")
    known = vendors.lines(request.scope)
    found = known.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None:
        raise Problem("ZS671", field=_("供应商"), reason=_("请选择"))
    return found


def _new(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    context = {
        **told,
        "cycle": cycles.cycle("service_agreement"),
        "rows": designation.choices(request.scope, now().date()),
        "evaluated": EVALUATED,
        "sent": request.POST,
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/agreement_new.html", context, status=told["status"])


@page(Verb.READ_CASES)
def agreement(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one agreement with the check of its clauses, promised values and prices."""
    return _page(request, queries.one(request.scope, pk))


def _page(request: HttpRequest, one: Agreement, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    day = now().date()
    promised, prices = queries.parts(one)
    listed = library.clauses()
    checked = queries.check_of(one, day)
    context = {
        **told,
        "agreement": one,
        "kind": kinds.kinds().kind(one.kind),
        "checked": checked,
        "cites": listed.cites,
        "blocking": sum(c.blocks for c in checked),
        "promised": promised,
        "promises": {p.id: p for p in listed.promises(one.kind)},
        "prices": _priced(one, prices, day),
        "band": bands.band_of(vendors.lines_about(one.institution_id, one.kind), day),
        "day": day,
        "why_not": policies.why_not(one.institution_id, one.kind, one.body, day),
        "may_write": policies.may_write(request.user, one),
        "sent": request.POST if problem else {},
    }
    return render(request, "web/agreement.html", context, status=told["status"])


def _priced(one: Agreement, prices: list[AnnexPrice], day: date) -> list[dict[str, Any]]:
    """Return the prices of an annex beside the mean of public hospitals and the band; unknown without a mean."""
    codes = {price.item_code for price in prices}
    told = {found.item_code: found for found in bands.judged(one.institution_id, one.kind, one.body, codes, day)}
    return [
        {"one": price, "judged": (found := told[price.item_code]), "above": found.above(price.unit_price_e6),
         "ratio": found.ratio(price.unit_price_e6)}
        for price in prices
    ]  # fmt: skip


WRITERS: dict[str, Callable[..., Any]] = {
    "clause": actions.mark,
    "promise": actions.promise,
    "price": actions.set_price,
}


@require_POST
@page(Verb.READ_CASES)
def write(request: HttpRequest, pk: int, part: str) -> HttpResponse:
    """Mark a clause, or add a promised value or a price; what is wrong is told, and the page stays as typed."""
    if part not in WRITERS:
        raise Problem("ZS701")
    one = queries.one(request.scope, pk)
    try:
        WRITERS[part](request.user, one, {name: value[:2000] for name, value in request.POST.items()})
    except Problem as problem:
        return _page(request, one, problem)
    return redirect(f"{reverse('agreement', args=[pk])}#{part}")


@page(Verb.READ_FINDINGS)
def price_list(request: HttpRequest) -> HttpResponse:
    """List filed prices with their ratio to the mean of public hospitals, the highest first."""
    day = facts.as_of(request.scope)
    vendor = request.GET.get("vendor", "")
    found = facts.filed_prices(request.scope, day)
    names = relations.names_of(request.scope, [])
    vendors = sorted({one.vendor_id for one in found})
    if vendor and vendor not in vendors:
        raise Problem("ZS701")
    shown = [one for one in found if not vendor or one.vendor_id == vendor]
    pages = Pages(page_number(request), ROWS, len(shown))
    if elsewhere := last_page(request, pages):
        return elsewhere
    limit = _limit(day)
    context = {
        "day": day,
        "names": names,
        "vendors": [(code, names.get(code, code)) for code in vendors],
        "wanted": {"vendor": vendor} if vendor else {},
        "rows": [{"price": one, "at_limit": one.reaches(limit)} for one in shown[max(0, pages.first - 1) : pages.last]],
        "at_limit": sum(one.reaches(limit) for one in shown),
        "untold": sum(one.ratio_bp is None for one in shown),
        "limit": f"{limit}%",
        "rule": facts.RULE,
        "pages": pages,
    }
    return render(request, "web/prices.html", context)


def _limit(day: date) -> int:
    """Return the limit in percent that the rule book states for a day."""
    return facts.limit_of(library.price_rule(), day)


@page(Verb.EXPORT_FINDINGS, Verb.READ_FINDINGS)
def export_prices(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the filed prices, as xlsx or csv."""
    day = facts.as_of(request.scope)
    vendor = request.GET.get("vendor", "")
    found = [one for one in facts.filed_prices(request.scope, day) if not vendor or one.vendor_id == vendor]
    names = relations.names_of(request.scope, [])
    rows = [
        [names.get(one.vendor_id, one.vendor_id), one.item_code, one.item_name, price(one.price_e6),
         price(one.mean_e6), one.ratio, one.lines,
         str(one.valid_from)]
        for one in found
    ]  # fmt: skip
    sheet = exports.Sheet(
        title=_("第三方服务备案价格"),
        facts=[(_("截至"), str(day))],
        head=[_("供应商"), _("项目编码"), _("项目"), _("备案单价（元）"), _("公立医院均价（元）"), _("与均价之比"),
              _("收费行数"), _("生效日")],
        money=(),
        rows=iter([rows]),
        totals=[_("合计"), len(rows), *[""] * 6],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "prices", {"vendor": vendor} if vendor else {})


@page(Verb.READ_FINDINGS, Verb.READ_CASES)
def relation_list(request: HttpRequest) -> HttpResponse:
    """Show the conflicts of interest in view, worst first, and the graph of one. Raises Problem ZS702 for vendors."""
    _check_inside(request)
    day = facts.as_of(request.scope)
    found = facts.conflicts(request.scope, day)
    names = relations.names_of(request.scope, found)
    rows = [relations.row(one, names) for one in found]
    wanted = request.GET.get("chain", "")
    chosen = next((row for row in rows if row["key"] == wanted), rows[0] if rows and not wanted else None)
    if wanted and chosen is None:
        raise Problem("ZS701")
    checks = queries.checks(request.scope)
    for row in rows:
        row["check"] = checks.get((row["one"].person_id, row["one"].vendor_id))
    rules = library.conflict()
    context = {
        "day": day,
        "rows": rows,
        "chosen": chosen,
        "graph": relations.graph(chosen["one"], names) if chosen else None,
        "open": sum(not row["harmless"] for row in rows),
        "limits": rules.on(day),
        "limit": relations.percent(rules.on(day).share_ppm, 10**6),
        "cite": rules.cites[rules.duty.cite],
        "may_check": _opens(request, "conflict_check"),
        "may_declare": _opens(request, "interest_declaration"),
        "declaration": _declaration(chosen) if chosen else "",
        "declared": queries.declarations(request.scope)[:ROWS],
        "names": names,
    }
    return render(request, "web/relations.html", context)


def _check_inside(request: HttpRequest) -> None:
    """A vendor does not read what members of consortia declared."""
    if not _inside(request):
        raise Problem("ZS702")


def _inside(request: HttpRequest) -> bool:
    return request.user.body is not None and request.user.body.kind != BodyKind.VENDOR


def _declaration(chosen: dict[str, Any]) -> str:
    one = chosen["one"]
    asked = {"cycle": "interest_declaration", "institution": one.vendor_id, "person": one.person_id,
             "name": chosen["person"], "relation": "；".join(chosen["path"])[:2000]}  # fmt: skip
    return f"{reverse('case-new')}?{urlencode(asked)}"


@require_POST
@page(Verb.READ_FINDINGS, Verb.READ_CASES)
def check(request: HttpRequest) -> HttpResponse:
    """Open the check of a conflict that the graph shows; the chain is taken from the facts, not from the form."""
    _check_inside(request)
    found = facts.conflicts(request.scope, facts.as_of(request.scope))
    names = relations.names_of(request.scope, found)
    rows = (relations.row(one, names) for one in found)
    chosen = next((row for row in rows if row["key"] == request.POST.get("chain", "")), None)
    if chosen is None or chosen["harmless"]:
        raise Problem("ZS701")
    one, body = chosen["one"], request.user.body
    made = actions.open_check(
        request.user, one.vendor_id, one.person_id, queries.chain_of(one), key=queries.key_of(body, one)
    )
    return redirect("case", pk=made.pk)
