"""Periodic reports: which are due, one with its frozen figures and words, and the published ones for everybody."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases.permissions import acts
from zhunsheng.casework.periodic import actions, library, policies, queries, wording
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: States in which the author works on a report.
WRITING = frozenset({"drafting", "returned"})


@page(Verb.READ_CASES)
def report_list(request: HttpRequest) -> HttpResponse:
    """List the reports in view, open ones first by their last day."""
    wanted = {name: request.GET.get(name, "") for name in ("kind", "vendor")}
    if wanted["kind"] and wanted["kind"] not in policies.CYCLES:
        raise Problem("ZS709", name="kind", value=wanted["kind"][:40])
    found = queries.reports(request.scope)
    if wanted["kind"]:
        found = found.filter(kind=wanted["kind"])
    if wanted["vendor"]:
        found = found.filter(institution_id=wanted["vendor"][:40])
    rows = sorted(found, key=lambda one: (one.case.closed_at is not None, str(one.case.due_on or "9"), -one.pk))
    pages = Pages(page_number(request), ROWS, len(rows))
    if elsewhere := last_page(request, pages):
        return elsewhere
    today = now().date()
    context = {
        "wanted": {name: text for name, text in wanted.items() if text},
        "kinds": library.reports().reports,
        "rows": [_row(one, today) for one in rows[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
    }
    return render(request, "web/periodic_list.html", context)


def _row(one: PeriodReport, today: Any) -> dict[str, Any]:
    case = one.case
    late = bool(case.closed_at is None and case.due_on and case.due_on < today)
    return {"report": one, "kind": library.report(one.kind), "state": case.life.state(case.state), "late": late}


def _one(request: HttpRequest, pk: int) -> PeriodReport:
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one report. Raises Problem ZS701 for one that is not in view."""
    return _shown(request, _one(request, pk))


def _shown(request: HttpRequest, found: PeriodReport, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    case, life = found.case, found.case.life
    context = {
        **told,
        **_row(found, now().date()),
        "case": case,
        "parts": _parts(found),
        "rows": _rows(found),
        "words": queries.words(found),
        "writes": case.state in WRITING and acts(request.user, case, life.named(life.move("freeze").who)),
        "reads": case.state == "submitted" and acts(request.user, case, life.named(("receiver",))),
    }
    return render(request, "web/periodic.html", context, status=told["status"])


def _parts(found: PeriodReport) -> list[tuple[str, str]]:
    """Return the parts of the frozen figures with their names, but for the indicators, which are a table."""
    if not found.content:
        return []
    needs = {one.id: one for one in found.case.life.move("freeze").needs}
    return [(needs[key], text) for key, text in wording.told(found.content).items() if key != "indicators"]


def _rows(found: PeriodReport) -> list[dict[str, Any]]:
    """Return the indicators of a report, those that miss their target first."""
    rank = {"missed": 0, "unknown": 1, "met": 2}
    names = found.content.get("vendors", {})
    rows = [
        {**row, "name": names.get(row["vendor"], row["vendor"]), "sign": wording.UNITS.get(row["unit"], "")}
        for row in found.content.get("indicators", [])
    ]
    return sorted(rows, key=lambda row: (rank[row["verdict"]], row["name"], row["indicator"]))


@page(Verb.READ_CASES)
@require_POST
def freeze(request: HttpRequest, pk: int) -> HttpResponse:
    """Freeze the figures of a report on the current run."""
    found = _one(request, pk)
    try:
        actions.freeze(request.user, found, _version(request))
    except Problem as problem:
        return _shown(request, found, problem)
    return redirect("periodic", pk=pk)


def _version(request: HttpRequest) -> int:
    """Return which version of the case a form shows. Raises Problem ZS867 for none."""
    text = request.POST.get("version", "")
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise Problem("ZS867")
    return int(text)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Send the indicators of a report."""
    found = _one(request, pk)
    rows = [
        [row["name"], row["zh"], row["numerator"], row["denominator"], row["unknown"], row["value"], row["target"],
         wording.VERDICTS[row["verdict"]]]
        for row in _rows(found)
    ]  # fmt: skip
    sheet = exports.Sheet(
        title=library.report(found.kind).zh,
        facts=[
            (_("报告期"), f"{found.from_on} – {found.until_on}"),
            (_("运行"), found.run),
            (_("数据摘要值"), found.digest),
        ],
        head=[_("供应商"), _("指标"), _("分子"), _("分母"), _("不明"), _("数值"), _("目标"), _("判定")],
        money=(),
        rows=iter([rows]),
        totals=[_("合计"), len(rows), "", "", "", "", "", ""],
    )
    return exports.respond(request, sheet, kind, "periodic", {"report": str(found.pk)})


def published(request: HttpRequest) -> HttpResponse:
    """Show the published reports to anybody: words of the author, and the frozen figures in words."""
    rows = [
        {"report": one, "kind": library.report(one.kind), "parts": _parts(one), "rows": _rows(one),
         "words": queries.words(one)}
        for one in queries.published()
    ]  # fmt: skip
    return render(request, "web/service_reports.html", {"rows": rows})
