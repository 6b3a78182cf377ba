"""The worklist: what was marked or noted, by the reader or in the body; marks, notes and saved views."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.worklist import actions, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.web import exports
from zhunsheng.web.access import next_address, page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import label, tongue

WHOSE = ("any", "mine", "body")
ROWS = 50


@page(Verb.READ_FINDINGS)
def worklist(request: HttpRequest) -> HttpResponse:
    """List what is marked or noted, with the notes."""
    whose = _whose(request)
    entries = _entries(request, whose)
    pages = Pages(page_number(request), ROWS, len(entries))
    if elsewhere := last_page(request, pages):
        return elsewhere
    undo = request.GET.get("lifted", "")
    context = {
        "whose": whose,
        "tabs": [("any", _("全部")), ("mine", _("我的")), ("body", _("单位共用"))],
        "rows": entries[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "views": queries.views(request.scope, request.user),
        "lifted": queries.lifted_mark(request.scope, request.user, int(undo)) if undo.isdecimal() else None,
        "deleted": _deleted(request),
    }
    return render(request, "web/worklist.html", context)


def _whose(request: HttpRequest) -> str:
    return narrowed(request, {"whose": WHOSE}, whose="any")["whose"]


def _deleted(request: HttpRequest) -> Any:
    pk = request.GET.get("deleted", "")
    return queries.view(request.scope, request.user, int(pk), deleted=True) if pk.isdecimal() else None


def _entries(request: HttpRequest, whose: str) -> list[dict[str, Any]]:
    """Return a row for each finding that is marked or noted, newest first, as the current run knows it.

    A finding that neither this run nor the one before has keeps its place with ``finding`` None.
    """
    scope, user = request.scope, request.user
    made: list[tuple[str, Any]] = [("marks", one) for one in queries.marks(scope, user, whose)]
    noted = [one for one in queries.notes(scope, user) if whose == "any" or one.shared is (whose == "body")]
    made += [("notes", one) for one in noted]
    rows: dict[str, dict[str, Any]] = {}
    for name, one in sorted(made, key=lambda pair: pair[1].made_at, reverse=True):
        if scope.sees(one.institution_id):
            row = rows.setdefault(one.finding_id, {"finding_id": one.finding_id, "marks": [], "notes": []})
            row[name].append(one)
    return _known(request, rows)


def _known(request: HttpRequest, rows: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    if rows and request.scope.file is not None:
        with request.scope.lake() as reader:
            found = {row["finding_id"]: row for row in findings.some(reader, list(rows))}
    work = queries.work_on(request.scope, request.user, rows)
    return [{**row, "finding": found.get(key), "work": work[key]} for key, row in rows.items()]


@page(Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Export the worklist with the last words of each note, as xlsx or csv."""
    whose = _whose(request)
    entries = _entries(request, whose)
    exports.check_size(len(entries))
    stake = sum(row["finding"]["amount_fen"] for row in entries if row["finding"])
    sheet = exports.Sheet(
        title=_("工作清单"),
        facts=[(_("范围"), {"any": _("全部"), "mine": _("我的"), "body": _("单位共用")}[whose])],
        head=[
            _("疑点标识"), _("判定"), _("规则"), _("机构"), _("项目"), _("服务日期"), _("涉及金额（元）"), _("状态"),
            _("标记"), _("备注"),
        ],
        money=(6,),
        rows=iter([[_cells(row) for row in entries]]),
        totals=[_("合计"), *[""] * 5, stake, *[""] * 3],
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "worklist", {"whose": whose})


def _cells(row: dict[str, Any]) -> list[Any]:
    found = row["finding"] or {}
    day = found.get("service_date")
    return [
        row["finding_id"],
        label(found.get("verdict"), "verdict"),
        tongue(found, "rule_name"),
        found.get("institution_name") or "",
        found.get("item_name") or "",
        day.isoformat() if day else "",
        found.get("amount_fen"),
        label(found["state"], "state") if found else _("不在本次与上次运行中"),
        "；".join(f"{one.owner} {one.made_at.astimezone(SHANGHAI):%Y-%m-%d}" for one in row["marks"]),
        "；".join(f"{one.owner}：{one.latest.text}" for one in row["notes"]),
    ]


