"""Reads of the queue."""

from __future__ import annotations

from datetime import timedelta

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
