"""Writers of decisions. Each takes an actor and leaves its evidence in the same transaction.

A finding is given as the row that the caller read within the actor's scope. Evidence names a reason by its digest:
its words may speak of a person.
"""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.policies import check_decidable, check_undecided, outcome_of, reason_of
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.kernel.files import digest
from zhunsheng.kernel.time import now


def decide(
    actor: User, finding: dict[str, Any], outcome: str, reason: str, *, run_id: str, rule_digest: str
) -> Decision:
    """Confirm or overturn a finding. Raises Problem ZS702, ZS709, ZS719, ZS724, ZS725, ZS726."""
    try:
        return _decide(actor, finding, outcome, reason, run_id=run_id, rule_digest=rule_digest)
    except IntegrityError:
        check_undecided(_standing(finding["finding_id"]))  # someone decided between our look and our writing
        raise


@deed
def _decide(
    actor: User, finding: dict[str, Any], outcome: str, reason: str, *, run_id: str, rule_digest: str
) -> Decision:
    check_may(actor, Verb.DECIDE_FINDINGS)
    chosen = outcome_of(outcome)
    told = reason_of(reason, chosen)
    check_decidable(finding)
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
        outcome=chosen,
        reason=told,
        body=actor.body,
        decided_by=actor,
        decided_at=now(),
    )
    payload = {"decision": made.pk, "outcome": chosen.value, "run": run_id, "reason": digest(told.encode())}
    append(actor, "finding.decided", f"finding:{key}", payload)
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
