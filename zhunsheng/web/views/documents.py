"""Documents: the list, one of them, its files, the deeds on it, and the public page that checks a code."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import about
from zhunsheng.casework.documents import actions, library, policies, queries
from zhunsheng.casework.documents.models import Document
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.casework.seals import queries as seals
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.web import caseforms, exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.account import address_of
from zhunsheng.web.views.errors import problem_context

ROWS = 50
MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@page(Verb.READ_CASES)
def document_list(request: HttpRequest) -> HttpResponse:
    """List the documents in view."""
    wanted = _wanted(request)
    found = queries.documents(request.scope, **wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    context = {
        **wanted,
        "wanted": {name: value for name, value in wanted.items() if value},
        "kinds": list(library.templates().values()),
        "states": DocumentState.choices,
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
    }
    return render(request, "web/documents.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return what of the documents is asked for. Raises Problem ZS709 for a word that is none."""
    found = narrowed(request, {"kind": library.templates(), "state": DocumentState.values})
    return {**found, "text": kept(request.GET.get("text", ""))[:80]}


@page(Verb.READ_CASES)
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list as a file."""
    wanted = _wanted(request)
    found = queries.documents(request.scope, **wanted)
    rows = found.count()
    exports.check_size(rows)
    sheet = exports.Sheet(
        title=_("文书清单"),
        facts=[(_("条件"), "、".join(value for value in wanted.values() if value) or _("全部"))],
        head=[_("文号"), _("文书"), _("状态"), _("事项"), _("单位"), _("签发"), _("签发人"), "SHA-256"],
        money=(),
        rows=_batches(found),
        totals=[_("合计"), rows, "", "", "", "", "", ""],
        verb=Verb.READ_CASES,
    )
    return exports.respond(request, sheet, kind, "documents", wanted)


def _batches(found: Any) -> Iterator[list[list[Any]]]:
    yield [
        [
            one.number, tongue(one, "title"), one.get_state_display(), one.case.number, tongue(one.body, "name"),
            f"{one.issued_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if one.issued_at else "",
            one.issued_by.display_name if one.issued_by else "", one.pdf_digest,
        ]
        for one in found
    ]  # fmt: skip


def _one(request: HttpRequest, pk: int) -> Document:
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def document(request: HttpRequest, pk: int) -> HttpResponse:
    """Show where a document stands, its files and its proof."""
    return _page(request, _one(request, pk))


def _page(request: HttpRequest, found: Document, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    draft, issued = found.state == DocumentState.DRAFT, found.state == DocumentState.ISSUED
    makes = policies.may_make(request.user, found.case)
    other = policies.is_other(found, request.user, *_first(found))
    template = library.templates().get(found.kind)
    fields = caseforms.fields(template.asks, caseforms.around(found.body), _typed(found)) if template else []
    context = {
        **told,
        "one": found,
        "event": found.event,
        "step": about(found.case.life, found.event.about),
        "makes": makes,
        "may_issue": makes and draft and other,
        "waits": makes and draft and not other,
        "may_drop": makes and draft,
        "may_void": makes and issued and other,
        "may_replace": makes and issued and template is not None,
        "fields": fields,
        "digests": _digests(found),
        "later": found.replaced_by.exclude(state=DocumentState.DROPPED).first(),
        "status_of": seals.stages([found.evidence])[found.evidence],
    }
    return render(request, "web/document.html", context, status=told["status"])


def _digests(found: Document) -> list[tuple[str, str]]:
    named = [
        ("PDF SHA-256", found.pdf_digest),
        ("DOCX SHA-256", found.docx_digest),
        (_("内容"), found.content_digest),
        (_("模板"), found.template_digest),
        (_("流程版本"), found.cycle_digest),
        (_("规则库"), found.book_digest),
    ]
    return [(name, value) for name, value in named if value]


def _first(found: Document) -> tuple[User | None, User | None]:
    """Who was the first of two in the present state, and on whose behalf."""
    if found.state == DocumentState.DRAFT:
        return found.drafted_by, found.drafted_for
    return found.issued_by, found.issued_for


def _typed(found: Document) -> dict[str, Any]:
    asked = found.asked.items()
    return {key: [str(part) for part in value] if isinstance(value, list) else value for key, value in asked}


@require_POST
@page(Verb.READ_CASES)
def draft(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Draw up a document of a case; a refused one is said on the case's documents."""
    case = cases.one(request.scope, pk)
    if case is None:
        raise Problem("ZS701")
    template = library.template(kind)
    given = caseforms.read(template.asks, request.POST)
    try:
        made = actions.draft(request.user, case, kind, given)
    except Problem as problem:
        return _refused(request, case, kind, given, problem)
    return redirect("document", pk=made.pk)


