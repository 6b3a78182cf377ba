"""The tree of institutions: each level an address, its parts one level down, its rules, its months, what is unknown."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Place, Reader
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.findings import levels, queries, reading
from zhunsheng.casework.findings.levels import LEVELS, UNNAMED, Position
from zhunsheng.casework.findings.overview import control_limits, month_before
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.charts import control_chart
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.reasons import missing
from zhunsheng.web.templatetags.words import unit_for
from zhunsheng.web.views.worklist import on_page

#: Rows of one page of parts; the rest is a page further and the total always covers all of them.
SHOWN = reading.ENCOUNTERS
RULES = 12


@page(Verb.READ_FINDINGS)
def places(request: HttpRequest) -> HttpResponse:
    """Show a level of the tree: the address says which. Raises Problem ZS701 outside the scope."""
    if request.scope.file is None and not request.scope.broken:
        return render(request, "web/overview_empty.html")
    check_in_view(request)
    with request.scope.lake() as reader:
        months = queries.months(reader)
        if not months:
            return render(request, "web/overview_empty.html", {"scoped": True})
        position = _position(request, reader, months)
        rows = reading.parts(reader, position, known(request))
        number = page_number(request)
        visits = reading.encounters(reader, position, number) if position.level == "practitioner" else []
        pages = Pages(number, SHOWN, visits[0]["visits"] if visits else len(rows))
        if (rows or visits) and (elsewhere := last_page(request, pages)):
            return elsewhere
        context = {
            **_parts(position, rows, pages),
            **_figures(reader, position),
            **_steps(reader, position, known(request)),
        }
    context |= {"visits": visits, "pages": pages, "months": months, "tab": "places"}
    context["agrees"] = not rows or _agrees(rows, context["total"])
    context |= on_page(request, "places", position.query())
    return render(request, "web/places.html", context)


def known(request: HttpRequest) -> dict[str, Place]:
    """Return the institutions in view by id. Raises Problem ZS716 for a run made before these figures were kept."""
    if "practitioner_month" not in request.scope.file.tables:
        raise Problem("ZS716", run=request.scope.file.path.parent.name)
    return {place.institution_id: place for place in request.scope.billing()}


def _position(request: HttpRequest, reader: Reader, months: list[str]) -> Position:
    """Return where the reader stands; who sees a single consortium or institution starts there."""
    given, places = request.GET.copy(), known(request)
    given["month"] = given.get("month", "").strip() or queries.settled_month(reader, months)
    position = levels.parse(given, months)
    groups = levels.leads(places)
    if position.level == "whole" and len(tops := set(levels.roots(places).values())) == 1:
        return position.below(tops.pop(), lead=bool(groups))
    if position.level == "consortium" and position.consortium not in groups:
        return Position(position.month, institution=position.consortium)
    return position


def check_in_view(request: HttpRequest) -> None:
    """Raise Problem ZS701 for an address that names an institution out of the reader's view."""
    for name in ("consortium", "institution"):
        if (key := request.GET.get(name, "").strip()) and not request.scope.sees(key):
            raise Problem("ZS701")


def _parts(position: Position, rows: list[dict[str, Any]], pages: Pages) -> dict[str, Any]:
    return {
        "position": position,
        "before": month_before(position.month) if position.month else "",
        "rows": [_linked(row, position) for row in rows[max(0, pages.first - 1) : pages.last]],
    }


def _steps(reader: Reader, position: Position, places: dict[str, Place]) -> dict[str, Any]:
    """Return the names on the way down, and the figures of the level above, of which a share can be told."""
    steps = path_of(position, places)
    crumbs = crumbs_of(reader, position, places)
    return {
        "place": places.get(position.institution or position.consortium),
        "crumbs": crumbs,
        "title": crumbs[-1]["name"],
        "above": reading.total(reader, steps[-2][1]) if len(steps) > 1 else None,
    }


def _figures(reader: Reader, position: Position) -> dict[str, Any]:
    total = reading.total(reader, position)
    limits = control_limits(reading.by_month(reader, position), "lines")
    rules = reading.by_rule(reader, position)
    return {
        "total": total,
        "unit": unit_for(total["finding_amount_fen"]),
        "rules": rules[:RULES],
        "rules_rest": rules[RULES:],
        "rule_total": _rule_sums(rules),
        "rest_total": _rule_sums(rules[RULES:]),
        "reasons": missing(reading.unknown_reasons(reader, position)),
        "limits": limits[::-1],
        "trend": control_chart(limits, "lines"),
    }


