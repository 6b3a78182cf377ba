"""Self-checks: an institution looks at the findings of the run on itself, says what each is, and reports."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.permissions import is_party
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.selfchecks import actions, policies, queries
from zhunsheng.casework.selfchecks.models import SelfMark
from zhunsheng.casework.selfchecks.states import Answer
from zhunsheng.kernel.errors import Problem
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.errors import problem_context

ROWS = 50


def _one(request: HttpRequest, pk: int) -> Case:
    found = queries.one(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


def _within(request: HttpRequest, case: Case) -> list[dict[str, Any]]:
    """Return the findings of the run on the institution in the months of the self-check."""
    opened: dict[str, Any] = next(iter(cases.timeline(request.scope, case))).fields
    first, last = str(opened.get("from_on", ""))[:7], str(opened.get("until_on", ""))[:7]
    with request.scope.lake() as reader:
        rows = findings.population(reader, {"institution": case.institution_id}, policies.MOST * 4)
    for one in rows:
        one["rule_name"] = tongue(one, "rule_name") or one["rule_id"]
    return [one for one in rows if first <= (one["month"] or first) <= last]


@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def self_check(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a self-check: to the institution its findings with its marks, to the bureau what was reported."""
    return _page(request, _one(request, pk))


def _page(
    request: HttpRequest,
    case: Case,
    wrong: dict[str, Problem] | None = None,
    problem: Problem | None = None,
) -> HttpResponse:
    party = is_party(request.user, case)
    marked = queries.seen(request.scope, case, party=party)
    rows = _within(request, case) if party or marked else []
    rows = rows if party else [one for one in rows if one["finding_id"] in marked]
    every = len(rows)
    show = request.GET.get("show", "")
    if show:
        rows = [
            one for one in rows if (marked[one["finding_id"]].answer if one["finding_id"] in marked else "none") == show
        ]
    pages = Pages(page_number(request), ROWS, len(rows))
    if elsewhere := last_page(request, pages):
        return elsewhere
    faults = {key: str(one.as_dict(request.LANGUAGE_CODE)["message"]) for key, one in (wrong or {}).items()}
    told = problem_context(problem) if problem else {"status": 422 if faults else 200}
    context = {
        **told,
        "case": case,
        "state": case.life.state(case.state),
        "place": {one.institution_id: one.name for one in request.scope.places()}.get(
            case.institution_id, case.institution_id
        ),
        "party": party,
        "may_mark": policies.may_mark(request.user, case),
        "rows": [_row(request, one, marked, faults) for one in rows[max(0, pages.first - 1) : pages.last]],
        "pages": pages,
        "wanted": {"show": show} if show else {},
        "show": show,
        "answers": Answer.choices,
        "counts": _counts(marked, every),
        "reported_fen": sum(one.amount_fen for one in marked.values() if one.answer == Answer.REPORTED),
        "reported": queries.reports(request.scope, case).count(),
        "key": uuid.uuid4().hex,
        "statement": request.POST.get("statement", ""),
    }
    return render(request, "web/self_check.html", context, status=told["status"])


def _counts(marked: dict[str, SelfMark], every: int) -> list[tuple[str, str, int]]:
    """Return each answer with how many findings have it, and those without: together they are all of them."""
    told = [(str(key), str(label), sum(one.answer == key for one in marked.values())) for key, label in Answer.choices]
    return [*told, ("none", _("未说明"), max(0, every - sum(n for _key, _label, n in told)))]


def _row(
    request: HttpRequest, one: dict[str, Any], marks: dict[str, SelfMark], faults: dict[str, str]
) -> dict[str, Any]:
    key = one["finding_id"]
    sent = (
        {name: request.POST.get(f"{name}-{key}", "") for name in ("answer", "reason", "yuan")}
        if key in faults
        else None
    )
    held = marks.get(key)
    chosen = sent["answer"] if sent else held.answer if held else ""
    fen = held.amount_fen if held else one["amount_fen"]
    return {"chosen": chosen, "fen": fen, "finding": one, "mark": held, "fault": faults.get(key, ""), "sent": sent}


@require_POST
@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def mark(request: HttpRequest, pk: int) -> HttpResponse:
    """Keep what the institution says of its findings; a wrong row is told and the right ones are kept."""
    case = _one(request, pk)
    amounts = {one["finding_id"]: int(one["amount_fen"] or 0) for one in _within(request, case)}
    prefix = "answer-"
    sent = {}
    for name, value in request.POST.items():
        if name.startswith(prefix) and value:
            key = name.removeprefix(prefix)[:20]
            sent[key] = {"answer": value, "reason": request.POST.get(f"reason-{key}", ""),
                         "yuan": request.POST.get(f"yuan-{key}", "")}  # fmt: skip
    wrong = actions.mark(request.user, case, sent, amounts)
    if wrong:
        return _page(request, case, wrong)
    return redirect(f"{reverse('self-check', args=[pk])}?{request.GET.urlencode()}")


@require_POST
@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def report(request: HttpRequest, pk: int) -> HttpResponse:
    """Submit the report through the life-cycle."""
    case, text = _one(request, pk), request.POST.get("version", "")
    version = int(text) if text.isdecimal() and len(text) < 10 else -1
    try:
        key = request.POST.get("key", "")[:64]
        actions.report(request.user, case, request.POST.get("statement", ""), [], version=version, key=key)
    except Problem as problem:
        return _page(request, _one(request, pk), problem=problem)
    return redirect("case", pk=pk)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Send the findings of a self-check with the marks that the reader may see."""
    case = _one(request, pk)
    party = is_party(request.user, case)
    marks = queries.seen(request.scope, case, party=party)
    rows = [one for one in _within(request, case) if party or one["finding_id"] in marks]
    exports.check_size(len(rows))

    def batches() -> Iterator[list[Any]]:
        for one in rows:
            said = marks.get(one["finding_id"])
            told = [str(said.get_answer_display()), said.amount_fen, said.reason] if said else ["", "", ""]
            yield [[one["finding_id"], one["rule_name"], one["month"] or "", one["amount_fen"], *told]]

    sums = [sum(one["amount_fen"] or 0 for one in rows), "", sum(one.amount_fen for one in marks.values())]
    sheet = exports.Sheet(
        title=_("自查自纠"),
        facts=[(_("编号"), case.number), (_("机构"), case.institution_id)],
        head=[_("疑点编号"), _("规则"), _("月份"), _("涉及金额（元）"), _("自查结论"), _("应退金额（元）"), _("理由")],
        money=(3, 5),
        rows=batches(),
        totals=[_("合计"), "", "", *sums, ""],
    )
    return exports.respond(request, sheet, kind, "self-check", {"case": case.pk})
