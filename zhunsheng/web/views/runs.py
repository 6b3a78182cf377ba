"""Runs: history, manifest, what is new, same or gone per rule; and starting one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhunsheng.book import kept as kept_book
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.jobs import queries as jobs
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.states import JobState
from zhunsheng.casework.judgements import actions, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.runs.compare import CAUSES, Comparison
from zhunsheng.web.access import page
from zhunsheng.web.templatetags.words import english

#: Findings that differ and are listed; the groups count all of them.
LISTED = 200
STEP = gettext_lazy("运行规则")


@page(Verb.READ_RUNS)
def run_list(request: HttpRequest) -> HttpResponse:
    """List the runs, newest first."""
    context = {
        "runs": queries.all_runs(request.scope),
        "open": jobs.open_job(request.scope, "run"),
        "may_run": may(request.user, Verb.RUN_RULES),
        "today": now().date(),
        "worker": jobs.worker_alive(),
        "whole": request.scope.whole,
    }
    return render(request, "web/runs.html", context)


@page(Verb.READ_RUNS)
def run(request: HttpRequest, run_id: str) -> HttpResponse:
    """Show a run. Raises Problem ZS701 for an unknown one."""
    found = queries.one_run(request.scope, run_id)
    if found is None:
        raise Problem("ZS701")
    rules = queries.rule_counts(request.scope, run_id) if may(request.user, Verb.READ_FINDINGS) else None
    names = ("new", "same", "gone", "unknown")
    total = {name: sum(rule[name] for rule in rules) for name in names} if rules else None
    return render(request, "web/run.html", {"run": found, "rules": rules, "total": total})


@page(Verb.READ_FINDINGS)
def against(request: HttpRequest, run_id: str) -> HttpResponse:
    """Compare a run with another: ``?before=`` names it. Raises Problem ZS701, ZS505, ZS509 or ZS716."""
    kept = queries.kept_runs()
    others = [one for one in kept if one["run_id"] != run_id]
    if run_id not in {one["run_id"] for one in kept}:
        raise Problem("ZS701")
    wanted = request.GET.get("before") or _before(run_id, kept)
    context: dict[str, Any] = {"run_id": run_id, "others": others, "before": wanted, "found": None}
    if wanted:
        if wanted not in {one["run_id"] for one in others}:
            raise Problem("ZS701")
        found = queries.comparison(request.scope, wanted, run_id, LISTED)
        current = request.scope.file
        context |= {
            "found": found,
            "names": _names(found),
            "causes": CAUSES,
            "links": current is not None and current.manifest.get("run_id") == run_id,
            "differing": sum(group.findings for group in found.groups),
        }
    return render(request, "web/compare.html", context)


def _before(run_id: str, kept: list[dict[str, Any]]) -> str | None:
    """Return the run that a run followed, or else the next older one that is kept."""
    ids = [str(one["run_id"]) for one in kept]
    followed = kept[ids.index(run_id)]["previous"]
    older = ids[ids.index(run_id) + 1 :]
    return followed if followed in ids else next(iter(older), None)


def _names(found: Comparison) -> dict[str, str]:
    """Return the name of every rule of either run, in the reader's language."""
    names: dict[str, str] = {}
    for manifest in (found.before, found.after):
        for rule in kept_book(home().books, manifest["book_digest"]).rules.values():
            names[rule.id] = rule.name_en if english() else rule.name
    return names


@require_POST
@page(Verb.RUN_RULES)
def start(request: HttpRequest) -> HttpResponse:
    """Queue a run and show its progress."""
    job = actions.start_run(request.user, parse_date(request.POST.get("as_of", "")))
    return redirect("run-progress", pk=job.pk)


@page(Verb.READ_RUNS)
def progress(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a run is; once it has ended the browser loads the page whole, which leads to the run."""
    job = jobs.job(request.scope, pk)
    if job is None or job.kind != "run":
        raise Problem("ZS701")
    if job.state == JobState.DONE and not request.htmx:
        return redirect("run", run_id=job.result["run"])
    template = "web/parts/job.html" if request.htmx else "web/run_job.html"
    response = render(request, template, {**_job(job), "address": request.path})
    if job.state in (JobState.DONE, JobState.FAILED) and request.htmx:
        response["HX-Refresh"] = "true"
    return response


def _job(job: Job) -> dict[str, Any]:
    problem = None
    if job.problem:
        problem = Problem(job.problem["code"], **job.problem["values"]).as_dict("en" if english() else "zh")
    return {
        "job": job,
        "moving": job.state in (JobState.QUEUED, JobState.RUNNING),
        "step_name": STEP,
        "problem": problem,
        "worker": jobs.worker_alive(),
    }