def _agrees(rows: list[dict[str, Any]], total: dict[str, Any]) -> bool:
    """Whether the rows add up to the figures of the level, which are reckoned apart from them."""
    added = reading.summed(rows)
    return all(added[name] == total[name] for name in reading.COUNTED)


def _linked(row: dict[str, Any], position: Position) -> dict[str, Any]:
    below = position.below(row["id"], lead=bool(row.get("lead")))
    return {
        **row,
        "name": name_of(below.level, row["id"] or UNNAMED, row.get("name")),
        "stated": row["id"] is not None,
        "query": below.query(),
        "list": below.list_query(),
        "change": row["findings"] - row["before"],
    }


def _rule_sums(rules: list[dict[str, Any]]) -> dict[str, int]:
    names = ("violation", "suspected", "unknown", "findings", "finding_amount_fen")
    return {name: sum(rule[name] for rule in rules) for name in names}


def path_of(position: Position, places: dict[str, Place]) -> list[tuple[str, Position]]:
    """Return the levels from the top in view down to a position, each with its own position."""
    top = levels.roots(places).get(position.institution or position.consortium, "")
    several = len(set(levels.roots(places).values())) > 1
    steps = [("whole", Position(position.month))] if several or not top else []
    if top in levels.leads(places):
        steps.append(("consortium", Position(position.month, consortium=top)))
    kept = Position(position.month)
    for name in LEVELS[2:]:
        if value := getattr(position, name):
            kept = Position(**{**{n: getattr(kept, n) for n in kept.__slots__}, name: value})
            steps.append((name, kept))
    return steps


def crumbs_of(reader: Reader, position: Position, places: dict[str, Place]) -> list[dict[str, str]]:
    """Return the names of the levels above and of the position itself, each with its address."""
    return [
        {"name": _step_name(reader, level, step, places), "query": step.query(), "level": level}
        for level, step in path_of(position, places)
    ]


def _step_name(reader: Reader, level: str, step: Position, places: dict[str, Place]) -> str:
    if level == "whole":
        return _("全部机构")
    key = getattr(step, level)
    if level in ("consortium", "institution"):
        name = places[key].name if key in places else key
        return _("{name}及成员单位").format(name=name) if level == "consortium" else name
    found = reader.one(
        f"SELECT name FROM {level} WHERE institution_id = ? AND {level}_id = ?",  # noqa: S608 - a level's own name
        [step.institution, key],
    )
    return name_of(level, key, found["name"] if found else None)


def name_of(level: str, key: str, name: str | None) -> str:
    """Return what a row or crumb is called; what lines do not name is called so."""
    if key == UNNAMED:
        return {"department": _("科室不明"), "practitioner": _("医务人员不明")}.get(level, _("机构不明"))
    return _("{name}及成员单位").format(name=name or key) if level == "consortium" else name or key


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the rows of a level as xlsx or csv: all of them, with the total of the level."""
    check_in_view(request)
    with request.scope.lake() as reader:
        position = _position(request, reader, queries.months(reader))
        crumbs = crumbs_of(reader, position, known(request))
        if position.level == "practitioner":
            return redirect(f"{reverse('findings-export', args=[kind])}?{position.list_query()}")
        rows = [_linked(row, position) for row in reading.parts(reader, position, known(request))]
        total = reading.total(reader, position)
    names = ("findings", "finding_amount_fen", "lines", "amount_fen", "unknown")
    cells = [[row["id"] or "", row["name"], *(row[name] for name in names)] for row in rows]
    sheet = exports.Sheet(
        title=_("逐级汇总"),
        facts=[
            (_("范围"), " / ".join(crumb["name"] for crumb in crumbs)),
            (_("期间"), position.month or _("全部月份")),
            (_("运行"), request.scope.file.path.parent.name),
            (_("计数"), _("同一行费用被几条规则指出时，每条规则各计一次。")),
        ],
        head=[
            _("编码"), _("名称"), _("疑点（件）"), _("涉及金额（元）"), _("费用明细（行）"), _("费用金额（元）"),
            _("不明（件）"),
        ],
        money=(3, 5),
        rows=iter([cells]),
        totals=["", _("合计"), *(total[name] for name in names)],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "places", {"query": position.query()})
