"""Subsidies of remote areas: what each vendor earned by quarter, the orders behind one, and the list as a table."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.ratings import library
from zhunsheng.casework.ratings import subsidies as reckoned
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import book, exports, subsidies
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50


@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def subsidy_list(request: HttpRequest) -> HttpResponse:
    """List what vendors in view earned by quarter, the latest first, and which institutions are named as remote."""
    vendor, found = _listed(request)
    pages = Pages(page_number(request), ROWS, len(found))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "wanted": {"vendor": vendor} if vendor else {},
        "rows": found[max(0, pages.first - 1) : pages.last],
        "total": sum(one.subsidy_fen for one in found),
        "least": any(one.least for one in found),
        "pages": pages,
        "remote": reckoned.named(request.scope, book.book(), library.incentives().subsidy),
        "subsidy": {**subsidies.rates(), "names": subsidies.names(request.scope)},
        "run_day": subsidies.as_of(request.scope),
    }
    return render(request, "web/subsidies.html", context)


def _listed(request: HttpRequest) -> tuple[str, list[reckoned.Earned]]:
    """Return the vendor asked for and what was earned. Raises Problem ZS701 for a vendor without any in view."""
    vendor = request.GET.get("vendor", "").strip()[:40]
    found = reckoned.earned(request.scope, book.book(), library.incentives().subsidy, vendor)
    if vendor and not found and not request.scope.sees(vendor):
        raise Problem("ZS701")
    return vendor, found


@page(Verb.EXPORT_FINDINGS, Verb.READ_CASES, Verb.READ_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the list: a row for each institution and percentage, then what the quarter earned."""
    vendor, found = _listed(request)
    exports.check_size(sum(len(one.parts) + 1 for one in found))
    names = subsidies.names(request.scope)
    stated = subsidies.rates()["rates"]
    sheet = exports.Sheet(
        title=_("偏远地区服务补贴"),
        facts=[
            (_("截至"), str(subsidies.as_of(request.scope) or "")),
            (_("供应商"), names.get(vendor, vendor) or _("全部")),
            (_("补贴标准"), "；".join(f"{one['rate'].percent}% {one['rate'].days} {one['cite'].zh}" for one in stated)),
            (_("算法"), _("已完成委托的金额按供应商、季度合计后乘以百分数，四舍五入到分；金额未填报的不计入")),
        ],
        head=[_("季度"), _("供应商"), _("统一社会信用代码"), _("委托机构"), _("机构编码"), _("已完成委托"),
              _("金额（元）"), _("金额未填报"), _("是否完成不明"), _("百分数"), _("补贴（元）")],
        money=(6, 10),
        rows=iter([[row for one in found for row in _cells(one, names)]]),
        totals=[_("合计"), "", "", "", "", sum(one.orders for one in found), sum(one.amount_fen for one in found),
                sum(one.unstated for one in found), sum(one.undecided for one in found), "",
                sum(one.subsidy_fen for one in found)],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "subsidies", {"vendor": vendor} if vendor else {})


def _cells(one: reckoned.Earned, names: dict[str, str]) -> list[list[Any]]:
    head = [one.quarter, names.get(one.vendor_id, one.vendor_id), one.vendor_id]
    rows: list[list[Any]] = [
        [*head, names.get(part.institution_id, part.institution_id), part.institution_id, part.orders, part.amount_fen,
         part.unstated, part.undecided, f"{part.percent}%", ""]
        for part in one.parts
    ]  # fmt: skip
    told = _("小计（季度未结束）") if one.open else _("小计")
    return [*rows, [*head, told, "", one.orders, one.amount_fen, one.unstated, one.undecided, "", one.subsidy_fen]]


@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def subsidy(request: HttpRequest, vendor: str, quarter: str) -> HttpResponse:
    """Show what a vendor earned in a quarter by institution, and the orders behind it. Raises Problem ZS701."""
    told, rules, first = library.incentives().subsidy, book.book(), reckoned.first_day(quarter)
    found = reckoned.earned(request.scope, rules, told, vendor) if first else []
    one = next((each for each in found if each.first == first), None)
    day = subsidies.as_of(request.scope)
    if one is None or day is None:
        raise Problem("ZS701")
    pages = Pages(page_number(request), ROWS, one.orders + one.undecided)
    if elsewhere := last_page(request, pages):
        return elsewhere
    with request.scope.lake() as reader:
        orders = reckoned.orders(reader, rules, told, one, day, (max(0, pages.first - 1), ROWS))
    ordering = {part.institution_id for part in one.parts}
    context = {
        "one": one,
        "orders": orders,
        "pages": pages,
        "subsidy": {**subsidies.rates(), "names": subsidies.names(request.scope)},
        "run_day": day,
        "remote": [each for each in reckoned.named(request.scope, rules, told) if each.code in ordering],
    }
    return render(request, "web/subsidy.html", context)
