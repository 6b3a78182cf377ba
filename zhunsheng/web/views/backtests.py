"""Back-test: a draft rule tried on the facts of the current run before anyone is told to follow it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from zhunsheng.book import draft
from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.decisions import queries as decisions
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook
from zhunsheng.runs.backtest import LISTED, Backtest
from zhunsheng.runs.backtest import backtest as judge
from zhunsheng.web.access import page
from zhunsheng.web.book import book
from zhunsheng.web.templatetags.words import english, unit_for

#: A rule with its examples is a few pages; what is longer is no rule.
LONGEST = 200_000
INSTITUTIONS = 20


@page(Verb.RUN_RULES)
def backtest(request: HttpRequest) -> HttpResponse:
    """Take a draft as YAML and show what it finds; ``?rule=`` begins with a rule of the book.

    A draft that cannot be read or bound is answered on the page, with what to mend.
    """
    text = request.POST.get("text", "")[:LONGEST] if request.method == "POST" else _begun(request)
    context: dict[str, Any] = {"text": text, "listed": LISTED}
    if request.method == "POST":
        try:
            context |= _shown(_judged(request, text))
        except Problem as problem:
            context["problem"] = problem.as_dict("en" if english() else "zh")
    return render(request, "web/backtest.html", context, status=422 if "problem" in context else 200)


def _begun(request: HttpRequest) -> str:
    """Return the text of the rule to begin with. Raises Problem ZS701 for one that the book does not hold."""
    name = request.GET.get("rule", "")
    if not name:
        return ""
    if name not in book().rules:
        raise Problem("ZS701")
    return (rulebook() / "rules" / f"{name}.yaml").read_text("utf-8")


def _judged(request: HttpRequest, text: str) -> Backtest:
    file = request.scope.file
    if file is None:
        raise request.scope.broken or Problem("ZS707")
    rule = draft(text, "draft.yaml")
    return judge(
        file.path,
        file.manifest,
        book(),
        rule,
        decisions=decisions.outcomes(request.scope),
        institutions=request.scope.institutions,
    )


def _shown(found: Backtest) -> dict[str, Any]:
    return {
        "found": found,
        "total": sum(found.verdicts.values()),
        "unit": unit_for(found.amount_fen),
        "institutions": found.institutions[:INSTITUTIONS],
        "rest": max(0, len(found.institutions) - INSTITUTIONS),
        "months_most": max((month["findings"] for month in found.months), default=0),
    }
