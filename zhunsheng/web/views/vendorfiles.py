"""One vendor's file in parts: overview, indicators, papers, people, agreements, oversight, service archive."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhunsheng.casework.archive import actions as bundles
from zhunsheng.casework.archive.entries import KINDS, Entry, Wanted, entries
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import library as cycles
from zhunsheng.casework.cases.files import path_of
from zhunsheng.casework.vendors import actions, library, overview, policies, queries
from zhunsheng.casework.vendors.forms import RATINGS
from zhunsheng.casework.vendors.models import Vendor
from zhunsheng.casework.vendors.states import Answer
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web import exports, vendorfile
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.errors import problem_context
from zhunsheng.web.views.vendors import OPENED, found_one, may_open, may_register

ROWS = 50
#: Parts of the file by the last word of their address; the first one has none.
PARTS: dict[str, Any] = {
    "": gettext_lazy("概况"), "indicators": gettext_lazy("指标"), "papers": gettext_lazy("证照与评价"),
    "people": gettext_lazy("人员与设备"), "deals": gettext_lazy("合同与价格"),
    "oversight": gettext_lazy("监督记录"), "archive": gettext_lazy("服务档案"),
}  # fmt: skip
#: What is added to a file by the name in the address, and the part that shows it.
DEEDS = {
    "person": (actions.add_person, "people"),
    "device": (actions.add_device, "people"),
    "fact": (actions.add_fact, "papers"),
}
Filler = Callable[..., dict[str, Any]]


@page(Verb.READ_CASES)
def vendor(request: HttpRequest, code: str) -> HttpResponse:
    """Show the first part of a vendor's file: lights, rating with its reasons, lines, what is next, what was last."""
    return _shown(request, found_one(request, code), "")


@page(Verb.READ_CASES)
def part(request: HttpRequest, code: str, part: str) -> HttpResponse:
    """Show another part. Raises Problem ZS701 for a name that is none."""
    found = found_one(request, code)
    if part == "archive":
        return _archive(request, found)
    if not part or part not in PARTS:
        raise Problem("ZS701")
    return _shown(request, found, part)


def _shown(
    request: HttpRequest, found: Vendor, part: str, problem: Problem | None = None, form: str = ""
) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    own = {"given": request.POST if problem else {}, "form": form}
    context = {**told, **_frame(request, found, part), **FILLERS[part](request, found), **own}
    return render(request, f"web/vendor/{part or 'overview'}.html", context, status=told["status"])


def _frame(request: HttpRequest, found: Vendor, part: str) -> dict[str, Any]:
    """Return what all parts share: names, tabs, what may be done, and what of the negative lists meets the vendor."""
    book, day = library.kinds(), now().date()
    lines = list(queries.lines(request.scope).filter(vendor=found))
    return {
        "vendor": found,
        "part": part,
        "parts": PARTS,
        "lines": lines,
        "hits": overview.hits_of(lines, day),
        "tiers": book.tiers,
        "keeps": policies.keeps(request.user, found.institution_id),
        "checks": policies.checks(request.user),
        "openings": [cycles.cycle(name) for name in OPENED if may_open(request, name)],
        "applies": may_register(request),
        "today": day,
    }


def _papers(request: HttpRequest, found: Vendor) -> dict[str, Any]:
    book = library.kinds()
    return {
        "file": {
            "papers": overview.papers_of(request.scope, found, now().date()),
            "facts": overview.facts_of(request.scope, found),
        },
        "book": book,
        "documents": book.documents,
        "criteria": {one.id: one for kind in book.kinds for one in kind.capability},
        "choices": {"answers": Answer.choices, "ratings": RATINGS},
    }


def _people(request: HttpRequest, found: Vendor) -> dict[str, Any]:
    rows = request.scope.rows
    return {
        "file": {"people": list(rows(found.vendorpersons.all())), "devices": list(rows(found.vendordevices.all()))},
        **vendorfile.training(request, found),
    }


FILLERS: dict[str, Filler] = {
    "": vendorfile.overview_of,
    "indicators": vendorfile.indicators_of,
    "papers": _papers,
    "people": _people,
    "deals": vendorfile.deals_of,
    "oversight": vendorfile.oversight_of,
}


