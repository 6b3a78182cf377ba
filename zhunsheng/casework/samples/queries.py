"""Reads of samples within a scope: lists, results by view, the estimate, the agreement."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from django.db.models import QuerySet

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.samples import policies
from zhunsheng.casework.samples.actions import drawn_as, latest, replaced
from zhunsheng.casework.samples.models import Sample, SampleResult
from zhunsheng.casework.samples.states import Outcome, View
from zhunsheng.sampling.agreement import Agreement, agreement
from zhunsheng.sampling.estimates import Estimate, estimate

Told = dict[str, dict[str, SampleResult]]


def samples(scope: Scope, **wanted: str) -> QuerySet[Sample]:
    """Return the samples in view, newest first; those of a method or an institution where one is asked for."""
    found = Sample.objects.select_related("body", "subject_body", "made_by", "case")
    return scope.rows(found.filter(**wanted))


def sample(scope: Scope, pk: int) -> Sample | None:
    """Return a sample in view, or None."""
    return samples(scope).filter(pk=pk).first()


def of_case(scope: Scope, case_pk: int) -> QuerySet[Sample]:
    """Return the samples in view that were drawn for a case."""
    return samples(scope).filter(case=case_pk)


def drawn(scope: Scope, case_pk: int) -> list[dict[str, Any]]:
    """Return the findings drawn for a case: id, words, amount in fen. One that two samples drew stands once."""
    found = {}
    for one in of_case(scope, case_pk):
        amounts = {unit.id: unit.fen for unit in one.units}
        for key in one.drawn:
            fact = one.facts[key]
            found[key] = {"id": key, "label": f"{fact['rule']} {fact['month']}".strip(), "fen": amounts[key]}
    return [found[key] for key in sorted(found)]


def of_population(found: Sample) -> int:
    """Return how many samples of its body were drawn from the same findings by whatever strata, this one included."""
    same = Sample.objects.filter(body=found.body_id, institution_id=found.institution_id)
    held = _plain(found.population)
    return sum(_plain(rows) == held for rows in same.values_list("population", flat=True).iterator())


def _plain(population: list[list[Any]]) -> list[tuple[str, int]]:
    return [(key, fen) for key, fen, _stratum in population]


def told(found: Sample, user: User) -> Told:
    """Return the last answers by view that a user may see: the own view's, and all to the body that drew."""
    views = latest(found)
    if user.body_id == found.body_id:
        return views
    own = policies.view_of(user, found)
    return {view: rows for view, rows in views.items() if view == own}


def set_aside(found: Sample) -> int:
    """Return how many answers stand from evaluators who were replaced: kept, shown to no judge, not counted."""
    return SampleResult.objects.filter(replaced(found), sample=found).count()


def estimated(found: Sample, views: Told, view: str) -> Estimate:
    """Return what the answers of one view say about the population."""
    rows = views.get(view, {})
    judged = {key: None if one.outcome == Outcome.UNKNOWN else one.amount_fen for key, one in rows.items()}
    return estimate(found.units, found.drawn, judged, drawn_as(found.method), found.confidence)


def compared(found: Sample, views: Told) -> list[tuple[tuple[View, ...], Agreement]]:
    """Return the agreement of each two views that said anything, and of all three."""
    present = [view for view in View if view in views]
    sets = [*combinations(present, 2), *([tuple(present)] if len(present) == 3 else [])]
    said = {view: {key: _said(one) for key, one in views[view].items()} for view in present}
    return [(chosen, agreement([said[view] for view in chosen], list(found.drawn))) for chosen in sets]


def _said(one: SampleResult) -> bool | None:
    return None if one.outcome == Outcome.UNKNOWN else one.outcome == Outcome.ESTABLISHED


def evaluators() -> QuerySet[Body]:
    """Return the bodies that may evaluate a sample independently."""
    return Body.objects.filter(kind="vendor").order_by("name")
