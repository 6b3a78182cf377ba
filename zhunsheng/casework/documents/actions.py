"""Writers of documents. Each takes an actor and leaves its evidence in the transaction of the deed.

A document is drafted from a step of a case, looked at under a watermark, and issued: then it gets the next number of
its body, kind and year and a code, and is frozen. Where the step took two people, so does its document.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.casework.cases import fields
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.permissions import Hat
from zhunsheng.casework.cases.policies import reason_of
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.documents import codes, facts, files, library, policies
from zhunsheng.casework.documents.models import CheckFailure, Document, DocumentCounter
from zhunsheng.casework.documents.states import DocumentState
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.reports.docx import docx
from zhunsheng.reports.fill import fill, printable
from zhunsheng.reports.model import Block, Mark, Paper
from zhunsheng.reports.pdf import pdf
from zhunsheng.reports.words import day


@deed
def draft(actor: User, case: Case, kind: str, given: dict[str, Any], *, replaces: Document | None = None) -> Document:
    """Draw up a document of the latest step it is made for; with ``replaces``, a correction of an issued one.

    A correction takes its ``reason`` among the fields. Raises Problem ZS904, ZS906, ZS962, ZS963, ZS964.
    """
    case = cases.held(case.pk)
    template = library.template(kind)
    hat = policies.check_may_make(actor, case)
    event = replaces.event if replaces else policies.step_for(case, template)
    if event is None or not template.fits(case.cycle):
        raise Problem("ZS962", kind=said(template.zh, template.en))
    policies.check_free(case, event, template, replaces)
    reason = ""
    if replaces is not None:
        policies.check_state(replaces, DocumentState.ISSUED)
        reason = reason_of(given.pop("reason", ""))
    asked = fields.read(template.asks, given, fields.Setting(case.body, now().date()))
    told = facts.told(case, event, template, asked)
    paper = fill(template, told, case.body.name, facts.notes(case.life, template))
    if replaces is not None:
        paper = _correcting(paper, replaces, reason)
    made = Document(
        case=case,
        event=event,
        body=case.body,
        institution_id=case.institution_id,
        subject_body=case.subject_body,
        kind=kind,
        title=template.zh,
        title_en=template.en,
        two_person=policies.two_person(case.life, event, template),
        party=template.party,
        asked=asked,
        paper=paper.model_dump(mode="json"),
        template_digest=template.digest,
        cycle_digest=case.bound_id,
        book_digest=_book(),
        replaces=replaces,
        reason=reason,
        drafted_by=actor,
        drafted_for=hat.behalf,
        drafted_at=now(),
        evidence=0,
    )
    made.save()
    made.evidence = _note(actor, made, "drafted", {"content": paper.digest}, hat)
    made.save(update_fields=["evidence"])
    return made


def _correcting(paper: Paper, old: Document, reason: str) -> Paper:
    """A correction says at its head which document it stands for, and why."""
    text = f"本文书更正并替代{old.number}《{old.title}》。更正理由：{printable(reason)}"
    return paper.model_copy(update={"blocks": (Block(kind="text", text=text), *paper.blocks)})


def _book() -> str:
    """Return the digest of the rule book by which the site's current run judged; empty before the first run."""
    try:
        file = lake.current_run()
    except Problem:
        return ""
    return str(file.manifest.get("book_digest", "")) if file else ""


@deed
def issue(actor: User, document: Document) -> Document:
    """Issue a draft: number, code and files. Raises Problem ZS904, ZS957, ZS964, ZS965, ZS969."""
    cases.held(document.case_id)
    made = Document.objects.select_for_update().get(pk=document.pk)
    policies.check_may_make(actor, made.case)
    policies.check_state(made, DocumentState.DRAFT)
    hat = policies.check_other(made, actor, made.drafted_by, made.drafted_for)
    moment = now()
    _number(made, moment.astimezone(SHANGHAI).year)
    if made.replaces is not None:
        _supersede(made.replaces, actor)
    code = codes.new_code()
    printed = {"number": made.number, "day": day(moment.astimezone(SHANGHAI).date())}
    paper = made.content.model_copy(update=printed)
    mark = mark_of(code)
    made.paper, made.content_digest = paper.model_dump(mode="json"), paper.digest
    made.pdf_digest, made.docx_digest = files.keep(pdf(paper, mark)), files.keep(docx(paper, mark))
    made.code_digest = codes.digest_of(code)
    made.state, made.served = DocumentState.ISSUED, made.party
    made.issued_by, made.issued_for, made.issued_at = actor, hat.behalf, moment
    made.evidence = _note(actor, made, "issued", _frozen(made), hat)
    made.save()
    return made


