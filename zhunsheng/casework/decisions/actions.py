"""Writers of decisions. Each takes an actor and leaves its evidence in the same transaction.

A finding is given as the row that the caller read within the actor's scope. Evidence names a reason by its digest:
its words may speak of a person.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError

from zhunsheng.casework.bodies import lake
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.decisions.models import Decision, RuleAnswer
from zhunsheng.casework.decisions.policies import (
    answer_of,
    cause_of,
    check_answerable,
    check_decidable,
    check_undecided,
    grounds_of,
    outcome_of,
    reason_of,
)
from zhunsheng.casework.decisions.states import Outcome
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import now


def decide(
    actor: User, finding: dict[str, Any], outcome: str, reason: str, cause: str = "", *, run_id: str, rule_digest: str
) -> Decision:
    """Confirm or overturn a finding. Raises Problem ZS702, ZS709, ZS719, ZS724, ZS725, ZS726, ZS942."""
    check_may(actor, Verb.DECIDE_FINDINGS)
    chosen = outcome_of(outcome)
    said = {"reason": reason_of(reason, chosen), "cause": cause_of(cause, chosen)}
    check_decidable(finding)
    try:
        return _decide(actor, finding, chosen, said, run_id=run_id, rule_digest=rule_digest)
    except IntegrityError:
        check_undecided(_standing(finding["finding_id"]))  # someone decided between our look and our writing
        raise


@deed
def _decide(
    actor: User,
    finding: dict[str, Any],
    outcome: Outcome,
    said: dict[str, str],
    *,
    run_id: str,
    rule_digest: str,
    case: Case | None = None,
) -> Decision:
    key = finding["finding_id"]
    check_undecided(_standing(key))
    made = Decision.objects.create(
        finding_id=key,
        rule_id=finding["rule_id"],
        rule_digest=rule_digest,
        run_id=run_id,
        institution_id=finding["institution_id"] or "",
        month=finding["month"] or "",
        amount_fen=finding["amount_fen"],
        outcome=outcome,
        cause=said["cause"],
        reason=said["reason"],
        case=case,
        body=actor.body,
        decided_by=actor,
        decided_at=now(),
    )
    payload = {"decision": made.pk, "outcome": outcome.value, "cause": said["cause"], "run": run_id}
    payload |= {"reason": digest(said["reason"].encode())} | ({"case": case.pk} if case else {})
    append(actor, "finding.decided", f"finding:{key}", payload)
    return made


def follow_case(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Decide with a case on its findings: a decision confirms them, a case that is not established overturns them.

    Findings that somebody decided on before stay as they are, those that the current run no longer has stay open.
    """
    move = next((one for one in case.life.moves if one.id == event.about), None)
    if event.kind != "moved" or move is None or event.actor is None:
        return
    overturned = "cause" in event.fields
    if not overturned and move.books != "decision":
        return
    opened = case.events.filter(kind="opened").first()
    keys = list(opened.fields.get("findings", ())) if opened else []
    said = {"cause": event.fields.get("cause", ""), "reason": event.fields["reason"]}
    outcome = Outcome.OVERTURNED if overturned else Outcome.CONFIRMED
    known = set(Decision.objects.filter(finding_id__in=keys, withdrawn_at=None).values_list("finding_id", flat=True))
    manifest, rows = _found(case, [key for key in keys if key not in known])
    for row in rows:
        digest_ = manifest.get("rules", {}).get(row["rule_id"], "")
        _decide(event.actor, row, outcome, said, run_id=manifest.get("run_id", ""), rule_digest=digest_, case=case)


def _found(case: Case, keys: list[str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return the findings of a case as the current run has them, with its manifest; none where no run can be read."""
    try:
        file = lake.current_run() if keys else None
    except Problem:
        file = None
    if file is None:
        return {}, []
    with file.reader(frozenset({case.institution_id})) as reader:
        rows = findings.some(reader, keys)
    return file.manifest, [row for row in rows if row["verdict"] != "unknown" and row["state"] != "gone"]


@deed
def answer(actor: User, decision: Decision, chosen: str, text: str) -> RuleAnswer:
    """Answer to an overturned finding as the author of its rule. Raises Problem ZS702, ZS943."""
    check_may(actor, Verb.ANSWER_OVERTURNED)
    told, grounds = answer_of(chosen), grounds_of(text)
    check_answerable(decision)
    made = RuleAnswer.objects.create(decision=decision, answer=told, text=grounds, answered_by=actor, answered_at=now())
    payload = {"decision": decision.pk, "rule": decision.rule_id, "answer": told, "text": digest(grounds.encode())}
    append(actor, "rule.answered", f"finding:{decision.finding_id}", payload)
    return made


def _standing(finding_id: str) -> Decision | None:
    return Decision.objects.filter(finding_id=finding_id, withdrawn_at=None).select_related("decided_by").first()


@deed
def withdraw(actor: User, decision: Decision) -> None:
    """Take a decision back, so that the finding is open again. Raises Problem ZS702."""
    check_may(actor, Verb.DECIDE_FINDINGS)
    standing = Decision.objects.select_for_update().get(pk=decision.pk)
    if standing.withdrawn_at is None:
        standing.withdrawn_at, standing.withdrawn_by = now(), actor
        standing.save(update_fields=["withdrawn_at", "withdrawn_by"])
        append(actor, "finding.reopened", f"finding:{standing.finding_id}", {"decision": standing.pk})
