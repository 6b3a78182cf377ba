"""The service lines that a case of oversight is about. Read for the site, whoever asks."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine


def lines_of(code: str, kind: str, state: str = "") -> list[ServiceLine]:
    """Return the lines of a vendor for a kind of service, those in a state where one is named."""
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(institution_id=code, kind=kind).select_related("life", "vendor", "body")
        return list(found.filter(state=state) if state else found)


def plans_of(life: Case) -> QuerySet[Case]:
    """Return the exit plans of the line that a case of life is about."""
    return Case.objects.filter(cycle="vendor_exit", origin=life)


def line_of(case: Case) -> ServiceLine | None:
    """Return the line that a case of oversight is about: of an exit plan the one whose life it follows."""
    if case.cycle != "vendor_exit":
        return vendors.line_of(case)
    with walls.within(walls.SITE):
        return ServiceLine.objects.filter(life=case.origin_id).select_related("life", "vendor").first()
