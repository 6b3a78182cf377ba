"""Forms about vendors: fields of a life-cycle with the service kinds to choose from, and what is known beforehand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from django.http import HttpRequest

from zhunsheng.book.cycles import Input
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.vendors import library, overview, queries
from zhunsheng.kernel.time import now
from zhunsheng.web import caseforms

#: How a state of a service line looks.
SHAPES = {
    "in_service": "blue", "under_review": "blue", "on_notice": "yellow", "part_suspended": "yellow",
    "exiting": "yellow", "suspended": "red", "refused": "red", "cancelled": "red",
}  # fmt: skip


def fields(inputs: Iterable[Input], body: Body, given: dict[str, Any]) -> list[caseforms.Shown]:
    """Return the fields of a form; the kind of service is chosen and not typed."""
    options = tuple((one.id, named(one)) for one in library.kinds().kinds)
    shown = caseforms.fields(inputs, caseforms.around(body), given)
    return [replace(one, kind="choice", options=options) if one.id == "f-kind" else one for one in shown]


def word(kind: str) -> str:
    """Return the name of a service kind; its id where the rule book no longer holds it."""
    found = next((one for one in library.kinds().kinds if one.id == kind), None)
    return str(named(found)) if found else kind


def known(request: HttpRequest) -> dict[str, str]:
    """Return what is known of the vendor that the address names, or of the reader's own."""
    own = request.user.body
    code = request.GET.get("code", "") or (own.institution_code if own.kind == "vendor" else "")
    found = queries.one(request.scope, code) if code else None
    if found is not None:
        return {"code": code, "name": found.name, "legal_representative": found.legal_representative}
    return {"code": code, "name": own.name if own.kind == "vendor" else ""}


def asked() -> list[dict[str, Any]]:
    """Return each service kind with its tier and the papers that its entry takes."""
    book = library.kinds()
    return [
        {"kind": one, "tier": book.tiers[one.tier], "papers": [book.documents[name] for name in book.papers(one)]}
        for one in book.kinds
    ]


def eligible(request: HttpRequest, code: str) -> dict[str, Any]:
    """Return what speaks for and against a vendor that a form is about, and the others on file by their rating.

    A vendor reads of no other one; of who is not registered nothing is known yet.
    """
    day = now().date()
    rows = overview.rows(request.scope, day)
    mine = next((one for one in rows if one.vendor.institution_id == code), None)
    inside = request.user.body is not None and request.user.body.kind != BodyKind.VENDOR
    rank = [*overview.RATINGS].index
    return {
        "eligible": mine,
        "eligible_short": overview.short_form(code, day) if mine else False,
        "registered": sorted(rows, key=lambda one: (rank(one.standing), one.vendor.name)) if inside else [],
    }
