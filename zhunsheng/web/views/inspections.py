"""Unannounced inspections: plans, the library of people, the draw that anybody can repeat, a visit and its problems."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases.fields import officers
from zhunsheng.casework.inspections import actions, policies, queries
from zhunsheng.casework.inspections.models import InspectionPlan, ListedProblem, Visit
from zhunsheng.casework.inspections.states import PlanKind, PlanState, Role, Trigger
from zhunsheng.casework.inspections.words import article_words
from zhunsheng.casework.samples import queries as samples
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.answers import json_answer
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.errors import problem_context

ROWS = 50
#: What the list of plans can be narrowed by.
NARROWING = {"kind": PlanKind, "trigger": Trigger, "state": PlanState}


@page(Verb.READ_CASES)
def plan_list(request: HttpRequest) -> HttpResponse:
    """List plans; a plan that was typed and refused comes back with its words."""
    return _plan_list(request)


def _plan_list(request: HttpRequest, problem: Problem | None = None) -> HttpResponse:
    wanted = _wanted(request)
    found = queries.plans(request.scope, **wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    told = problem_context(problem) if problem else {"status": 200}
    context = {
        **told,
        "rows": found[max(0, pages.first - 1) : pages.last],
        "pages": pages,
        "may_plan": policies.may_plan(request.user),
        "wanted": wanted,
        "kinds": PlanKind.choices,
        "triggers": Trigger.choices,
        "states": PlanState.choices,
        "given": request.POST,
    }
    return render(request, "web/inspections.html", context, status=told["status"])


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return the words by which the list is narrowed. Raises Problem ZS709 for a word that is none."""
    found = narrowed(request, {name: words.values for name, words in NARROWING.items()})
    return {name: word for name, word in found.items() if word}


