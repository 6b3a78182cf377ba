"""Writers of self-checks: marks on findings, and the report that goes through the life-cycle. Each leaves evidence."""

from __future__ import annotations

from collections.abc import Mapping

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.casework.selfchecks import policies
from zhunsheng.casework.selfchecks.models import SelfMark, SelfReport
from zhunsheng.casework.selfchecks.states import Answer
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.time import now


@deed
def mark(
    actor: User, case: Case, answers: Mapping[str, Mapping[str, str]], at_stake: Mapping[str, int]
) -> dict[str, Problem]:
    """Keep what an institution says of its findings; return what was wrong, by finding: the right ones are kept.

    ``at_stake``: amount in fen of the findings within the self-check. Raises Problem ZS702.
    """
    policies.check_marks(actor, case)
    held, wrong, told = latest(case), {}, []
    for finding, given in answers.items():
        try:
            if finding not in at_stake:
                raise policies.wrong("疑点不在自查范围内", "the finding is not within the self-check")
            answer, fen, reason = policies.answer_of(dict(given), at_stake[finding])
        except Problem as problem:
            wrong[finding] = problem
            continue
        old = held.get(finding)
        if old is None or (old.answer, old.amount_fen, old.reason) != (answer, fen, reason):
            told.append(
                SelfMark(
                    case=case, institution_id=case.institution_id, finding_id=finding, answer=answer, reason=reason,
                    amount_fen=fen, told_by=actor, told_at=now(),
                )
            )  # fmt: skip
    if told:
        SelfMark.objects.bulk_create(told)
        content = {one.finding_id: [one.answer, one.amount_fen] for one in told}
        append(actor, "self_check.marked", f"case:{case.pk}", {"told": content})
    return wrong


def latest(case: Case) -> dict[str, SelfMark]:
    """Return what an institution last said of each finding."""
    return {one.finding_id: one for one in SelfMark.objects.filter(case=case).order_by("pk")}


@deed
def report(actor: User, case: Case, statement: str, files: list[str], *, version: int, key: str) -> Case:
    """Submit the report of a self-check: what is marked as reported, with its sum. Raises as ``move`` does, and ZS938.

    A report after a return replaces the one before; what it leaves out counts as withdrawn from today on, and what it
    takes up again as reported from today on.
    """
    reported = {name: one for name, one in latest(case).items() if one.answer == Answer.REPORTED}
    if len(reported) > policies.MOST:
        raise policies.wrong(f"一次最多自报 {policies.MOST} 条", f"one report takes at most {policies.MOST:,} findings")
    total = sum(one.amount_fen for one in reported.values())
    given = {"found": str(len(reported)), "recover_fen": yuan(total), "statement": statement,
             "findings": sorted(reported), "files": files}  # fmt: skip
    moved = cases.move(actor, case, "report", given, version=version, key=key)
    day = now().date()
    before = {one.finding_id: one for one in SelfReport.objects.filter(case=case)}
    for name, one in before.items():
        if name not in reported and one.withdrawn_on is None:
            one.withdrawn_on = day
            one.save(update_fields=["withdrawn_on"])
    for name, one in reported.items():
        held = before.get(name)
        since = held.reported_on if held and held.withdrawn_on is None else day
        fields = {"institution_id": case.institution_id, "amount_fen": one.amount_fen, "withdrawn_on": None}
        fields["reported_on"] = since
        SelfReport.objects.update_or_create(case=case, finding_id=name, defaults=fields)
    append(actor, "self_check.findings_reported", f"case:{case.pk}", {"findings": sorted(reported), "fen": total})
    return moved
