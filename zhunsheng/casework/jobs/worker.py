"""The worker process: takes one job after another until told to stop."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from functools import partial
from typing import Any

import django

from zhunsheng.kernel.ending import ending
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

#: Seconds after which a day that could not be begun is tried again.
AGAIN = 60.0


def work(stop_when_empty: bool = False) -> None:
    """Do jobs until SIGTERM, SIGINT or, when asked, until none waits."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "zhunsheng.config.settings")
    django.setup()
    stop = ending()
    from zhunsheng.casework.metrics.process import listen

    listen("worker")
    Worker(stop).run(stop_when_empty)


class Worker:
    """Claims jobs under one name and keeps its lease alive from a thread of its own."""

    def __init__(self, stop: threading.Event, lease_seconds: float | None = None) -> None:
        from zhunsheng.casework.jobs import actions
        from zhunsheng.casework.logs import logger

        self.name = f"{socket.gethostname()[:40]}-{os.getpid()}"
        self.stop = stop
        self.day: date | None = None
        self.again = 0.0
        seconds = lease_seconds or float(os.environ.get("ZHUNSHENG_LEASE", actions.LEASE.total_seconds()))
        self.lease = timedelta(seconds=seconds)
        self.log = logger("worker").bind(worker=self.name)

    def run(self, stop_when_empty: bool = False) -> None:
        """Work until stopped."""
        from django.db import close_old_connections

        from zhunsheng.casework.jobs import actions
        from zhunsheng.casework.metrics.process import turned

        self.log.info("worker started")
        parent = os.getppid()
        actions.seen(self.name, started=True)
        self.make_good()
        # a site that was killed leaves its worker to nobody: then the worker ends, too
        while not self.stop.is_set() and os.getppid() == parent:
            close_old_connections()
            turned()
            self.begin_day()
            self.turn()
            job = actions.claim(self.name, self.lease)
            if job is not None:
                self.do(job)
                self.make_good()
            elif stop_when_empty:
                return
            else:
                actions.seen(self.name)
                self.stop.wait(1.0)

    def make_good(self) -> None:
        """Write the evidence that a killed process left out."""
        from zhunsheng.casework.jobs.handlers import MAKE_GOOD

        self._each(MAKE_GOOD, "evidence not made good")

    def begin_day(self) -> None:
        """Do what a day begins with, at the start and when the day in Shanghai is another than before.

        A clock that is set back begins its day again, which finds everything done.
        """
        from zhunsheng.casework.jobs.handlers import EACH_DAY

        today = now().date()
        if today != self.day and time.monotonic() >= self.again:
            whole = self._each([partial(do, today) for do in EACH_DAY], "day not begun")
            self.day, self.again = (today, 0.0) if whole else (None, time.monotonic() + AGAIN)

    def turn(self) -> None:
        """Do the short work between jobs."""
        from zhunsheng.casework.jobs.handlers import EACH_TURN

        self._each(EACH_TURN, "turn not done")

    def _each(self, work: Iterable[Callable[[], object]], said: str) -> bool:
        """Do one after the other, whatever befalls one of them; whether all went well."""
        whole = True
        for do in work:
            try:
                do()
            except Exception as error:  # jobs go on, each with its own report of what is wrong
                self.log.error(said, exc_info=error)  # noqa: TRY400
                whole = False
        return whole

    def do(self, job: Any) -> None:
        """Do one claimed job and close it."""
        from zhunsheng.casework.jobs import actions
        from zhunsheng.casework.metrics.counted import JOBS

        log = self.log.bind(job=job.pk, kind=job.kind, attempt=job.attempts, request=job.request)
        log.info("job started")
        began = time.monotonic()
        try:
            with self._beating(job):
                outcome = self._attempt(job)
        except actions.LeaseLost:
            log.warning("job lost to another worker")
        else:
            seconds = time.monotonic() - began
            log.info("job closed", seconds=round(seconds, 3))
            JOBS.labels(job.kind, outcome).observe(seconds)

    def _attempt(self, job: Any) -> str:
        from zhunsheng.casework.jobs import actions
        from zhunsheng.casework.jobs.handlers import HANDLERS

        handler = HANDLERS[job.kind]
        try:
            outcome = handler.run(job.arguments, _Throttled(job))
        except actions.LeaseLost:
            raise
        except Exception as error:  # a job that fails is closed and shown, whatever the reason
            self.log.error("job failed", job=job.pk, request=job.request, exc_info=error)  # noqa: TRY400
            problem = _as_problem(error)
            undo = handler.undo
            actions.fail(job, problem, (lambda: undo(job.arguments, problem)) if undo else None)
            return "failed"
        else:
            actions.finish(job, outcome.result, outcome.settle)
            return "done"

    @contextmanager
    def _beating(self, job: Any) -> Iterator[None]:
        done = threading.Event()
        thread = threading.Thread(target=self._beat, args=(job, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join(timeout=10)

    def _beat(self, job: Any, done: threading.Event) -> None:
        from django.db import connection

        from zhunsheng.casework.jobs import actions
        from zhunsheng.casework.metrics.process import turned

        while not done.wait(self.lease.total_seconds() / 3):
            turned()
            try:
                actions.seen(self.name)
                if not actions.beat(job, self.lease):
                    break
            except Exception as error:  # a database that is away for a moment: the next beat may reach it
                self.log.warning("beat missed", job=job.pk, exc_info=error)
                connection.close()
        connection.close()


class _Throttled:
    """Stores progress a few times a second at most; a change of step is always stored."""

    def __init__(self, job: Any) -> None:
        self.job = job
        self.step = ""
        self.last = 0.0

    def __call__(self, step: str, done: int, total: int | None) -> None:
        from zhunsheng.casework.jobs import actions

        moment = time.monotonic()
        if step != self.step or moment - self.last > 0.5:
            self.step, self.last = step, moment
            actions.note_progress(self.job, step, done, total)


def _as_problem(error: Exception) -> dict[str, Any]:
    """Keep of an error what a person may read: its code and values, never the text of an unforeseen one."""
    if isinstance(error, Problem):
        return {"code": error.code, "values": {name: str(value)[:200] for name, value in error.values.items()}}
    return {"code": "ZS712", "values": {}}
