"""Findings: the list with its filters, one finding with all that stands behind it, the encounter around it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.cases.library import overturning
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.decisions import queries as decisions
from zhunsheng.casework.findings import queries
from zhunsheng.casework.findings.filters import STATES, VERDICTS, Filter, parse
from zhunsheng.casework.findings.history import history
from zhunsheng.casework.findings.levels import UNNAMED
from zhunsheng.casework.findings.services import KINDS
from zhunsheng.casework.worklist import queries as worklist
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import completed_years
from zhunsheng.web import clue, exports, record, service
from zhunsheng.web.access import page
from zhunsheng.web.columns import chosen, export_head, export_row
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.reasons import LACKING, in_words
from zhunsheng.web.templatetags.words import english, label, tongue
from zhunsheng.web.views.worklist import on_page

LINES = 10


@page(Verb.READ_FINDINGS)
def finding_list(request: HttpRequest) -> HttpResponse:
    """List the findings that a filter leaves."""
    wanted, number = resolved(request), page_number(request)
    with request.scope.lake() as reader:
        total = queries.totals(reader, wanted)
        pages = Pages(number, queries.PAGE, total["findings"])
        if elsewhere := last_page(request, pages):
            return elsewhere
        context = {
            "wanted": wanted,
            "total": total,
            "pages": pages,
            "rows": queries.page(reader, wanted, number),
            "columns": chosen(request),
            "may_export": may(request.user, Verb.EXPORT_FINDINGS),
            **_choices(reader, wanted),
        }
    context["conditions"] = conditions(wanted, context)
    context["several"] = request.scope.several
    cols = context["columns"]["cols"]
    context["list_query"] = wanted.query() + (f"&cols={cols}" if cols is not None else "")
    work = worklist.work_on(request.scope, request.user, [row["finding_id"] for row in context["rows"]])
    told = decisions.outcomes(request.scope, work)
    context["rows"] = [
        {**row, "work": work[row["finding_id"]], "outcome": told.get(row["finding_id"])} for row in context["rows"]
    ]
    context |= on_page(request, "findings", context["list_query"])
    return render(request, "web/findings.html", context)


def resolved(request: HttpRequest) -> Filter:
    """Return the filter of an address, knowing which findings are marked or decided where it asks for that."""
    wanted = parse(request.GET)
    if wanted.mark:
        which = "any" if wanted.mark == "none" else wanted.mark
        wanted = replace(wanted, marked=worklist.marked_ids(request.scope, request.user, which))
    if wanted.decided:
        wanted = replace(wanted, settled=decisions.decided_ids(request.scope, wanted.decided))
    return wanted


def _choices(reader: Reader, wanted: Filter) -> dict[str, Any]:
    """Return what the filter form offers."""
    return {
        "rules": queries.rules(reader),
        "institutions": queries.institutions(reader),
        "departments": queries.departments(reader, wanted.institution) if wanted.institution else [],
        "months": queries.months(reader),
        "verdicts": VERDICTS,
        "states": STATES,
    }


def conditions(wanted: Filter, choices: dict[str, Any]) -> list[dict[str, str]]:
    """Return each condition in words, with the address part that lifts it."""
    names = {
        "rule": _("规则"), "institution": _("机构"), "department": _("科室"), "practitioner": _("医师"),
        "verdict": _("判定"), "state": _("状态"), "month": _("月份"), "amount": _("金额不低于（元）"),
        "reason": _("缺少"), "q": _("查找"), "consortium": _("医联体"), "mark": _("标记"),
        "decided": _("核实"), "area": _("范围"),
    }  # fmt: skip
    return [
        {"name": names[name], "value": _told(wanted, name, choices), "without": wanted.without(name).query()}
        for name in wanted.set_names
    ]


def _told(wanted: Filter, name: str, choices: dict[str, Any]) -> str:
    value = getattr(wanted, name)
    lists = {"rule": "rules", "institution": "institutions", "department": "departments"}
    if name in lists:
        found = next((row for row in choices[lists[name]] if row[f"{name}_id"] == value), None)
        return str(tongue(found, "name")) if found else value
    if value == UNNAMED:
        return _("不明")
    if name == "consortium":
        lead = next((row for row in choices["institutions"] if row["institution_id"] == value), None)
        return _("{name}及成员单位").format(name=lead["name"] if lead else value)
    if name == "mark":
        return {"any": _("已标记"), "mine": _("我标记的"), "body": _("单位标记的"), "none": _("未标记")}[value]
    if name == "decided":
        return {"confirmed": _("属实"), "overturned": _("不属实"), "none": _("未核实")}[value]
    if name == "area":
        return {"fund": _("医保基金"), "service": _("第三方服务")}[value]
    if name == "verdict" and value == "lead":
        return _("明确违规或可疑")
    if name == "reason" and value in LACKING:
        return LACKING[value][english()]
    return label(value, name) if name in ("verdict", "state") else value


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the whole list that a filter leaves, as xlsx or csv. Raises Problem ZS710 for too many rows."""
    wanted = resolved(request)
    with request.scope.lake() as reader:
        total = queries.totals(reader, wanted)
        exports.check_size(total["findings"])
        told = conditions(wanted, _choices(reader, wanted))
        sql, values = queries.export_sql(wanted)
        rows = [[export_row(row) for row in reader.rows(sql, values)]]
    manifest = request.scope.file.manifest
    sheet = exports.Sheet(
        title=_("疑点清单"),
        facts=[
            (_("期间"), wanted.month or _("全部月份，截至 {day}").format(day=manifest.get("as_of", ""))),
            (_("筛选"), "；".join(f"{c['name']} {c['value']}" for c in told) or _("无")),
            (_("运行"), str(manifest.get("run_id", ""))),
            (_("合计"), _("{findings} 件").format(findings=f"{total['findings']:,}")),
            (_("说明"), _("疑点为机器提示的线索，经人工核实后方为问题。")),
            (_("计数"), _("同一行费用被几条规则指出时，每条规则各计一次。")),
        ],
        head=export_head(),
        money=(11, 12),
        rows=iter(rows),
        totals=[_("合计"), *[""] * 10, total["amount_fen"], "", ""],
    )
    return exports.respond(request, sheet, kind, "findings", {"query": wanted.query()})


