"""Reads of the queue."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Sum

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.jobs.models import Job, Worker
from zhunsheng.casework.jobs.states import JobState
from zhunsheng.kernel.time import now


def job(scope: Scope, pk: int) -> Job | None:
    """Return a job in view, or None."""
    return scope.rows(Job.objects.filter(pk=pk)).first()


def open_job(scope: Scope, kind: str) -> Job | None:
    """Return the oldest job of a kind that waits or runs, or None."""
    return scope.rows(Job.objects.filter(kind=kind, state__in=(JobState.QUEUED, JobState.RUNNING))).first()


def worker_alive(within: timedelta = timedelta(seconds=60)) -> bool:
    """Whether a worker gave a sign of life within a time."""
    return Worker.objects.filter(seen_at__gt=now() - within).exists()


def under_way(kind: str) -> bool:
    """Whether a job of a kind waits or runs, whoever asked for it."""
    return Job.objects.filter(kind=kind, state__in=(JobState.QUEUED, JobState.RUNNING)).exists()


def states() -> dict[str, int]:
    """Return how many jobs are in each state. For the site's own figures."""
    found = dict(Job.objects.order_by().values_list("state").annotate(Count("pk")))
    return {str(one): found.get(one, 0) for one in JobState.values}


def oldest_waiting() -> datetime | None:
    """Return when the oldest job that waits was asked for."""
    found: datetime | None = Job.objects.filter(state=JobState.QUEUED).aggregate(at=Min("created_at"))["at"]
    return found


def took() -> list[tuple[str, int, timedelta]]:
    """Return for each kind how many jobs were done and how long they took together."""
    span = ExpressionWrapper(F("finished_at") - F("started_at"), DurationField())
    done = Job.objects.order_by().filter(state=JobState.DONE, started_at__isnull=False)
    return list(done.values_list("kind").annotate(count=Count("pk"), total=Sum(span)))


def asked_on(kind: str, run: str) -> bool:
    """Whether a job of a kind was ever asked for on a run."""
    return Job.objects.filter(kind=kind, arguments__run=run).exists()
