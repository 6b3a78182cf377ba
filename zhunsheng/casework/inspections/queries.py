"""Reads of inspections within a scope: plans, visits, the library, what was collected."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.inspections import policies
from zhunsheng.casework.inspections.models import InspectionPlan, Inspector, ItemVersion, ListedProblem, Visit


def plans(scope: Scope, **wanted: str) -> QuerySet[InspectionPlan]:
    """Return the plans in view, newest first; those of a kind, trigger or state where one is asked for."""
    found = InspectionPlan.objects.select_related("body", "made_by", "committed_by", "drawn_by")
    return scope.rows(found.filter(**wanted))


def plan(scope: Scope, pk: int) -> InspectionPlan | None:
    """Return a plan in view, or None."""
    return plans(scope).filter(pk=pk).first()


def inspectors(scope: Scope) -> QuerySet[Inspector]:
    """Return the libraries in view, those who stand in them now first."""
    return scope.rows(Inspector.objects.select_related("user", "body")).order_by("until", "role", "name")


def visits(scope: Scope) -> QuerySet[Visit]:
    """Return the visits in view."""
    return Visit.objects.filter(plan__in=plans(scope).order_by()).select_related("plan__body", "case__bound")


def visit(scope: Scope, pk: int) -> Visit | None:
    """Return a visit in view, or None."""
    return visits(scope).filter(pk=pk).first()


def visit_of(scope: Scope, case_pk: int) -> Visit | None:
    """Return the visit of a case in view, or None."""
    return visits(scope).filter(case=case_pk).first()


def versions(held: Visit) -> list[ItemVersion]:
    """Return all that was collected on a visit in view, oldest first."""
    return list(ItemVersion.objects.filter(visit=held).select_related("author"))


def standing(held: Visit) -> dict[str, list[ItemVersion]]:
    """Return the versions that stand, by item."""
    return policies.heads(versions(held))


def problems(held: Visit) -> QuerySet[ListedProblem]:
    """Return the listed problems of a visit in view."""
    return ListedProblem.objects.filter(visit=held).select_related("followed_by", "version__author")


def problem(scope: Scope, pk: int) -> ListedProblem | None:
    """Return a listed problem in view, or None."""
    inside = Q(visit__in=visits(scope).order_by())
    return ListedProblem.objects.filter(inside, pk=pk).select_related("visit__case", "version").first()


def with_plan(found: ListedProblem) -> Visit:
    """Return the visit of a listed problem with its plan and case."""
    return Visit.objects.select_related("plan", "case").get(pk=found.visit_id)
