"""Samples of findings: drawing one, its list, what each view says, the estimate and the agreement."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.findings import queries as findings
from zhunsheng.casework.samples import actions, policies, queries
from zhunsheng.casework.samples.models import Sample
from zhunsheng.casework.samples.states import Method, Outcome, SizeBy, View
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.web import exports
from zhunsheng.web.access import page
from zhunsheng.web.narrowing import narrowed
from zhunsheng.web.paging import Pages, last_page, page_number
from zhunsheng.web.templatetags.words import tongue
from zhunsheng.web.views.errors import problem_context

ROWS = 50
NAMES = ("institution", "rule", "month", "case")


@page(Verb.READ_CASES)
def sample_list(request: HttpRequest) -> HttpResponse:
    """List samples."""
    wanted = _wanted(request)
    found = queries.samples(request.scope, **wanted)
    pages = Pages(page_number(request), ROWS, found.count())
    if elsewhere := last_page(request, pages):
        return elsewhere
    places = {one.institution_id: one.name for one in request.scope.places()}
    rows = found[max(0, pages.first - 1) : pages.last]
    context = {
        "rows": [
            {"one": one, "place": places.get(one.institution_id, one.institution_id), "units": len(one.population)}
            for one in rows
        ],
        "pages": pages,
        "wanted": wanted,
        "methods": Method.choices,
        "places": request.scope.billing(),
        "may_draw": policies.may_draw(request.user),
    }
    return render(request, "web/samples.html", context)


def _wanted(request: HttpRequest) -> dict[str, str]:
    """Return by what the list is narrowed. Raises Problem ZS709 for a word that is none, ZS701 for a place unseen."""
    found = narrowed(request, {"method": Method.values}) | {"institution_id": request.GET.get("institution_id", "")}
    if found["institution_id"] and not request.scope.sees(found["institution_id"]):
        raise Problem("ZS701")
    return {name: word for name, word in found.items() if word}


@page(Verb.READ_CASES)
def export_list(request: HttpRequest, kind: str) -> HttpResponse:
    """Send the list of samples as it is filtered: what was drawn from what, and the seed to draw it again."""
    wanted = _wanted(request)
    found = queries.samples(request.scope, **wanted)
    total = found.count()
    exports.check_size(total)
    places = {one.institution_id: one.name for one in request.scope.places()}
    asked = [places.get(wanted.get("institution_id", ""), ""), str(dict(Method.choices).get(wanted.get("method"), ""))]
    sheet = exports.Sheet(
        title=_("抽样"),
        facts=[(_("条件"), "；".join(word for word in asked if word) or _("全部"))],
        head=[
            _("名称"), _("机构"), _("抽样方法"), _("总体"), _("样本"), _("事项"), _("抽取"),
            _("总体摘要"), _("随机种子"),
        ],
        money=(),
        rows=iter([[_listed(one, places) for one in found]]),
        totals=[_("合计"), total, "", "", "", "", "", "", ""],
        verb=Verb.READ_CASES,
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "samples", wanted)


def _listed(one: Sample, places: dict[str, str]) -> list[Any]:
    return [
        one.title, places.get(one.institution_id, one.institution_id), str(one.get_method_display()),
        len(one.population), len(one.drawn), one.case.number if one.case else "",
        f"{one.made_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}", one.population_digest, one.seed,
    ]  # fmt: skip


@page(Verb.READ_CASES, Verb.READ_FINDINGS)
def new(request: HttpRequest) -> HttpResponse:
    """Show what would be drawn from, or draw. The population is that of a case, or of an institution and a filter."""
    policies.check_draws(request.user)
    sent = request.POST if request.method == "POST" else request.GET
    wanted = {name: sent.get(name, "") for name in NAMES}
    case = _case(request, wanted)
    rows, months, rules = _population(request, wanted, case)
    problem = None
    if request.method == "POST":
        try:
            made = actions.draw(
                request.user, request.POST.dict(), rows, wanted["institution"],
                request.scope.file.path.parent.name, case,
            )  # fmt: skip
        except Problem as caught:
            problem = caught
        else:
            return redirect("sample", pk=made.pk)
    told = problem_context(problem) if problem else {"status": 200}
    context = {
        **told,
        "wanted": wanted,
        "case": case,
        "units": min(len(rows), policies.MOST),
        "too_many": len(rows) > policies.MOST,
        "most": policies.MOST,
        "amount_fen": sum(one["amount_fen"] or 0 for one in rows),
        "places": request.scope.billing(),
        "months": months,
        "rules": rules,
        "methods": Method.choices,
        "sizes": SizeBy.choices,
        "given": request.POST
        or {"confidence": "95", "tolerable": "100", "count": "30", "method": "simple", "size_by": "fixed"},
    }
    return render(request, "web/sample_new.html", context, status=told["status"])


def _case(request: HttpRequest, wanted: dict[str, str]) -> Case | None:
    """Return the case that a sample is drawn for; it says the institution. Raises Problem ZS701."""
    if not wanted["case"]:
        if wanted["institution"] and not request.scope.sees(wanted["institution"]):
            raise Problem("ZS701")
        return None
    text = wanted["case"]
    found = cases.one(request.scope, int(text)) if text.isdecimal() and len(text) < 19 else None
    if found is None or found.body_id != request.user.body_id:
        raise Problem("ZS701")
    wanted["institution"] = found.institution_id
    return found


def _population(
    request: HttpRequest, wanted: dict[str, str], case: Case | None
) -> tuple[list[dict[str, Any]], list[str], list[dict[str, Any]]]:
    with request.scope.lake() as reader:
        months, rules = findings.months(reader), findings.rules(reader)
        if not wanted["institution"]:
            return [], months, rules
        ids = _ids(request, case)
        rows = findings.population(reader, wanted, policies.MOST, ids)
    for one in rows:
        one["rule_name"] = tongue(one, "rule_name") or one["rule_id"]
    return rows, months, rules


def _ids(request: HttpRequest, case: Case | None) -> list[str] | None:
    """Return the findings that a case was opened on; None where it names none."""
    for shown in cases.timeline(request.scope, case) if case else ():
        if isinstance(held := shown.fields.get("findings"), list):
            return [str(one) for one in held]
    return None


def _one(request: HttpRequest, pk: int) -> Sample:
    found = queries.sample(request.scope, pk)
    if found is None:
        raise Problem("ZS701")
    return found


@page(Verb.READ_CASES)
def sample(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a sample, or take what the reader's view says of it."""
    found = _one(request, pk)
    if request.method != "POST":
        return _page(request, found)
    sent: dict[str, dict[str, str]] = {}
    for unit in found.drawn:
        given = {name: request.POST.get(f"{name}-{unit}", "") for name in ("outcome", "yuan", "note")}
        if given["outcome"]:
            sent[unit] = given
    wrong = actions.tell(request.user, found, sent)
    return _page(request, found, wrong, sent) if wrong else redirect("sample", pk=pk)


