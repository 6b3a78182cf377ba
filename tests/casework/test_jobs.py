"""The queue: one worker per job, progress that is stored, and a killed worker whose job another one finishes once."""

import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError

from tests.web.people import ACTOR
from zhunsheng.casework.jobs import actions, handlers, queries
from zhunsheng.casework.jobs.handlers import Handler, Outcome
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.states import MOVES, OWNERS, JobState
from zhunsheng.casework.jobs.worker import Worker
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT


def test_every_state_has_moves_and_an_owner():
    assert set(MOVES) == set(OWNERS) == set(JobState)
    assert all(MOVES[state] <= set(JobState) for state in JobState)


@pytest.fixture
def kinds(monkeypatch):
    monkeypatch.setattr(handlers, "HANDLERS", handlers.HANDLERS.copy())
    return handlers.register


@pytest.mark.django_db
def test_the_oldest_job_is_claimed_by_one_worker_only():
    first, second = actions.enqueue(ACTOR, "a", {}), actions.enqueue(ACTOR, "b", {})
    assert actions.claim("w1").pk == first.pk
    assert actions.claim("w2").pk == second.pk
    assert actions.claim("w3") is None


@pytest.mark.django_db
def test_a_lease_that_ran_out_gives_the_job_to_the_next_worker_and_the_first_can_no_longer_finish():
    actions.enqueue(ACTOR, "a", {})
    lost = actions.claim("w1", timedelta(seconds=-1))
    taken = actions.claim("w2")
    assert (taken.pk, taken.attempts) == (lost.pk, 2)
    assert actions.beat(lost) is False
    with pytest.raises(actions.LeaseLost):
        actions.note_progress(lost, "x", 1, 2)
    with pytest.raises(actions.LeaseLost):
        actions.finish(lost, {"by": "w1"}, lambda: pytest.fail("settled without the lease"))
    actions.finish(taken, {"by": "w2"})
    assert Job.objects.get().result == {"by": "w2"}
    kinds_ = list(EvidenceOutbox.objects.values_list("kind", flat=True))
    assert kinds_ == ["job.queued", "job.claimed", "job.taken_over", "job.done"]


@pytest.mark.django_db
def test_a_beat_keeps_the_job():
    actions.enqueue(ACTOR, "a", {})
    job = actions.claim("w1", timedelta(seconds=-1))
    assert actions.beat(job, timedelta(seconds=60)) is True
    assert actions.claim("w2") is None


def test_a_beat_that_fails_once_is_followed_by_the_next(monkeypatch):
    beats, worker = [], Worker(threading.Event(), lease_seconds=0.01)

    def beat(_job, _lease):
        beats.append(1)
        if len(beats) == 1:
            raise OperationalError("database is locked")
        return len(beats) < 3

    monkeypatch.setattr(actions, "seen", lambda _name: None)
    monkeypatch.setattr(actions, "beat", beat)
    thread = threading.Thread(target=worker._beat, args=(SimpleNamespace(pk=1), threading.Event()))
    thread.start()
    thread.join(20)
    assert len(beats) == 3 and not thread.is_alive()


@pytest.mark.django_db
def test_a_job_that_kills_every_worker_is_given_up_and_says_so():
    actions.enqueue(ACTOR, "a", {})
    for _ in range(actions.ATTEMPTS):
        assert actions.claim("w", timedelta(seconds=-1)) is not None
    assert actions.claim("w") is None
    job = Job.objects.get()
    assert (job.state, job.problem["code"]) == (JobState.FAILED, "ZS712")


@pytest.mark.django_db
def test_a_job_given_up_is_undone_and_the_next_one_is_taken(kinds):
    undone = []
    kinds("deadly", Handler(lambda *_: Outcome({}), lambda arguments, problem: undone.append((arguments, problem))))
    actions.enqueue(ACTOR, "deadly", {"import": 7})
    for _ in range(actions.ATTEMPTS):
        actions.claim("w", timedelta(seconds=-1))
    waiting = actions.enqueue(ACTOR, "a", {})
    assert actions.claim("w").pk == waiting.pk
    assert undone == [({"import": 7}, {"code": "ZS712", "values": {}})]


@pytest.mark.django_db
def test_settling_and_closing_stand_or_fall_together():
    actions.enqueue(ACTOR, "a", {})
    job = actions.claim("w1")

    def settle():
        actions.enqueue(ACTOR, "follow-up", {})
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        actions.finish(job, {}, settle)
    assert Job.objects.get().state == JobState.RUNNING


