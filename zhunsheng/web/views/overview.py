"""Overview: what got worse this month, who is behind it, what cannot be judged."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.findings import overview as figures
from zhunsheng.casework.findings import queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.charts import control_chart, spark
from zhunsheng.web.reasons import missing
from zhunsheng.web.templatetags.words import unit_for

SHOWN = 8
#: Rules shown before the rest is summed in one row.
RULES = 12
SUMMED = ("settlements", "findings", "fund_findings", "unknown", "amount_fen", "before")


def overview(request: HttpRequest) -> HttpResponse:
    """Serve the overview, or the start page to a reader without findings."""
    user = request.user
    if user.is_authenticated and not may(user, Verb.READ_FINDINGS):
        return render(request, "web/start.html")
    return _overview(request)


@page(Verb.READ_FINDINGS)
def _overview(request: HttpRequest) -> HttpResponse:
    if request.scope.file is None and not request.scope.broken:
        return render(request, "web/overview_empty.html")
    with request.scope.lake() as reader:
        months = queries.months(reader)
        if not months:
            return render(request, "web/overview_empty.html", {"scoped": True})
        month = chosen_month(request, reader, months)
        return render(request, "web/overview.html", _context(request, reader, months, month))


def chosen_month(request: HttpRequest, reader: Reader, months: list[str]) -> str:
    """Return the month asked for, else the newest with settlements. Raises Problem ZS709 for a month without data."""
    asked = request.GET.get("month", "")
    if asked and asked not in months:
        raise Problem("ZS709", name="month", value=asked)
    return asked or queries.settled_month(reader, months)


def _context(request: HttpRequest, reader: Reader, months: list[str], month: str) -> dict[str, Any]:
    places = [{**one, "comparable": comparable(one)} for one in with_change(figures.by_institution(reader, month))]
    history = figures.by_month(reader, month)
    everything = request.GET.get("all") == "1"
    limits = figures.control_limits([{**point, "findings": point["fund_findings"]} for point in history])
    worse = with_change(figures.worse(reader, month))
    rules = with_change(figures.by_rule(reader, month))
    reasons = missing(figures.unknown_reasons(reader, month))
    total = summed(places)
    return {
        "month": month,
        "before": figures.month_before(month),
        "has_before": any(point["month"] == figures.month_before(month) for point in history),
        "unsettled": not total["settlements"] and any(point["settlements"] for point in history),
        "months": months,
        "places": places if everything else places[:SHOWN],
        "rest": None
        if everything or len(places) <= SHOWN
        else {**summed(places[SHOWN:]), "count": len(places) - SHOWN},
        "total": total,
        "unit": unit_for(total["amount_fen"]),
        "place_count": len(places),
        "worse": worse,
        "worse_count": worse[0]["pairs"] if worse else 0,
        "rules": rules if everything else rules[:RULES],
        "rules_rest": None
        if everything or len(rules) <= RULES
        else {**summed_rules(rules[RULES:]), "count": len(rules) - RULES},
        "rule_total": summed_rules(rules),
        "reasons": reasons,
        "reasons_most": max((reason["findings"] for reason in reasons), default=0),
        "violations": sum(rule["violation"] for rule in rules),
        "suspected": sum(rule["suspected"] for rule in rules),
        "limits": limits[::-1],
        "trend": control_chart(limits),
        "sparks": _sparks(history),
        "several": request.scope.several,
    }


def summed(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums of the columns that may be added."""
    return with_change([{name: sum(int(row[name] or 0) for row in rows) for name in SUMMED}])[0]


def with_change(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Add to each row how many findings more it has than the month before."""
    return [{**row, "change": row["findings"] - row["before"]} for row in rows]


def comparable(row: dict[str, Any]) -> bool:
    """Whether an institution's month can be held against the one before; fewer findings without settlements are not.

    One that settles in neither month, as a vendor, has its findings from elsewhere.
    """
    return row["settlements_before"] is not None and bool(row["settlements"] or not row["settlements_before"])


def summed_rules(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the sums over rules."""
    names = ("violation", "suspected", "unknown", "findings", "before", "amount_fen")
    return with_change([{name: sum(int(row[name]) for row in rows) for name in names}])[0]


def _sparks(history: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    recent = history[-12:]
    rate = [p["fund_findings"] * 1000 / p["settlements"] if p["settlements"] else 0 for p in recent]
    columns = {"findings": [p["findings"] for p in recent], "amount": [p["amount_fen"] for p in recent]}
    return {
        "findings": spark(columns["findings"]),
        "amount": spark(columns["amount"]),
        "rate": spark(rate),
        "unknown": spark([p["unknown"] for p in recent]),
    }


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest) -> HttpResponse:
    """Export the institutions of a month as xlsx."""
    with request.scope.lake() as reader:
        month = chosen_month(request, reader, queries.months(reader))
        places = figures.by_institution(reader, month) if month else []
    total = summed(places)
    head = [
        _("机构编码"),
        _("机构"),
        _("疑点（件）"),
        _("上月（件）"),
        _("涉及金额（元）"),
        _("结算单（份）"),
        _("不明（件）"),
    ]
    names = ("findings", "before", "amount_fen", "settlements", "unknown")
    rows = [[p["institution_id"], p["name"] or "", *(p[name] for name in names)] for p in places]
    sheet = exports.Sheet(
        title=_("机构疑点汇总"),
        facts=[
            (_("期间"), month or _("无")),
            (_("机构数"), f"{len(places):,}"),
            (_("计数"), _("同一行费用被几条规则指出时，每条规则各计一次。")),
        ],
        head=head,
        money=(4,),
        rows=iter([rows]),
        totals=["", _("合计"), *(total[name] for name in names)],
    )
    return exports.respond(request, sheet, "xlsx", f"institutions-{month or 'none'}", {"month": month})
