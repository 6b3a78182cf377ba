"""The documents of the demo's story: the notice is issued by one, the decision drafted by one and issued by another."""

from __future__ import annotations

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.documents import actions
from zhunsheng.casework.documents.models import Document


def tell(case: Case) -> list[Document]:
    """Issue notice and decision of the demo's decided case; nothing where it has documents already."""
    people = {one.login: one for one in User.objects.filter(login__in=("reviewer", "bureau-head"))}
    if len(people) < 2 or case.documents.exists():
        return []
    reviewer, head = people["reviewer"], people["bureau-head"]
    notice = actions.issue(reviewer, actions.draft(reviewer, case, "penalty_notice", {}))
    decision = actions.issue(head, actions.draft(reviewer, case, "penalty_decision", {}))
    return [notice, decision]
