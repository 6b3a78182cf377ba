"""Institutions of one kind and level side by side, with control limits; never beside those of another."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.findings import peers, queries
from zhunsheng.casework.findings.peers import BASES, LEAST, UNGRADED, Peers, stated
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.charts import per_word, strips
from zhunsheng.web.templatetags.words import label, tongue
from zhunsheng.web.views.places import known
from zhunsheng.web.views.worklist import on_page

SUMMED = ("findings", "unknown", "base")


@page(Verb.READ_FINDINGS)
def compare(request: HttpRequest) -> HttpResponse:
    """Compare the institutions of a kind and level in view."""
    if request.scope.file is None and not request.scope.broken:
        return render(request, "web/overview_empty.html")
    with request.scope.lake() as reader:
        months = queries.months(reader)
        if not months:
            return render(request, "web/overview_empty.html", {"scoped": True})
        groups, wanted = _wanted(request, reader, months)
        rows = peers.compare(reader, wanted) if wanted.kind else []
        context = {
            "wanted": wanted,
            "months": months,
            "rules": queries.rules(reader),
            "groups": [{**one, "words": _words(one["kind"], one["grade"]), "stated": stated(one)} for one in groups],
            "bases": [(base, per_word(base)) for base in BASES],
            "tab": "compare",
            "several": request.scope.several,
            "unstated": sum(one["count"] for one in groups if not stated(one)),
            **_told(rows, wanted),
        }
    context |= on_page(request, "compare", wanted.query())
    return render(request, "web/peers.html", context)


def _wanted(request: HttpRequest, reader: Reader, months: list[str]) -> tuple[list[dict[str, Any]], Peers]:
    groups = peers.groups(reader, known(request))
    given = request.GET.copy()
    kind, _slash, grade = given.get("group", "").partition("/")
    if kind:
        given["kind"], given["grade"] = kind, grade
    given["month"] = given.get("month", "").strip() or queries.settled_month(reader, months)
    return groups, peers.parse(given, months, groups)


def _told(rows: list[dict[str, Any]], wanted: Peers) -> dict[str, Any]:
    rated = [row for row in rows if row["rate"] is not None]
    month = {"month": wanted.month} if wanted.month else {}
    for row in rows:
        row["list"] = {**month, "institution": row["institution_id"], **({"rule": wanted.rule} if wanted.rule else {})}
        row["base"] = row[wanted.per]
    shown = strips(rows)
    idle = [row for row in shown if row["rate"] is None]
    return {
        "rows": shown,
        "rated": [row for row in shown if row["rate"] is not None],
        "idle": idle,
        "idle_sums": {name: sum(row[name] for row in idle) for name in SUMMED},
        "comparable": len(rated) >= LEAST,
        "out": [row for row in rated if row["out"]],
        "centre": rated[0]["centre"] if rated else None,
        "words": _words(wanted.kind, wanted.grade) if wanted.kind else "",
        "per": per_word(wanted.per),
        "sums": {name: sum(row[name] for row in rows) for name in SUMMED},
    }


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export a comparison as xlsx or csv."""
    with request.scope.lake() as reader:
        _groups, wanted = _wanted(request, reader, queries.months(reader))
        told = _told(peers.compare(reader, wanted), wanted)
        rule = _rule(reader, wanted.rule)
    figures = ("rate", "lower", "centre", "upper")
    cells = [
        [
            row["institution_id"], row["name"] or "", row["findings"], row["base"],
            *("" if row[name] is None else f"{row[name]:.2f}" for name in figures),
            _("超出控制限") if row["out"] else "", row["unknown"],
        ]
        for row in told["rows"]
    ]  # fmt: skip
    sums = told["sums"]
    base = _("费用明细（行）") if wanted.per == "lines" else _("结算单（份）")
    sheet = exports.Sheet(
        title=_("同类机构比较"),
        facts=[
            (_("范围"), told["words"]),
            (_("期间"), wanted.month or _("全部月份")),
            (_("规则"), rule or _("全部规则")),
            (_("计数"), _("同一行费用被几条规则指出时，每条规则各计一次。")),
        ],
        head=[
            _("机构编码"), _("机构"), _("疑点（件）"), base, told["per"], _("下限"), _("中心"), _("上限"),
            _("控制限"), _("不明（件）"),
        ],
        money=(),
        rows=iter([cells]),
        totals=["", _("合计"), sums["findings"], sums["base"], *[""] * 5, sums["unknown"]],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "compare", {"query": wanted.query()})


def _rule(reader: Reader, rule_id: str) -> str:
    found = next((row for row in queries.rules(reader) if row["rule_id"] == rule_id), None)
    return str(tongue(found, "name")) if found else rule_id


def _words(kind: str | None, grade: str | None) -> str:
    """Return kind and level in words; what is not stated is said, and a kind without levels has none."""
    if kind in UNGRADED:
        return label(kind, "kind")
    told = [label(kind, "kind") if kind else _("类别不明"), label(grade, "level") if grade else _("级别不明")]
    return " ".join(told)