@pytest.mark.django_db
def test_a_worker_does_what_waits_stores_progress_and_ends(kinds, work):
    seen = []

    def count(arguments, progress):
        for n in range(arguments["n"]):
            progress(f"step {n}", n, arguments["n"])
            seen.append(Job.objects.get(kind="count").done)
        return Outcome({"counted": arguments["n"]})

    kinds("count", Handler(count))
    actions.enqueue(ACTOR, "count", {"n": 3})
    work()
    job = Job.objects.get(kind="count")
    assert (job.state, job.result, seen) == (JobState.DONE, {"counted": 3}, [0, 1, 2])
    assert queries.worker_alive()


@pytest.mark.django_db
def test_a_job_that_fails_keeps_the_code_and_never_the_text_of_an_unforeseen_error(kinds, work):
    undone = []

    def fail(arguments, progress):
        raise Problem(arguments["code"], value="12.345") if arguments["code"] else ValueError("参保人 张三")

    kinds("fail", Handler(fail, lambda _arguments, problem: undone.append(problem["code"])))
    for code in ("ZS102", ""):
        actions.enqueue(ACTOR, "fail", {"code": code})
    work()
    told, untold = Job.objects.filter(kind="fail")
    assert told.problem == {"code": "ZS102", "values": {"value": "12.345"}}
    assert untold.problem == {"code": "ZS712", "values": {}}
    assert undone == ["ZS102", "ZS712"]


SLOW = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
import django; django.setup()
from zhunsheng.casework.jobs import actions, worker
from zhunsheng.casework.jobs.handlers import Handler, Outcome, register
from zhunsheng.casework.outbox.actions import Process

def slow(arguments, progress):
    for n in range(arguments["steps"]):
        progress(f"step {n}", n, arguments["steps"])
        time.sleep(arguments["pause"] if os.environ.get("SLOW") else 0)
    return Outcome({"steps": arguments["steps"]}, settle)

def settle():
    actions.enqueue(Process("settled"), "effect", {})

register("slow", Handler(slow))
register("effect", Handler(lambda a, p: Outcome({})))
"""


#: What these tests asked for; a worker asks for daily jobs of its own.
OURS = "FROM jobs_job WHERE kind IN ('slow', 'effect')"


def _script(home, code, **more):
    inherited = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    environment = {**inherited, "ZHUNSHENG_HOME": str(home), "ZHUNSHENG_LEASE": "1", **more}
    return subprocess.Popen([sys.executable, "-c", SLOW + code], cwd=ROOT, env=environment, stderr=subprocess.PIPE)


def _read(home, sql):
    import sqlite3

    with sqlite3.connect(f"file:{home}/zhunsheng.sqlite3?mode=ro", uri=True, timeout=10) as con:
        return con.execute(sql).fetchall()


@pytest.mark.any_database  # processes on an SQLite file of their own
def test_a_worker_killed_in_the_middle_loses_its_job_to_another_which_finishes_it_once(tmp_path, laid):
    laid(tmp_path)
    setup = "from django.core.management import call_command; call_command('migrate', verbosity=0)\n"
    queue = "actions.enqueue(Process('test'), 'slow', {'steps': 50, 'pause': 0.3})"
    assert _script(tmp_path, setup + queue).wait(150) == 0
    victim = _script(tmp_path, "worker.work()", SLOW="1")
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        ((state, done),) = _read(tmp_path, f"SELECT state, done {OURS}")
        if state == "running" and done >= 3:
            break
        time.sleep(0.05)
    os.kill(victim.pid, signal.SIGKILL)
    victim.wait(60)
    assert _read(tmp_path, f"SELECT state, attempts {OURS}") == [("running", 1)]
    time.sleep(1.2)
    heir = _script(tmp_path, "worker.work(stop_when_empty=True)")
    assert heir.wait(150) == 0
    rows = _read(tmp_path, f"SELECT kind, state, attempts, result {OURS} ORDER BY id")
    assert rows == [("slow", "done", 2, '{"steps": 50}'), ("effect", "done", 1, "{}")]
    kinds_ = [
        kind
        for (kind,) in _read(
            tmp_path, "SELECT kind FROM outbox_evidenceoutbox WHERE subject = 'job:1' ORDER BY sequence"
        )
    ]
    assert kinds_ == ["job.queued", "job.claimed", "job.taken_over", "job.done"]
