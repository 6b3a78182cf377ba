"""One row of evidence: how far it has come, who sealed it, in plain words, and the receipt to take along."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals import queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page


@page(Verb.READ_RULEBOOK)
def seal(request: HttpRequest, sequence: int) -> HttpResponse:
    """Show how far a row has come."""
    row = _row(request, sequence)
    told = queries.told(sequence)
    context = {"row": row, "told": told, "signer": queries.signer_words(told.signer) if told else None}
    return render(request, "web/seal.html", context)


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
