"""Reads of vendors: their file, and who sees whom."""

from __future__ import annotations

from django.db.models import QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.vendors.models import ServiceLine, Vendor


def codes_for(leads: frozenset[str]) -> frozenset[str]:
    """Return the codes of the vendors that serve, served or apply to the consortia led by some institutions.

    Asked while a reader's scope is being found, so before there is a wall to ask behind.
    """
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(body__institution_code__in=leads).exclude(body__institution_code="")
        return frozenset(found.values_list("institution_id", flat=True).distinct())


def vendors(scope: Scope) -> QuerySet[Vendor]:
    """Return the vendors in view, by name."""
    return scope.rows(Vendor.objects.all())


def one(scope: Scope, code: str) -> Vendor | None:
    """Return a vendor in view by its code, or None."""
    return vendors(scope).filter(institution_id=code).first()
