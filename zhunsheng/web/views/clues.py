"""Findings grouped as clues are: by institution, rule and month, each with the cases that were opened on it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import queries
from zhunsheng.casework.findings import queries as findings
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number

ROWS = 50


@page(Verb.WORK_FINDINGS)
def groups(request: HttpRequest) -> HttpResponse:
    """List groups of findings, the largest sum first."""
    wanted = {name: request.GET.get(name, "") for name in ("institution", "rule", "month")}
    with request.scope.lake() as reader:
        totals = findings.group_totals(reader, wanted)
        pages = Pages(page_number(request), ROWS, totals["groups"])
        if elsewhere := last_page(request, pages):
            return elsewhere
        rows = findings.groups(reader, wanted, ROWS, max(0, pages.first - 1))
        rules, months = findings.rules(reader), findings.months(reader)
    known = queries.by_finding(request.scope, [key for row in rows for key in row["finding_ids"]])
    for row in rows:
        cases = {one.pk: one for key in row["finding_ids"] for one in known.get(key, ())}
        row["address"] = {"institution": row["institution_id"], "rule": row["rule_id"], "month": row["month"] or ""}
        row["cases"] = sorted(cases.values(), key=lambda one: one.pk)
    context = {
        "wanted": {name: value for name, value in wanted.items() if value},
        "totals": totals,
        "rows": rows,
        "pages": pages,
        "rules": rules,
        "months": months,
        "places": request.scope.places(),
        "may_open": any(one.name == "clue" for one in queries.openings(request.user)),
    }
    return render(request, "web/clues.html", context)
