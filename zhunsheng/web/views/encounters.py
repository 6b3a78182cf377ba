"""An encounter with its charge lines, and one line with its origin and the findings that name it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.casework.bodies.lake import Reader
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.findings import queries, reading
from zhunsheng.casework.findings.levels import UNNAMED, Position
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import record
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.views.places import crumbs_of

LINES_PAGE = 100


@page(Verb.READ_FINDINGS)
def encounter(request: HttpRequest, encounter_id: str) -> HttpResponse:
    """Show an encounter with its charge lines and findings. Raises Problem ZS701 outside the scope."""
    number = page_number(request)
    with request.scope.lake() as reader:
        found = _one(reader, encounter_id)
        request.scope.open_institution(f"encounter:{encounter_id}", found["institution_id"])
        total = queries.encounter_totals(reader, encounter_id)
        pages = Pages(number, LINES_PAGE, total["lines"])
        if elsewhere := last_page(request, pages):
            return elsewhere
        position = _position(request, found)
        context = {
            "encounter": found,
            "person": queries.person(reader, found["person_id"]) or {},
            "lines": queries.encounter_lines(reader, encounter_id, LINES_PAGE, (number - 1) * LINES_PAGE),
            "total": total,
            "part": reading.of_encounter(reader, position, encounter_id),
            "pages": pages,
            "findings": queries.of_encounter(reader, encounter_id),
            "place": request.scope.file.places.get(found["institution_id"]),
            "diagnoses": queries.diagnoses(reader, encounter_id),
            "position": position,
            "crumbs": _crumbs(request, reader, position),
        }
    return render(request, "web/encounter.html", context)


@page(Verb.READ_FINDINGS)
def line(request: HttpRequest, encounter_id: str, line_id: str) -> HttpResponse:
    """Show one charge line. Raises Problem ZS701 outside the scope."""
    with request.scope.lake() as reader:
        visit = _one(reader, encounter_id)
        found = queries.line(reader, encounter_id, line_id)
        if found is None:
            raise Problem("ZS701")
        request.scope.open_institution(f"line:{line_id}", found["institution_id"])
        position = _position(request, {**found, "start_date": found["service_date"]})
        context = {
            "line": found,
            "encounter": visit,
            "origin": record.origin(found),
            "findings": queries.of_line(reader, line_id),
            "position": position,
            "crumbs": _crumbs(request, reader, position),
        }
    return render(request, "web/line.html", context)


def _one(reader: Reader, encounter_id: str) -> dict[str, Any]:
    found = queries.encounter(reader, encounter_id)
    if found is None:
        raise Problem("ZS701")
    return found


def _position(request: HttpRequest, row: dict[str, Any]) -> Position:
    """Return the level that the reader came from, else the department and practitioner that the row itself names."""
    given = {name: request.GET.get(name, "").strip()[:120] for name in ("department", "practitioner", "month")}
    day = row["start_date"]
    month = given["month"] or (f"{day:%Y-%m}" if day else "all")
    return Position(
        month="" if month == "all" else month,
        institution=row["institution_id"],
        department=given["department"] or row["department_id"] or UNNAMED,
        practitioner=given["practitioner"] or row["practitioner_id"] or UNNAMED,
    )


def _crumbs(request: HttpRequest, reader: Reader, position: Position) -> list[dict[str, str]]:
    return crumbs_of(reader, position, {place.institution_id: place for place in request.scope.places()})
