"""Imports: files go in by a dry run, a person confirms, the report says what came back and why."""

from __future__ import annotations

from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb, check_may, may
from zhunsheng.casework.imports import actions, queries
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.imports.states import ImportState
from zhunsheng.casework.imports.tasks import report_stem
from zhunsheng.casework.jobs.queries import open_job, worker_alive
from zhunsheng.kernel.errors import Problem, catalogue
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import english
from zhunsheng.web.uploads import check_uploads

SIZE = 20
STEPS = {
    "import.check": gettext_lazy("试读"),
    "import.load": gettext_lazy("入库"),
}


@page(Verb.READ_IMPORTS)
def import_list(request: HttpRequest) -> HttpResponse:
    """Show the upload form and the history; take an upload."""
    if request.method == "POST":
        return _upload(request)
    number = page_number(request)
    found = queries.imports(request.scope)
    pages = Pages(number, SIZE, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "imports": found[(number - 1) * SIZE : number * SIZE],
        "pages": pages,
        "may_import": may(request.user, Verb.IMPORT_FILES),
        "worker": worker_alive(),
    }
    return render(request, "web/imports.html", context)


def _upload(request: HttpRequest) -> HttpResponse:
    check_may(request.user, Verb.IMPORT_FILES)
    files = request.FILES.getlist("files")
    check_uploads(request, files)
    received = [receive(file.name, file.chunks()) for file in files]
    item = actions.start_import(request.user, received)
    return redirect("import", pk=item.pk)


@page(Verb.READ_IMPORTS)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an import: progress, report, rejected rows, what to do next."""
    return render(request, "web/import.html", _context(request, _one(request, pk)))


@page(Verb.READ_IMPORTS)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show only the state of an import; a page that has ended asks the browser to load it whole."""
    item = _one(request, pk)
    response = render(request, "web/parts/job.html", _context(request, item))
    if item.state not in (ImportState.CHECKING, ImportState.LOADING):
        response["HX-Refresh"] = "true"
    return response


def _context(request: HttpRequest, item: Import) -> dict[str, Any]:
    report = item.report or {}
    return {
        "item": item,
        "job": item.job,
        "address": reverse("import-progress", args=[item.pk]),
        "step_name": STEPS.get(item.job.kind, "") if item.job else "",
        "moving": item.state in (ImportState.CHECKING, ImportState.LOADING),
        "report": report,
        "files": [_file(one) for one in report.get("files", [])],
        "rejects": [_reject(one) for one in report.get("rejects_shown", [])],
        "problem": _problem(item.problem),
        "may_import": may(request.user, Verb.IMPORT_FILES),
        "may_run": may(request.user, Verb.RUN_RULES),
        "run_open": open_job(request.scope, "run"),
        "today": now().date(),
        "worker": worker_alive(),
    }


def _file(one: dict[str, Any]) -> dict[str, Any]:
    notices = [_problem(notice) for notice in one.get("notices") or []]
    return {**one, "problem": _problem(one.get("problem")), "notices": [n for n in notices if n]}


def _reject(one: dict[str, Any]) -> dict[str, Any]:
    side = "en" if english() else "zh"
    return {
        **one,
        "reason": one["reason"][side],
        "mend": one["mend"][side],
        "column_shown": one["column"] if english() else f"{one['column_zh']} {one['column']}",
    }


def _problem(kept: dict[str, Any] | None) -> dict[str, object] | None:
    """Return a kept problem in the reader's language; one kept as text stays as it is."""
    if not kept or kept.get("code") not in catalogue():
        return kept
    if "values" not in kept:
        return kept
    return Problem(kept["code"], **kept["values"]).as_dict("en" if english() else "zh")


def _one(request: HttpRequest, pk: int) -> Import:
    item = queries.one(request.scope, pk)
    if item is None:
        raise Problem("ZS701")
    return item


@require_POST
@page(Verb.IMPORT_FILES)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Load what the dry run has shown."""
    actions.confirm_import(request.user, _one(request, pk))
    return redirect("import", pk=pk)


@require_POST
@page(Verb.IMPORT_FILES)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the files out."""
    actions.discard_import(request.user, _one(request, pk))
    return redirect("import", pk=pk)


@page(Verb.READ_IMPORTS)
def report(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Download the report with every rejected row, as xlsx or json."""
    item = _one(request, pk)
    step = "load" if item.load_report else "check"
    path = home().reports / f"{report_stem(pk, step)}.{kind}"
    if kind not in ("xlsx", "json") or not path.exists():
        raise Problem("ZS701")
    return FileResponse(path.open("rb"), as_attachment=True, filename=f"import-{pk}-{step}.{kind}")