@page(Verb.READ_CASES)
@require_POST
def add(request: HttpRequest, code: str, what: str) -> HttpResponse:
    """Add a paper, a person, a device or a dated value to a vendor's file."""
    found = found_one(request, code)
    given = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    sent = request.FILES.get("file")
    if what != "paper" and what not in DEEDS:
        raise Problem("ZS701")
    part = "papers" if what == "paper" else DEEDS[what][1]
    try:
        if what == "paper":
            actions.add_paper(request.user, found, given, sent.name if sent else "", sent.chunks() if sent else ())
        else:
            DEEDS[what][0](request.user, found, given)
    except Problem as problem:
        return _shown(request, found, part, problem, form=what)
    return redirect("vendor-part", code=code, part=part)


@page(Verb.READ_CASES)
@require_POST
def check(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Say that a paper was compared with its original, or refuse it."""
    found = found_one(request, code)
    paper = queries.papers(request.scope).filter(pk=pk, vendor=found).first()
    if paper is None:
        raise Problem("ZS701")
    accepted = request.POST.get("answer") == "accept"
    try:
        actions.check_paper(request.user, paper, accepted=accepted, reason=request.POST.get("reason", ""))
    except Problem as problem:
        return _shown(request, found, "papers", problem, form="check")
    return redirect("vendor-part", code=code, part="papers")


@page(Verb.READ_CASES)
def paper_file(request: HttpRequest, code: str, pk: int) -> FileResponse:
    """Send the file of a paper. Raises Problem ZS701 for one not in view, or without a file."""
    paper = queries.papers(request.scope).filter(pk=pk, institution_id=code).first()
    if paper is None or not paper.digest:
        raise Problem("ZS701")
    return FileResponse(
        path_of(paper.digest).open("rb"), as_attachment=True, filename=paper.file_name, content_type=paper.media
    )


def _wanted(request: HttpRequest) -> tuple[dict[str, str], Wanted]:
    """Return the filter of the archive. Raises Problem ZS709 for a kind that is none, ZS105 for a day that is none."""
    given = narrowed(request, {"kind": KINDS}) | {
        name: request.GET.get(name, "").strip() for name in ("since", "until")
    }
    since, until = (parse_date(given[name]) if given[name] else None for name in ("since", "until"))
    return {name: text for name, text in given.items() if text}, Wanted(given["kind"], since, until)


def _entries(request: HttpRequest, found: Vendor, wanted: Wanted) -> list[Entry]:
    return entries(request.scope, found, wanted, [vendorfile.gatherer()])


def _archive(request: HttpRequest, found: Vendor) -> HttpResponse:
    """Show the service archive: all that is on file, in time order."""
    given, wanted = _wanted(request)
    rows = _entries(request, found, wanted)
    pages = Pages(page_number(request), ROWS, len(rows))
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        **_frame(request, found, "archive"),
        "wanted": given,
        "archive_kinds": KINDS,
        "rows": [vendorfile.shown(one) for one in rows[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
    }
    return render(request, "web/vendor/archive.html", context)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def archive_export(request: HttpRequest, code: str, kind: str) -> HttpResponse:
    """Send the archive as it is filtered: as a table, or sealed with its receipts."""
    found = found_one(request, code)
    given, wanted = _wanted(request)
    rows = _entries(request, found, wanted)
    exports.check_size(len(rows))
    if kind == "zip":
        return _bundle(request, found, given, rows)
    cells = [
        [str(one.on), str(KINDS[one.kind]), one.words, one.told, one.number, _("线索") if one.lead else "",
         one.evidence or ""]
        for one in rows
    ]  # fmt: skip
    sheet = exports.Sheet(
        title=f"{_('服务档案')} {found.name}",
        facts=[
            (_("统一社会信用代码"), code),
            (_("条件"), "；".join(f"{name}={value}" for name, value in given.items()) or _("全部")),
        ],
        head=[_("日期"), _("种类"), _("事项"), _("内容"), _("编号"), _("性质"), _("存证序号")],
        money=(),
        rows=iter([cells]),
        totals=[_("合计"), len(cells), "", "", "", "", ""],
    )
    return exports.respond(request, sheet, kind, "archive", {"vendor": code, **given})


def _bundle(request: HttpRequest, found: Vendor, given: dict[str, str], rows: list[Entry]) -> HttpResponse:
    file = request.scope.file
    about = {"filter": given, "run": str(file.manifest.get("run_id", "")) if file else ""}
    data = bundles.bundle(
        request.user, found, rows, about, now(),
        lambda name: render_to_string("web/parts/receipt_manual.txt", {"name": name}),
    )  # fmt: skip
    response = HttpResponse(data, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="archive-{found.institution_id}.zip"'
    return response
