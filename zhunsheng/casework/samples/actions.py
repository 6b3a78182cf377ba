"""Writers of samples: the draw, whom it is shared with, and what each view says. Each leaves evidence."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from django.db.models import Max, Q

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.casework.samples import policies
from zhunsheng.casework.samples.models import Sample, SampleResult
from zhunsheng.casework.samples.states import Method, View
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now
from zhunsheng.sampling import plans
from zhunsheng.sampling.plans import Unit


@deed
def draw(
    actor: User, given: dict[str, Any], rows: list[dict[str, Any]], institution_id: str, run_id: str, case: Case | None
) -> Sample:
    """Freeze a population and draw from it by a fresh seed.

    ``rows``: finding_id, amount_fen, rule_id, rule_name, month.
    Raises Problem ZS702, ZS937.
    """
    policies.check_draws(actor)
    fields = policies.plan_of(given)
    if not 1 <= len(rows) <= policies.MOST:
        told = f"总体须为 1 至 {policies.MOST} 件", f"a population takes 1 to {policies.MOST:,} findings"
        raise policies.wrong(*told)
    if case is not None and (case.body_id != actor.body_id or case.institution_id not in ("", institution_id)):
        raise Problem("ZS702")
    units = _units(rows, fields["method"])
    seed, count = secrets.token_hex(32), policies.size(fields, len(units))
    drawn = plans.sample(units, drawn_as(fields["method"]), seed, count)
    if not drawn:
        raise policies.wrong("总体没有金额，不能按金额抽样", "the population holds no amount to sample by")
    held = {row["finding_id"]: row for row in rows}
    made = Sample.objects.create(
        **{**fields, "count": count},
        body=actor.body, institution_id=institution_id, case=case, run_id=run_id, seed=seed, drawn=drawn,
        population=[[one.id, one.fen, one.stratum] for one in units],
        population_digest=plans.population_digest(units),
        facts={key: {"rule": held[key]["rule_name"] or held[key]["rule_id"], "month": held[key]["month"] or ""}
               for key in drawn},
        made_by=actor, made_at=now(),
    )  # fmt: skip
    told = {"population": made.population_digest, "units": len(units), "method": made.method, "count": count,
            "seed": seed, "drawn": drawn}  # fmt: skip
    append(actor, "sample.drawn", f"sample:{made.pk}", told)
    return made


def drawn_as(method: str) -> str:
    """Return the pure method that a choice of the page stands for."""
    return "stratified" if method in (Method.BY_RULE, Method.BY_BAND) else method


def _units(rows: list[dict[str, Any]], method: str) -> list[Unit]:
    by_rule = method == Method.BY_RULE
    units = [Unit(row["finding_id"], int(row["amount_fen"] or 0), row["rule_id"] if by_rule else "") for row in rows]
    return sorted(plans.bands(units) if method == Method.BY_BAND else units, key=lambda one: one.id)


@deed
def share(actor: User, sample: Sample, evaluator: Body | None) -> Sample:
    """Open a sample to its institution and to an independent evaluator. Raises Problem ZS702, ZS937."""
    policies.check_draws(actor)
    found = Sample.objects.select_for_update(of=("self",)).filter(pk=sample.pk, body=actor.body).first()
    if found is None:
        raise Problem("ZS702")
    if evaluator is not None and (evaluator.kind != "vendor" or evaluator.institution_code == found.institution_id):
        raise policies.wrong("独立评估须由第三方服务机构承担", "an independent evaluation is made by a third party")
    if evaluator is not None and evaluator.pk != found.subject_body_id:
        found.told_before = SampleResult.objects.filter(sample=found).aggregate(last=Max("pk"))["last"] or 0
    found.shared, found.subject_body = True, evaluator or found.subject_body
    found.save(update_fields=["shared", "subject_body", "told_before"])
    append(actor, "sample.shared", f"sample:{found.pk}", {"evaluator": found.subject_body_id})
    return found


@deed
def tell(actor: User, sample: Sample, answers: Mapping[str, Mapping[str, str]]) -> dict[str, Problem]:
    """Keep what the actor's view says of units; return what was wrong, by unit: the right ones are kept.

    A unit whose answer stays the same is not written again. Raises Problem ZS702 for one who judges nothing here.
    """
    view = policies.view_of(actor, sample)
    if view is None:
        raise Problem("ZS702")
    amounts = {one.id: one.fen for one in sample.units}
    held = latest(sample).get(view, {})
    wrong: dict[str, Problem] = {}
    told = []
    for unit, given in answers.items():
        try:
            if unit not in sample.drawn:
                raise policies.wrong("不在样本中", "it is not in the sample")
            outcome, fen, note = policies.answer_of(dict(given), amounts[unit])
        except Problem as problem:
            wrong[unit] = problem
            continue
        old = held.get(unit)
        if old is None or (old.outcome, old.amount_fen, old.note) != (outcome, fen, note):
            told.append(
                SampleResult(
                    sample=sample, view=view, unit=unit, outcome=outcome, amount_fen=fen, note=note,
                    told_by=actor, told_at=now(),
                )
            )  # fmt: skip
    if told:
        SampleResult.objects.bulk_create(told)
        content = {one.unit: [one.outcome, one.amount_fen] for one in told}
        append(actor, "sample.judged", f"sample:{sample.pk}", {"view": view, "told": content})
    return wrong


def latest(sample: Sample) -> dict[str, dict[str, SampleResult]]:
    """Return the last answer of each view on each unit; of evaluators what was told since the one of now took over."""
    found: dict[str, dict[str, SampleResult]] = {}
    for one in SampleResult.objects.filter(sample=sample).exclude(replaced(sample)).order_by("pk"):
        found.setdefault(one.view, {})[one.unit] = one
    return found


def replaced(sample: Sample) -> Q:
    """Which answers are of an evaluator who was replaced, or were told before the one of now took over."""
    return Q(view=View.INDEPENDENT) & (Q(pk__lte=sample.told_before) | ~Q(told_by__body=sample.subject_body_id))
