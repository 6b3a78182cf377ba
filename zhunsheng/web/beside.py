"""What stands beside a case: its visit, its samples, and what the institution had reported on itself before it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inspections import queries as inspections
from zhunsheng.casework.samples import policies, queries
from zhunsheng.casework.selfchecks.queries import self_reported
from zhunsheng.kernel.time import SHANGHAI

#: Life-cycles that are opened on findings, and the one whose subject may be sampled on site.
ON_FINDINGS = ("clue", "fund_case")


def beside(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Return the context of what leads on from a case; empty to whom nothing of it is open."""
    named: set[str] = set()
    if case.cycle in ON_FINDINGS:
        for shown in cases.timeline(request.scope, case):
            named.update(str(one) for one in shown.fields.get("findings", ()) or ())
    reported = self_reported(sorted(named), case.opened_at.astimezone(SHANGHAI).date()) if named else {}
    samples = queries.of_case(request.scope, case.pk)
    own = case.body_id == request.user.body_id and case.closed_at is None and bool(case.institution_id)
    return {
        "visit": inspections.visit_of(request.scope, case.pk),
        "samples": list(samples),
        "may_sample": own and case.cycle in (*ON_FINDINGS, "inspection") and policies.may_draw(request.user),
        "self_reported": [one for one in reported.values() if one.institution_id == case.institution_id],
        "findings_named": len(named),
    }