def mark_of(code: str) -> Mark:
    """Return how a document with a code is checked."""
    page = f"{settings.SITE_ADDRESS}/verify"
    return Mark(code=codes.printed(code), page=page, address=f"{page}?code={code}")


def _number(made: Document, year: int) -> None:
    """Give the next number. The counter is locked until the transaction ends: one that fails leaves no gap."""
    DocumentCounter.objects.get_or_create(body=made.body, kind=made.kind, year=year)
    counter = DocumentCounter.objects.select_for_update().get(body=made.body, kind=made.kind, year=year)
    counter.last += 1
    counter.save(update_fields=["last"])
    made.year, made.sequence = year, counter.last
    word = library.template(made.kind).word
    made.number = library.numbers().text(made.body.name, word, year, counter.last)


def _supersede(old: Document, actor: User) -> None:
    old = Document.objects.select_for_update().get(pk=old.pk)
    policies.check_state(old, DocumentState.ISSUED)
    _end(old, actor, DocumentState.SUPERSEDED, "")


def _end(made: Document, actor: User, state: DocumentState, reason: str) -> None:
    made.state, made.ended_by, made.ended_at = state, actor, now()
    made.reason = reason or made.reason
    made.save(update_fields=["state", "ended_by", "ended_at", "reason"])


def _frozen(made: Document) -> dict[str, Any]:
    return {
        "content": made.content_digest,
        "template": made.template_digest,
        "cycle": made.cycle_digest,
        "book": made.book_digest,
        "pdf": made.pdf_digest,
        "docx": made.docx_digest,
        "code": made.code_digest,
        "replaces": made.replaces.number if made.replaces else "",
    }


def _note(actor: Actor, made: Document, deed_: str, more: dict[str, Any], hat: Hat | None = None) -> int:
    said_ = {"case": made.case.number, "kind": made.kind, "number": made.number, **more}
    if hat is not None and hat.behalf:
        said_["on_behalf_of"] = hat.behalf.actor_key
    return append(actor, f"document.{deed_}", f"document:{made.pk}", said_).pk


@deed
def void(actor: User, document: Document, reason: str) -> Document:
    """Void an issued document with a reason; its number stays used.

    Raises Problem ZS904, ZS906, ZS957, ZS964, ZS965.
    """
    made = Document.objects.select_for_update().get(pk=document.pk)
    policies.check_may_make(actor, made.case)
    policies.check_state(made, DocumentState.ISSUED)
    hat = policies.check_other(made, actor, made.issued_by, made.issued_for)
    told = reason_of(reason)
    _end(made, actor, DocumentState.VOID, told)
    _note(actor, made, "voided", {"reason": digest(told.encode())}, hat)
    return made


@deed
def drop(actor: User, document: Document) -> Document:
    """Drop a draft. Raises Problem ZS904, ZS964."""
    made = Document.objects.select_for_update().get(pk=document.pk)
    hat = policies.check_may_make(actor, made.case)
    policies.check_state(made, DocumentState.DRAFT)
    _end(made, actor, DocumentState.DROPPED, "")
    _note(actor, made, "dropped", {}, hat)
    return made


@deed
def take(actor: User, document: Document, kind: str) -> bytes:
    """Return the file of an issued document, or a draft set anew; an issued one leaves evidence of who took it.

    Raises Problem ZS701 for a kind of file that is not made, ZS967.
    """
    if kind not in ("pdf", "docx"):
        raise Problem("ZS701")
    if document.state in (DocumentState.DRAFT, DocumentState.DROPPED):
        return (pdf if kind == "pdf" else docx)(document.content, Mark())
    data = files.read(document.pdf_digest if kind == "pdf" else document.docx_digest, document.number)
    _note(actor, document, "taken", {"file": kind})
    return data


def note_failure(address: str) -> None:
    """Remember that an address tried a code that is none, and forget what is older than a day."""
    CheckFailure.objects.create(address_key=attempt_key(address), at=now())
    CheckFailure.objects.filter(at__lt=now() - timedelta(days=1)).delete()