@page(Verb.READ_FINDINGS)
def finding(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Show one finding. Raises Problem ZS701 outside the scope."""
    wanted = resolved(request)
    with request.scope.lake() as reader:
        found = queries.one(reader, finding_id)
        if found is None:
            raise Problem("ZS701")
        request.scope.open_institution(f"finding:{finding_id}", found["institution_id"])
        context = _record(reader, found, request.scope.file.manifest["book_digest"])
        context["neighbours"] = queries.neighbours(reader, wanted, finding_id) if wanted.state != "gone" else None
        context["choices"] = _choices(reader, wanted) if wanted.set_names else {}
    context["conditions"] = conditions(wanted, context["choices"]) if wanted.set_names else []
    context["work"] = worklist.work_on(request.scope, request.user, [finding_id])[finding_id]
    context["decisions"] = decisions.of_finding(request.scope, finding_id)
    context["causes"] = overturning().reasons
    context["cause_words"] = {one.id: named(one) for one in context["causes"]}
    standing = any(one.withdrawn_at is None for one in context["decisions"])
    context["open_to_decide"] = not standing and found["verdict"] != "unknown" and found["state"] != "gone"
    context["notes"] = worklist.notes(request.scope, request.user, [finding_id])
    context |= {"wanted": wanted, "history": history(request.scope, finding_id)}
    return render(request, "web/finding.html", context)


def _record(reader: Reader, found: dict[str, Any], digest: str) -> dict[str, Any]:
    rows = queries.involved(reader, found["finding_id"])
    subjects = [row for row in rows if row["row_kind"] in ("institution", "practitioner")]
    rows = [row for row in rows if row not in subjects]
    served = service.shown(reader, rows)
    if served:
        rows = [row for row in rows if row["row_kind"] not in KINDS]
    for row in rows:
        row["origin"] = record.origin(row) if row["row_id"] else ""
        row["told"] = clue.told(row)
    items = {row["item_code"]: row["item_name"] for row in rows if row.get("item_code")}
    reasons = queries.reasons(reader, found["finding_id"])
    for reason in reasons:
        reason["text"] = in_words(found["pattern"], reason, items)
    person = queries.person(reader, found["person_id"]) or {}
    lines = queries.encounter_totals(reader, found["encounter_id"])
    return {
        "finding": found,
        "rows": rows,
        "compare": record.compare(rows) if 0 < len(rows) <= 2 and not subjects and not served else None,
        "subjects": subjects,
        "service": served,
        "peers": clue.beside(reader, found) if clue.is_clue(found["pattern"]) else None,
        "is_clue": clue.is_clue(found["pattern"]),
        "involved_ids": {row["row_id"] for row in rows if row["row_id"]},
        "reasons": reasons,
        "person": {**person, "age": _age(person, found)},
        "encounter": queries.encounter(reader, found["encounter_id"]),
        "lines": queries.encounter_lines(reader, found["encounter_id"], LINES),
        "line_total": lines,
        "steps": record.steps(found, reasons, rows + subjects),
        **record.law_and_rule(found, digest),
    }


def _age(person: dict[str, Any], found: dict[str, Any]) -> int | None:
    born, day = person.get("birth_date"), found["service_date"]
    return completed_years(born, day) if born and day and born <= day else None