@page(Verb.READ_CASES)
def export_plans(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list of plans as it is filtered."""
    wanted = _wanted(request)
    found = queries.plans(request.scope, **wanted)
    total = found.count()
    exports.check_size(total)
    sheet = exports.Sheet(
        title=_("检查计划"),
        facts=[(_("条件"), "；".join(str(NARROWING[name](word).label) for name, word in wanted.items()) or _("全部"))],
        head=[
            _("名称"), _("检查类型"), _("启动情形"), _("状态"), _("抽取机构数"), _("承办单位"), _("拟定"),
            _("随机种子"),
        ],
        money=(),
        rows=iter([[_exported(one) for one in found]]),
        totals=[_("合计"), total, "", "", "", "", "", ""],
        verb=Verb.READ_CASES,
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "inspections", wanted)


def _exported(one: InspectionPlan) -> list[Any]:
    return [
        one.title, str(one.get_kind_display()), str(one.get_trigger_display()), str(one.get_state_display()), one.count,
        tongue(one.body, "name"), f"{one.made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", one.seed,
    ]  # fmt: skip


@require_POST
@page(Verb.READ_CASES)
def new_plan(request: HttpRequest) -> HttpResponse:
    """Write a plan."""
    try:
        made = actions.make_plan(request.user, request.POST.dict())
    except Problem as problem:
        return _plan_list(request, problem)
    return redirect("inspection", pk=made.pk)


@page(Verb.READ_CASES)
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a plan."""
    return _plan(request, _one(request, pk))


def _one(request: HttpRequest, pk: int) -> InspectionPlan:
    found = queries.plan(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


def _plan(request: HttpRequest, found: InspectionPlan, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    names = {one["code"]: one for one in found.people}
    visits = list(queries.visits(request.scope).filter(plan=found).order_by("pk"))
    own = found.body_id == request.user.body_id and policies.may_plan(request.user)
    context = {
        **told,
        "plan": found,
        "own": own,
        "may_draw": own and found.committed_by_id != request.user.pk,
        "places": request.scope.billing() if found.state == PlanState.OPEN else [],
        "chosen": request.POST.getlist("subject"),
        "library": actions.library_on(request.user, now().date()) if own else [],
        "rows": [_row(found, one, names) for one in visits],
        "left_out": [one for one in found.people if one["ties"]],
        "waiting": [one for one in visits if one.case.state == "planned"],
        "given": request.POST,
    }
    return render(request, "web/inspection.html", context, status=told["status"])


def _row(found: InspectionPlan, visit: Visit, names: dict[str, Any]) -> dict[str, Any]:
    subjects = {one["id"]: one["name"] for one in found.subjects}
    return {
        "visit": visit,
        "name": subjects[visit.institution_id],
        "state": visit.case.life.state(visit.case.state),
        "team": [names[code]["name"] for code in visit.team],
        "experts": [names[code]["name"] for code in visit.experts],
        "recused": [(names[code]["name"], why) for code, why in visit.recused.items()],
    }


@require_POST
@page(Verb.READ_CASES)
def change(request: HttpRequest, pk: int, deed: str) -> HttpResponse:
    """Commit, draw, confirm or abandon a plan. Refused, the plan comes back with the words that were typed."""
    found = _one(request, pk)
    try:
        _deed(request, found, deed)
    except Problem as problem:
        if problem.code == "ZS701":
            raise
        return _plan(request, _one(request, pk), problem)
    return redirect("inspection", pk=pk)


def _deed(request: HttpRequest, found: InspectionPlan, deed: str) -> None:
    if deed == "commit":
        names = {one.institution_id: one.name for one in request.scope.places()}
        chosen = [(key, names[key]) for key in request.POST.getlist("subject") if key in names]
        actions.commit(request.user, found, chosen)
    elif deed == "draw":
        actions.draw(request.user, found, request.POST.get("words", ""))
    elif deed == "confirm":
        actions.confirm_draw(request.user, found)
    elif deed == "abandon":
        actions.abandon(request.user, found, request.POST.get("reason", ""))
    else:
        raise Problem("ZS701")


@page(Verb.READ_CASES)
def draw_file(request: HttpRequest, pk: int) -> HttpResponse:
    """Send all that a draw rests on and what it gave. Raises Problem ZS701 before the draw."""
    found = _one(request, pk)
    if found.state != PlanState.DRAWN:
        raise Problem("ZS701")
    drawn = {one.institution_id: {"inspectors": one.team, "experts": one.experts, "recused": sorted(one.recused)}
             for one in queries.visits(request.scope).filter(plan=found)}  # fmt: skip
    answer = json_answer({
        "committed": actions.committed(found, found.secret), "commitment": found.commitment, "words": found.words,
        "seed": found.seed, "drawn": drawn,
        "ties": {one["code"]: sorted(one["ties"]) for one in found.people if one["ties"]},
    })  # fmt: skip
    answer["Content-Disposition"] = f'attachment; filename="draw-{found.pk}.json"'
    return answer


@page(Verb.READ_CASES)
def people(request: HttpRequest) -> HttpResponse:
    """Show the library of inspectors and experts, or add one of them."""
    problem = None
    if request.method == "POST":
        try:
            actions.add_inspector(request.user, request.POST.dict(), _ties(request))
        except Problem as caught:
            problem = caught
        else:
            return redirect("inspectors")
    told = problem_context(problem) if problem else {"status": 200}
    own = policies.may_plan(request.user)
    places = {one.institution_id: one.name for one in request.scope.places()}
    context = {
        **told,
        "rows": [
            {"one": one, "ties": [(places.get(key, key), why) for key, why in one.ties.items()]}
            for one in queries.inspectors(request.scope)
        ],
        "own": own,
        "officers": officers(request.user.body, now().date()) if own else [],
        "places": request.scope.billing(),
        "roles": Role.choices,
        "given": request.POST,
    }
    return render(request, "web/inspectors.html", context, status=told["status"])


def _ties(request: HttpRequest) -> dict[str, str]:
    chosen = [key for key in request.POST.getlist("tie") if request.scope.sees(key)]
    return dict.fromkeys(chosen, request.POST.get("why", ""))


@require_POST
@page(Verb.READ_CASES)
def end_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Take somebody out of the library."""
    found = queries.inspectors(request.scope).filter(pk=pk, body=request.user.body).first()
    if found is None:
        raise Problem("ZS701")
    actions.end_inspector(request.user, found)
    return redirect("inspectors")


def one_visit(request: HttpRequest, pk: int) -> Visit:
    """Return a visit in view. Raises Problem ZS701."""
    found = queries.visit(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def visit(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what was collected on a visit, and the list of problems."""
    return _visit(request, one_visit(request, pk))


def _visit(request: HttpRequest, found: Visit, problem: Problem | None = None) -> HttpResponse:
    told = problem_context(problem) if problem else {"status": 200}
    names = {one["code"]: one["name"] for one in found.plan.people}
    items = [
        {"item": key, "versions": versions, "torn": len(versions) > 1}
        for key, versions in queries.standing(found).items()
        if any(not one.content["removed"] for one in versions)
    ]
    for one in items:
        one["versions"] = [{"one": held, **_told(held.content)} for held in one["versions"]]
    subjects = {one["id"]: one["name"] for one in found.plan.subjects}
    context = {
        **told,
        "visit": found,
        "name": subjects[found.institution_id],
        "state": found.case.life.state(found.case.state),
        "team": [names[code] for code in (*found.team, *found.experts)],
        "items": items,
        "torn": sum(one["torn"] for one in items),
        "problems": [{"one": one, "article": article_words(one.article)} for one in queries.problems(found)],
        "may_collect": request.user.pk in policies.officers_of(found) and found.case.state in policies.COLLECTING,
        "may_list": actions.may_list(found, request.user),
        "may_follow": request.user.body_id == found.plan.body_id,
        "samples": samples.of_case(request.scope, found.case_id),
        "key": uuid.uuid4().hex,
    }
    return render(request, "web/visit.html", context, status=told["status"])


def _told(content: dict[str, Any]) -> dict[str, Any]:
    return {"content": content, "what": actions.what(content), "article": article_words(content["article"])}


@require_POST
@page(Verb.READ_CASES)
def hand_over(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand over the list of problems."""
    found, text = one_visit(request, pk), request.POST.get("version", "")
    version = int(text) if text.isdecimal() and len(text) < 10 else -1
    try:
        actions.list_problems(request.user, found, version=version, key=request.POST.get("key", "")[:64])
    except Problem as problem:
        return _visit(request, one_visit(request, pk), problem)
    return redirect("case", pk=found.case_id)


@require_POST
@page(Verb.READ_CASES)
def follow(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a fund case on a listed problem, with the officers of the visit."""
    found = queries.problem(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    try:
        made = actions.follow(request.user, found, _of_problem(found))
    except Problem as problem:
        return _visit(request, one_visit(request, found.visit_id), problem)
    return redirect("case", pk=made.pk)


def _of_problem(found: ListedProblem) -> dict[str, Any]:
    visit = queries.with_plan(found)
    given: dict[str, Any] = {
        "officers": [str(number) for number in sorted(policies.officers_of(visit))],
        "article": found.article,
        "reason": f"{visit.case.number}（{found.number}）{found.words}"[:2000],
    }
    finding = found.version.content["finding"]
    return given | ({"findings": [finding]} if finding else {})


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Send the list of problems of a visit."""
    found = one_visit(request, pk)
    rows = list(queries.problems(found))
    exports.check_size(len(rows))

    def batches() -> Iterator[list[Any]]:
        yield [[one.number, one.words, article_words(one.article), one.amount_fen, str(one.version.author),
                len(one.version.content["photos"])] for one in rows]  # fmt: skip

    known = [one.amount_fen for one in rows if one.amount_fen is not None]
    sheet = exports.Sheet(
        title=_("问题清单"),
        facts=[(_("检查"), found.case.number), (_("机构"), found.institution_id)],
        head=[_("序号"), _("问题"), _("条款"), _("金额（元）"), _("填写人"), _("照片")],
        money=(3,),
        rows=batches(),
        totals=[_("合计"), "", "", sum(known), "", ""],
    )
    return exports.respond(request, sheet, kind, "problems", {"visit": found.pk})
