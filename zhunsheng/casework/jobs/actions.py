"""Writers of the queue: put in, claim, beat, finish, fail. A finish without the lease changes nothing."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Q

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.jobs import handlers
from zhunsheng.casework.jobs.models import Job, Worker
from zhunsheng.casework.jobs.states import JobState
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.kernel.time import now

#: A worker that gives no sign for this long loses its job to the next one.
LEASE = timedelta(seconds=30)
#: A job that killed this many workers is given up.
ATTEMPTS = 5


class LeaseLost(Exception):
    """Another worker took the job over: whatever this attempt did last is undone."""


@deed
def enqueue(actor: Actor, kind: str, arguments: dict[str, Any]) -> Job:
    """Put a job into the queue."""
    user = actor if isinstance(actor, User) else None
    job = Job.objects.create(
        kind=kind,
        arguments=arguments,
        requested_by=user,
        body=user.body if user else None,
        created_at=now(),
        request=structlog.contextvars.get_contextvars().get("request", ""),
    )
    append(actor, "job.queued", f"job:{job.pk}", {"kind": kind})
    return job


def claim(worker: str, lease: timedelta = LEASE) -> Job | None:
    """Take the oldest job that waits or whose worker has died. Those that keep killing workers are given up."""
    job = _take(worker, lease)
    while job is not None and job.state == JobState.FAILED:
        job = _take(worker, lease)
    return job


@deed
def _take(worker: str, lease: timedelta) -> Job | None:
    moment = now()
    free = Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=moment)
    job = Job.objects.select_for_update(skip_locked=True).filter(free).first()
    if job is None:
        return None
    if job.attempts >= ATTEMPTS:
        problem: dict[str, Any] = {"code": "ZS712", "values": {}}
        handler = handlers.HANDLERS.get(job.kind)
        if handler and handler.undo:
            handler.undo(job.arguments, problem)
        _close(job, JobState.FAILED, problem=problem, worker=worker)
        return job
    taken_over = job.state == JobState.RUNNING
    job.state, job.worker, job.token = JobState.RUNNING, worker, secrets.token_hex(16)
    job.attempts, job.lease_until = job.attempts + 1, moment + lease
    job.started_at, job.step, job.done, job.total = moment, "", 0, None
    job.save()
    append(
        Process(worker), "job.taken_over" if taken_over else "job.claimed", f"job:{job.pk}", {"attempt": job.attempts}
    )
    return job


def beat(job: Job, lease: timedelta = LEASE) -> bool:
    """Prolong the lease; False means that another worker holds the job."""
    return bool(_held(job).update(lease_until=now() + lease))


def note_progress(job: Job, step: str, done: int, total: int | None) -> None:
    """Store how far a job is. Raises LeaseLost."""
    if not _held(job).update(step=step[:80], done=done, total=total):
        raise LeaseLost


def finish(job: Job, result: dict[str, Any], settle: Callable[[], None] | None = None) -> None:
    """Close a job with its result; ``settle`` writes what follows from it in the same transaction. Raises LeaseLost."""
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk, token=job.token, state=JobState.RUNNING).first()
        if held is None:
            raise LeaseLost
        if settle:
            settle()
        _close(held, JobState.DONE, result=result, worker=job.worker)


def fail(job: Job, problem: dict[str, Any], settle: Callable[[], None] | None = None) -> None:
    """Close a job with the problem that stopped it. Raises LeaseLost."""
    with transaction.atomic():
        held = Job.objects.select_for_update().filter(pk=job.pk, token=job.token, state=JobState.RUNNING).first()
        if held is None:
            raise LeaseLost
        if settle:
            settle()
        _close(held, JobState.FAILED, problem=problem, worker=job.worker)


def seen(worker: str, started: bool = False) -> None:
    """Record a worker's sign of life; signs older than a day are dropped."""
    moment = now()
    Worker.objects.update_or_create(
        name=worker, defaults={"seen_at": moment}, create_defaults={"seen_at": moment, "started_at": moment}
    )
    if started:
        Worker.objects.filter(seen_at__lt=moment - timedelta(days=1)).delete()


def _held(job: Job) -> Any:
    return Job.objects.filter(pk=job.pk, token=job.token, state=JobState.RUNNING)


def _close(job: Job, state: JobState, *, worker: str, result: Any = None, problem: Any = None) -> None:
    job.state, job.result, job.problem = state, result, problem
    job.finished_at, job.lease_until, job.token = now(), None, ""
    job.save()
    append(Process(worker), f"job.{state}", f"job:{job.pk}", {"kind": job.kind, "attempt": job.attempts})