def _refused(request: HttpRequest, case: Case, kind: str, given: dict[str, Any], problem: Problem) -> HttpResponse:
    told = problem_context(problem)
    template = library.template(kind)
    context = {
        **told,
        "case": case,
        "template": template,
        "fields": caseforms.fields(template.asks, caseforms.around(case.body), given),
    }
    return render(request, "web/document_new.html", context, status=told["status"])


@require_POST
@page(Verb.READ_CASES)
def act(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Issue, drop, void or correct a document. A refused deed shows the document with what speaks against it."""
    found, doing = _one(request, pk), DEEDS.get(deed)
    if doing is None:
        raise Problem("ZS701")
    try:
        made = doing(request, found)
    except Problem as problem:
        return _page(request, _one(request, pk), problem)
    if made.state == DocumentState.DROPPED:
        return HttpResponseRedirect(f"{reverse('case', args=[made.case_id])}#documents")
    return redirect("document", pk=made.pk)


def _replace(request: HttpRequest, found: Document) -> Document:
    asks = library.template(found.kind).asks
    given = {**caseforms.read(asks, request.POST), "reason": request.POST.get("reason", "")}
    return actions.draft(request.user, found.case, found.kind, given, replaces=found)


DEEDS: dict[str, Callable[[HttpRequest, Document], Document]] = {
    "issue": lambda request, found: actions.issue(request.user, found),
    "drop": lambda request, found: actions.drop(request.user, found),
    "void": lambda request, found: actions.void(request.user, found, request.POST.get("reason", "")),
    "replace": _replace,
}


@page(Verb.READ_CASES)
def file(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Send a document as pdf or docx; of an issued one it leaves evidence."""
    found = _one(request, pk)
    data = actions.take(request.user, found, kind)
    response = HttpResponse(data, content_type=MEDIA[kind])
    response["Content-Disposition"] = f'attachment; filename="document-{found.pk}.{kind}"'
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def verify(request: HttpRequest) -> HttpResponse:
    """Say of a code whether its document stands. Anyone may ask; nothing is listed and nothing of the content told."""
    code = request.POST.get("code") or request.GET.get("code", "")
    number = request.POST.get("number", "")
    context: dict[str, Any] = {"code": code[:40], "number": number[:80], "status": 200}
    if code:
        try:
            context |= _checked(request, code[:80], number[:80])
        except Problem as problem:
            context |= problem_context(problem)
    return render(request, "web/verify.html", context, status=context["status"])


def _checked(request: HttpRequest, code: str, number: str) -> dict[str, Any]:
    """Return what a page says of a code. The file that is compared is hashed as it comes and not kept."""
    address = address_of(request)
    with walls.within(walls.SITE):
        policies.check_may_check(address)
        try:
            found = queries.check(code, number, _digest_of(request))
        except Problem:
            actions.note_failure(address)
            raise
        if found is None:
            actions.note_failure(address)
            return {"unknown": True, "status": 404}
        return {"found": found, "seal": seals.told(found.evidence)}


def _digest_of(request: HttpRequest) -> str:
    given = request.FILES.get("file")
    if given is None:
        return ""
    if given.size > settings.CHECK_LIMITS["bytes"]:
        raise Problem("ZS705", file=given.name, limit=f"{settings.CHECK_LIMITS['bytes'] // 1024**2} MB")
    found = hashlib.sha256()
    for chunk in given.chunks():
        found.update(chunk)
    return found.hexdigest()