def _page(
    request: HttpRequest,
    found: Sample,
    wrong: dict[str, Problem] | None = None,
    sent: dict[str, dict[str, str]] | None = None,
) -> HttpResponse:
    views, own = queries.told(found, request.user), policies.view_of(request.user, found)
    amounts = {one.id: one.fen for one in found.units}
    faults = {unit: str(problem.as_dict(request.LANGUAGE_CODE)["message"]) for unit, problem in (wrong or {}).items()}
    rows = [
        {"unit": key, "hits": times, "fen": amounts[key], **found.facts[key],
         "told": views.get(own, {}).get(key) if own else None, "sent": (sent or {}).get(key) if key in faults else None,
         "fault": faults.get(key, ""), "others": [(View(v).label, r.get(key)) for v, r in views.items() if v != own]}
        for key, times in found.drawn.items()
    ]  # fmt: skip
    for row in rows:
        row["chosen"] = row["sent"]["outcome"] if row["sent"] else row["told"].outcome if row["told"] else ""
    inside = found.body_id == request.user.body_id
    context = {
        "sample": found,
        "place": {one.institution_id: one.name for one in request.scope.places()}.get(
            found.institution_id, found.institution_id
        ),
        "rows": rows,
        "wrong": len(faults),
        "total_fen": sum(amounts.values()),
        "units": len(amounts),
        "own": own,
        "own_label": View(own).label if own else "",
        "outcomes": Outcome.choices,
        "estimates": [(View(view).label, queries.estimated(found, views, view)) for view in views],
        "compared": [([view.label for view in who], told) for who, told in queries.compared(found, views)],
        "others": [View(v).label for v in views if v != own],
        "inside": inside,
        "again": queries.of_population(found) if inside else 1,
        "evaluators": queries.evaluators() if inside else (),
        "set_aside": queries.set_aside(found) if inside else 0,
        "may_share": inside and policies.may_draw(request.user),
        "reads_findings": request.scope.sees(found.institution_id),
    }
    return render(request, "web/sample.html", context, status=422 if faults else 200)


@require_POST
@page(Verb.READ_CASES)
def share(request: HttpRequest, pk: int) -> HttpResponse:
    """Open a sample to its institution and to an evaluator."""
    found, text = _one(request, pk), request.POST.get("evaluator", "")
    evaluator = queries.evaluators().filter(pk=int(text)).first() if text.isdecimal() and len(text) < 19 else None
    actions.share(request.user, found, evaluator)
    return redirect("sample", pk=pk)


@page(Verb.READ_CASES, Verb.EXPORT_FINDINGS)
def export(request: HttpRequest, pk: int, kind: str) -> HttpResponse:
    """Send the list of what was drawn, with what the reader may see of the answers."""
    found = _one(request, pk)
    views, amounts = queries.told(found, request.user), {one.id: one.fen for one in found.units}
    columns = [view for view in View if view in views]

    def batches() -> Iterator[list[Any]]:
        for number, key in enumerate(found.drawn, start=1):
            said = [views[view].get(key) for view in columns]
            told = [
                part for one in said for part in ((str(one.get_outcome_display()), one.amount_fen) if one else ("", ""))
            ]
            fact = found.facts[key]
            yield [[number, key, fact["rule"], fact["month"], found.drawn[key], amounts[key], *told]]

    head = [_("序号"), _("疑点编号"), _("规则"), _("月份"), _("抽中次数"), _("涉及金额（元）")]
    for view in columns:
        head += [str(view.label), f"{view.label} {_('金额（元）')}"]
    totals: list[Any] = [_("合计"), "", "", "", sum(found.drawn.values()), sum(amounts[key] for key in found.drawn)]
    for view in columns:
        totals += ["", sum(one.amount_fen for one in views[view].values())]
    sheet = exports.Sheet(
        title=found.title,
        facts=[
            (_("机构"), found.institution_id), (_("总体摘要"), found.population_digest), (_("随机种子"), found.seed),
            (_("抽样方法"), str(found.get_method_display())),
        ],
        head=head,
        money=(5, *range(7, 7 + 2 * len(columns), 2)),
        rows=batches(),
        totals=totals,
    )  # fmt: skip
    return exports.respond(request, sheet, kind, "sample", {"sample": found.pk})
