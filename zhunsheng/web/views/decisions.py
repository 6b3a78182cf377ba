"""Deciding on a finding, and taking a decision back."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.decisions import actions, queries
from zhunsheng.casework.findings import queries as findings
from zhunsheng.kernel.errors import Problem
from zhunsheng.web.access import page


@require_POST
@page(Verb.DECIDE_FINDINGS)
def decide(request: HttpRequest, finding_id: str) -> HttpResponse:
    """Confirm or overturn a finding in view. Raises Problem ZS701, ZS709, ZS719, ZS724, ZS725, ZS726, ZS942."""
    manifest = request.scope.file.manifest if request.scope.file else {}
    with request.scope.lake() as reader:
        found = findings.one(reader, finding_id)
    if found is None:
        raise Problem("ZS701")
    actions.decide(
        request.user,
        found,
        request.POST.get("outcome", ""),
        request.POST.get("reason", ""),
        request.POST.get("cause", ""),
        run_id=manifest.get("run_id", ""),
        rule_digest=manifest.get("rules", {}).get(found["rule_id"], ""),
    )
    return _back(finding_id)


@require_POST
@page(Verb.DECIDE_FINDINGS)
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a decision back. Raises Problem ZS701 outside the scope."""
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    actions.withdraw(request.user, found)
    return _back(found.finding_id)


def _back(finding_id: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse('finding', args=[finding_id])}#decisions")
