"""Published workbooks: uploaded, compared with the rule book, confirmed by a person; and downloaded again."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from zhunsheng.book.workbooks import Citation, export_workbooks
from zhunsheng.casework.bodies.permissions import Verb, check_may, may
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.knowledge import actions, queries
from zhunsheng.casework.knowledge.models import Upload
from zhunsheng.kernel.errors import Problem, catalogue
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import parse_date
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import english
from zhunsheng.web.uploads import check_uploads

SIZE = 20
#: Every file of an archive bears one moment, so that equal workbooks give an equal archive.
MOMENT = (2000, 1, 1, 0, 0, 0)


@page(Verb.READ_RULEBOOK)
def upload_list(request: HttpRequest) -> HttpResponse:
    """Show the upload form and what was uploaded before; take an upload."""
    if request.method == "POST":
        return _upload(request)
    number = page_number(request)
    found = queries.uploads(request.scope)
    pages = Pages(number, SIZE, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        "uploads": found[(number - 1) * SIZE : number * SIZE],
        "pages": pages,
        "may_load": may(request.user, Verb.LOAD_KNOWLEDGE),
        "batches": book().batches,
    }
    return render(request, "web/workbooks.html", context)


def _upload(request: HttpRequest) -> HttpResponse:
    check_may(request.user, Verb.LOAD_KNOWLEDGE)
    files = request.FILES.getlist("files")
    check_uploads(request, files)
    received = [receive(file.name, file.chunks()) for file in files]
    item = actions.start_upload(request.user, received, _stated(request))
    return redirect("workbook", pk=item.pk)


def _stated(request: HttpRequest) -> Citation | None:
    batch, citation, start = (request.POST.get(name, "").strip() for name in ("batch", "citation", "valid_from"))
    if not batch and (citation or start):
        raise Problem("ZS428", file="", batch="")
    return Citation(batch[:61], citation[:300], _day(start)) if batch else None


def _day(text: str) -> date | None:
    return parse_date(text) if text else None


@page(Verb.READ_RULEBOOK)
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """Show an upload: what its sheets gave, what would change or has changed, what was left out and why."""
    item = _one(request, pk)
    known = book().knowledge
    report = item.report
    context = {
        "item": item,
        "sheets": [{**one, "kind": known[one["list"]].kind} for one in report["sheets"] if one["list"] in known],
        "diff": [_compared(one, known) for one in report["diff"] if one["list"] in known],
        "remarks": [_said(one) for one in report["remarks"]],
        "remarks_all": report["remarks_all"],
        "notices": [_said(one) for one in report["notices"]],
        "gone": sum(one["gone"] for one in report["diff"]),
        "moving": sum(one["new"] + one["changed"] for one in report["diff"]),
        "may_load": may(request.user, Verb.LOAD_KNOWLEDGE),
    }
    return render(request, "web/workbook.html", context)


def _compared(one: dict[str, Any], known: dict[str, Any]) -> dict[str, Any]:
    """Add the names of list and columns to a comparison."""
    kind = known[one["list"]].kind
    columns = {column.name: column for column in kind.columns}
    points = [
        {**point, "fields": [(columns.get(name), name, *values) for name, values in point["fields"].items()]}
        for point in one["points"]
    ]
    return {**one, "list_kind": kind, "points": points, "all": one["new"] + one["changed"] + one["gone"]}


def _said(kept: dict[str, Any]) -> dict[str, Any]:
    """Return a remark in the reader's language, with its place."""
    if not english() or kept["code"] not in catalogue():
        return kept
    return {**kept, **Problem(kept["code"], **kept["values"]).as_dict("en")}


def _one(request: HttpRequest, pk: int) -> Upload:
    item = queries.one(request.scope, pk)
    if item is None:
        raise Problem("ZS701")
    return item


@require_POST
@page(Verb.LOAD_KNOWLEDGE)
def confirm(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what was shown into the rule book."""
    actions.confirm_upload(request.user, _one(request, pk), remove=request.POST.get("remove") == "yes")
    return redirect("workbook", pk=pk)


@require_POST
@page(Verb.LOAD_KNOWLEDGE)
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Leave the workbooks out."""
    actions.discard_upload(request.user, _one(request, pk))
    return redirect("workbook", pk=pk)


@page(Verb.READ_RULEBOOK)
def export(request: HttpRequest) -> HttpResponse:
    """Download the knowledge in the published layouts: all of it, or one list. Raises Problem ZS701 for none."""
    name = request.GET.get("list", "")
    found = export_workbooks(rulebook(), home().book, name=name)
    if not found:
        raise Problem("ZS701")
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, data in found.items():
            archive.writestr(zipfile.ZipInfo(file, MOMENT), data)
    response = HttpResponse(target.getvalue(), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name or "knowledge"}.zip"'
    return response
