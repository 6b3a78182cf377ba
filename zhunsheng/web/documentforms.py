"""What a case's page offers to draw up, each kind with the form of what it asks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases.models import Attachment, Case
from zhunsheng.casework.documents import policies, queries
from zhunsheng.reports.templates import Template
from zhunsheng.web import caseforms


def offered(case: Case, user: User, files: Iterable[Attachment]) -> list[dict[str, Any]]:
    """Return the kinds of documents that a user may draw up now, with their forms and whether two people are needed."""
    around = caseforms.around(case.body, files)
    return [_one(case, one, around) for one in queries.offered(case, user)]


def _one(case: Case, template: Template, around: caseforms.Around) -> dict[str, Any]:
    event = policies.step_for(case, template)
    two = event is not None and policies.two_person(case.life, event, template)
    return {"template": template, "fields": caseforms.fields(template.asks, around), "two_person": two}
