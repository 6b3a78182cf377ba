"""Reads of documents within a scope, what a case offers to draw up, and the public check of a code."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.documents import codes, library, policies
from zhunsheng.casework.documents.models import Document
from zhunsheng.casework.documents.states import ONCE_ISSUED, DocumentState
from zhunsheng.kernel.errors import Problem
from zhunsheng.reports.templates import Template


@dataclass(frozen=True, slots=True)
class Checked:
    """What a stranger is told of a code: whether it stands, what kind of document, whose, of when; never what it says.

    ``number_fits`` and ``file_fits`` are None where nothing was given to compare.
    """

    state: DocumentState
    title: str
    title_en: str
    body: Body
    issued_at: datetime
    number_fits: bool | None
    file_fits: bool | None
    evidence: int


def documents(scope: Scope, *, kind: str = "", state: str = "", text: str = "") -> QuerySet[Document]:
    """Return the documents in view, newest first: all of a body in view, and what was served on the reader's side."""
    found = scope.rows(Document.objects.select_related("case", "body", "drafted_by", "issued_by", "replaces"))
    if scope.bodies is not None:
        shown = Q(served=True, case__party_sees=True, state__in=ONCE_ISSUED)
        found = found.filter(Q(body__in=sorted(scope.bodies)) | shown)
    wanted = {"kind": kind, "state": state}
    found = found.filter(**{name: value for name, value in wanted.items() if value})
    return found.filter(Q(number__icontains=text) | Q(case__number__icontains=text)) if text else found


def one(scope: Scope, pk: int) -> Document | None:
    """Return a document in view, or None."""
    return documents(scope).filter(pk=pk).first()


def of_evidence(scope: Scope, sequence: int) -> Document | None:
    """Return the document in view whose issue left a row of evidence, or None."""
    return documents(scope).filter(evidence=sequence).first()


def of_case(scope: Scope, case: Case) -> list[Document]:
    """Return the documents of a case that a reader may see, oldest first, dropped drafts left out."""
    return list(documents(scope).filter(case=case).exclude(state=DocumentState.DROPPED).order_by("pk"))


def offered(case: Case, user: User) -> list[Template]:
    """Return the kinds of documents that a user may draw up now: those whose step was taken and has none yet."""
    if not policies.may_make(user, case):
        return []
    return [one for one in library.templates().values() if _free(case, one)]


def _free(case: Case, template: Template) -> bool:
    event = policies.step_for(case, template)
    if event is None:
        return False
    try:
        policies.check_free(case, event, template, None)
    except Problem:
        return False
    return True


def check(code: str, number: str = "", file_digest: str = "") -> Checked | None:
    """Return what a stranger is told of a code, or None for one that no document bears. Raises Problem ZS968."""
    key = codes.digest_of(codes.read(code))
    with walls.within(walls.SITE):  # who holds the code holds the document: no more is told than whether it stands
        found = Document.objects.filter(code_digest=key).select_related("body").first()
    if found is None or found.issued_at is None:
        return None
    return Checked(
        state=DocumentState(found.state),
        title=found.title,
        title_en=found.title_en,
        body=found.body,
        issued_at=found.issued_at,
        number_fits="".join(number.split()) == found.number if number.strip() else None,
        file_fits=file_digest in (found.pdf_digest, found.docx_digest) if file_digest else None,
        evidence=found.evidence,
    )


def file_digests() -> list[str]:
    """Return the digest of every file of an issued document. For the examination of a site: it shows nobody a row."""
    found = Document.objects.exclude(pdf_digest="").values_list("pdf_digest", "docx_digest")
    return sorted({digest for pair in found for digest in pair if digest})
