"""Runs: history, manifest, what is new, same or gone per rule; and starting one."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.jobs import queries as jobs
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.states import JobState
from zhunsheng.casework.judgements import actions, queries
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now, parse_date
from zhunsheng.web.access import page
from zhunsheng.web.templatetags.words import english

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
    response = render(request, template, _job(job))
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