def _institution(request: HttpRequest, finding_id: str) -> str:
    """Return the institution of a finding in view. Raises Problem ZS701."""
    with request.scope.lake() as reader:
        found = findings.one(reader, finding_id)
    if found is None:
        raise Problem("ZS701")
    return str(found["institution_id"])


@require_POST
@page(Verb.WORK_FINDINGS)
def mark(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Mark a finding, or lift the mark that stands; by a script only the row's marks come back."""
    shared = request.POST.get("shared") == "1"
    standing = queries.standing_mark(request.scope, request.user, finding_id, shared=shared)
    if standing and request.scope.sees(standing.institution_id):
        actions.lift_mark(request.user, standing)
    else:
        actions.set_mark(request.user, finding_id, _institution(request, finding_id), shared=shared)
    if request.headers.get("HX-Request"):
        work = queries.work_on(request.scope, request.user, [finding_id])[finding_id]
        return render(request, "web/parts/row_marks.html", {"finding_id": finding_id, "work": work})
    back = next_address(request, reverse("finding", args=[finding_id]))
    return HttpResponseRedirect(f"{back}?lifted={standing.pk}" if standing and back == reverse("worklist") else back)


@require_POST
@page(Verb.WORK_FINDINGS)
def add_note(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Write a note on a finding."""
    shared = request.POST.get("shared") == "1"
    text = request.POST.get("text", "")
    actions.add_note(request.user, finding_id, _institution(request, finding_id), text, shared=shared)
    return HttpResponseRedirect(f"{next_address(request, reverse('finding', args=[finding_id]))}#work")


@require_POST
@page(Verb.WORK_FINDINGS)
def correct_note(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a version to a note of one's own. Raises Problem ZS718 when another version came in between."""
    note = queries.note(request.scope, request.user, pk)
    if note is None or not request.scope.sees(note.institution_id):
        raise Problem("ZS701")
    seen = request.POST.get("seen", "")
    actions.correct_note(request.user, note, request.POST.get("text", ""), int(seen) if seen.isdecimal() else 0)
    return HttpResponseRedirect(f"{next_address(request, reverse('finding', args=[note.finding_id]))}#work")


@require_POST
@page(Verb.WORK_FINDINGS)
def save_view(request: HttpRequest) -> HttpResponse:
    """Keep the page that the reader looks at under a name."""
    given = {name: request.POST.get(name, "") for name in ("name", "page", "query")}
    view = actions.save_view(request.user, **given, shared=request.POST.get("shared") == "1")
    return redirect("view", pk=view.pk)


@page(Verb.READ_FINDINGS)
def view(request: HttpRequest, pk: int) -> HttpResponse:
    """Lead to the page that a saved view stands for. Raises Problem ZS701 for one that is not in view."""
    found = queries.view(request.scope, request.user, pk)
    if found is None:
        raise Problem("ZS701")
    return HttpResponseRedirect(f"{reverse(found.page)}?{found.query}")


@require_POST
@page(Verb.WORK_FINDINGS)
def change_view(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Rename, delete or restore a view of one's own. Raises Problem ZS701."""
    found = queries.view(request.scope, request.user, pk, deleted=deed == "restore")
    if found is None:
        raise Problem("ZS701")
    if deed == "rename":
        shared = request.POST.get("shared") == "1"
        actions.change_view(request.user, found, name=request.POST.get("name", ""), shared=shared)
    elif deed == "delete":
        actions.delete_view(request.user, found)
        return HttpResponseRedirect(f"{reverse('worklist')}?deleted={found.pk}#views")
    elif deed == "restore":
        actions.restore_view(request.user, found)
    else:
        raise Problem("ZS701")
    return HttpResponseRedirect(f"{reverse('worklist')}#views")


def on_page(request: HttpRequest, name: str, query: str) -> dict[str, Any]:
    """Return what a list needs to offer saved views: those of this page, and the address that would be kept."""
    if not may(request.user, Verb.WORK_FINDINGS):
        return {}
    views = [one for one in queries.views(request.scope, request.user) if one.page == name]
    return {"saved": views, "page_name": name, "page_query": query}
