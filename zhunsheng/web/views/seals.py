"""One row of evidence: how far it has come, who sealed it, in plain words, and the receipt to take along."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals import queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page
from zhunsheng.web.evidence_words import content_words, kind_words, subject_word


@page(Verb.READ_RULEBOOK)
def seal(request: HttpRequest, sequence: int) -> HttpResponse:
    """Show how far a row has come."""
    row = _row(request, sequence)
    told = queries.told(sequence)
    signer = queries.signer_words(told.signer) if told else None
    return render(request, "web/seal.html", {**_words(request, row), "row": row, "told": told, "signer": signer})


def _words(request: HttpRequest, row: EvidenceOutbox) -> dict[str, Any]:
    """Return what a row says in words; a case and a person by name where the reader sees them."""
    head, _colon, key = row.subject.partition(":")
    case = cases.one(request.scope, int(key)) if head == "case" and key.isdecimal() else None
    user = row.actor.removeprefix("user:")
    person = request.scope.rows(User.objects.filter(pk=int(user))).first() if user.isdecimal() else None
    return {
        "word": kind_words().get(row.kind, row.kind),
        "case": case,
        "subject": subject_word(row.subject),
        "actor": person.display_name if person else subject_word(row.actor),
        "content": content_words(row.payload, case.life if case else None),
    }


@page(Verb.READ_RULEBOOK)
def receipt(request: HttpRequest, sequence: int) -> HttpResponse:
    """Send the receipt of a sealed row. Raises Problem ZS814 before it is sealed."""
    row = _row(request, sequence)
    manual = render_to_string("web/parts/receipt_manual.txt", {"name": f"evidence-{row.pk}"})
    response = HttpResponse(queries.receipt_of(row, manual), content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="evidence-{row.pk}.zip"'
    return response


def _row(request: HttpRequest, sequence: int) -> EvidenceOutbox:
    found = queries.visible(request.scope, sequence, everything=may(request.user, Verb.READ_EVIDENCE))
    if found is None:
        raise Problem("ZS701")
    return found
