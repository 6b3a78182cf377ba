"""The public entrance to the supervision of vendors: who performed a service, prices, ratings, vendors in service.

No login and no personal data. What is worked out from the run is kept for a few minutes and is the same for everybody;
the pages themselves bear a form token and stay private, the files do not.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from zhunsheng.casework.agreements import facts
from zhunsheng.casework.agreements.facts import FiledPrice
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.informing import queries as informing
from zhunsheng.casework.oversight import queries as oversight
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web import exports
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.service import node_name
from zhunsheng.web.templatetags.words import price
from zhunsheng.web.views.errors import problem_context
from zhunsheng.web.views.service import tried

#: Seconds for which what is worked out from a run may be old, rows of a page, characters of a search.
SECONDS, ROWS, SEARCH = 300, 50, 60


@require_GET
def hub(request: HttpRequest) -> HttpResponse:
    """Show the entrance: what may be looked up, and how much there is of it."""
    lines = _lines()
    context = {
        "serving": len({one.institution_id for one in lines}),
        "prices": len(_prices()[0]),
        "ratings": len({one.institution_id for one in ratings.published()}),
        "violations": len(oversight.published()),
    }
    return render(request, "web/hub.html", context)


@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def lookup(request: HttpRequest) -> HttpResponse:
    """Ask for a receipt code, or show who performs the service that one opens: the same limits as other codes."""
    if request.method == "GET":
        return render(request, "web/hub_lookup.html")
    try:
        notice = tried(request, informing.by_receipt, "ZS862")
    except Problem as problem:
        context = problem_context(problem)
        return render(request, "web/hub_lookup.html", context, status=context["status"])
    walls.narrow(walls.Wall("", str(notice.body_id)))
    found = informing.opened(notice)
    nodes = [(node_name(code), day) for code, day in found.performed.nodes] if found.performed else []
    return render(request, "web/hub_performed.html", {"found": found, "done": found.performed, "nodes": nodes})


@require_GET
def prices(request: HttpRequest) -> HttpResponse:
    """List the filed prices that hold now beside the mean of public hospitals; searched by item or vendor."""
    found, day = _prices()
    names, wanted = _names(), request.GET.get("q", "").strip()[:SEARCH]
    shown = _searched(found, names, wanted)
    pages = Pages(page_number(request), ROWS, len(shown))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "rows": shown[max(0, pages.first - 1) : pages.last],
        "names": names,
        "wanted": {"q": wanted} if wanted else {},
        "pages": pages,
        "day": day,
        "all": len(found),
    }
    return render(request, "web/hub_prices.html", context)


@require_GET
def export_prices(request: HttpRequest) -> HttpResponse:
    """Send the filed prices as CSV: the same for everybody, so that caches may keep it."""
    found, day = _prices()
    names = _names()
    shown = _searched(found, names, request.GET.get("q", "").strip()[:SEARCH])
    rows = [
        [names.get(one.vendor_id, one.vendor_id), one.vendor_id, one.item_code, one.item_name, price(one.price_e6),
         str(one.valid_from), str(one.valid_to or ""), price(one.mean_e6), one.ratio]
        for one in shown
    ]  # fmt: skip
    head = [_("供应商"), _("统一社会信用代码"), _("项目编码"), _("项目"), _("备案单价（元）"), _("生效日"),
            _("失效日（不含）"), _("公立医院均价（元）"), _("与均价之比")]  # fmt: skip
    totals = [_("合计"), len(rows), *[""] * 7]
    sheet = exports.Sheet(_("第三方服务备案价格公示"), [(_("截至"), str(day or ""))], head, (), iter([rows]), totals)
    data, _count = exports.WRITERS["csv"](sheet, sheet.facts)
    answer = HttpResponse(data, content_type=exports.KINDS["csv"])
    answer["Content-Disposition"] = 'attachment; filename="prices.csv"'
    answer["Cache-Control"] = f"public, max-age={SECONDS}"
    return answer


def _prices() -> tuple[list[FiledPrice], date | None]:
    """Return the prices that hold on the day of the current run, and the day; none before the first run."""
    file = _file()
    if file is None:
        return [], None
    key = f"public-prices:{file.path.parent.name}"
    known = cache.get(key)
    if known is None:
        day = parse_date(str(file.manifest["as_of"]))
        known = facts.published_prices(file, day), day
        cache.set(key, known, SECONDS)
    return known  # type: ignore[no-any-return]


def _file() -> RunFile | None:
    try:
        return lake.current_run()
    except Problem:
        return None


def _searched(found: list[FiledPrice], names: dict[str, str], wanted: str) -> list[FiledPrice]:
    text = wanted.casefold()
    return [
        one
        for one in found
        if text in f"{one.item_code} {one.item_name} {names.get(one.vendor_id, one.vendor_id)}".casefold()
    ]


def _names() -> dict[str, str]:
    """Return the names of vendors by code: those of the register, else those of the run."""
    file = _file()
    known = file.places.values() if file else ()
    found = {one.institution_id: one.name for one in known if one.kind == "vendor"}
    return found | {one.institution_id: one.vendor.name for one in vendors.lines_entered()}


def _lines() -> list[ServiceLine]:
    return [one for one in vendors.lines_entered() if one.state not in OVER]


@require_GET
def rated(request: HttpRequest) -> HttpResponse:
    """List the ratings in force by vendor with the state of an objection; who serves without one is unrated."""
    names, by_vendor = _names(), defaultdict(list)
    for one in ratings.published():
        by_vendor[one.institution_id].append(one)
    codes = {*by_vendor, *(one.institution_id for one in _lines())}
    rows = [{"name": names.get(code, code), "code": code, "ratings": by_vendor.get(code, [])} for code in codes]
    context = {"rows": sorted(rows, key=lambda row: (not row["ratings"], row["name"]))}
    return render(request, "web/hub_ratings.html", context)


@require_GET
def serving(request: HttpRequest) -> HttpResponse:
    """List the vendors in service by kind with members and licences as they stand today."""
    day, lines = now().date(), _lines()
    file = _file()
    places = file.places if file else {}
    rows = defaultdict(list)
    for one in lines:
        served = [places[code].name if code in places else code for code in one.members]
        told = {"line": one, "members": served, "licences": vendors.licences(one.institution_id, one.kind, day)}
        rows[one.kind].append(told)
    kinds = [(kind, rows[kind]) for kind in sorted(rows)]
    return render(request, "web/hub_vendors.html", {"kinds": kinds, "day": day})
