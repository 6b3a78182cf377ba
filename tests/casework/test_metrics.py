"""Figures, health answers and log lines of the site and its processes: what they say, and to whom."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import timedelta

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from tests.casework.test_logs import lines
from zhunsheng.casework.backups.queries import remember
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.jobs import actions as jobs
from zhunsheng.casework.jobs.handlers import HANDLERS, Handler
from zhunsheng.casework.metrics import process
from zhunsheng.casework.outbox import actions as outbox
from zhunsheng.casework.outbox.actions import Process, accept_clock, append, deed
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now, now_seconds

__all__ = ["lines"]
pytestmark = pytest.mark.django_db
CANARY = "病人王某330781199001011234"


def figures(text):
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_figures_follow_the_site_and_name_nobody(people, as_, client):
    as_("reviewer").get(f"/findings?q={CANARY}")
    client.post("/login", {"login": CANARY, "password": "x"})
    job = jobs.enqueue(people["reviewer"], "nothing", {"name": CANARY})
    type(job).objects.filter(pk=job.pk).update(created_at=now() - timedelta(minutes=5))
    remember(home(), "backup", {"at": now_seconds() - 100})
    answer = client.get("/metrics")
    assert answer.status_code == 200
    text = answer.content.decode()
    found = figures(text)
    assert found["zhunsheng_request_seconds_count", "200", "findings"] >= 1
    assert found["zhunsheng_jobs", "queued"] == 1
    assert 300 <= found[("zhunsheng_job_oldest_waiting_seconds",)] < 400
    assert found[("zhunsheng_outbox_rows_waiting",)] == EvidenceOutbox.objects.count() > 0
    assert found[("zhunsheng_login_failures",)] == 1
    assert 100 <= found[("zhunsheng_backup_age_seconds",)] < 200 and found[("zhunsheng_drill_age_seconds",)] == -1
    assert found[("zhunsheng_database_bytes",)] > 0 and found[("zhunsheng_disk_free_bytes",)] > 0
    assert not [one.display_name for one in people.values() if f'"{one.display_name}"' in text] and CANARY not in text


def test_figures_are_for_this_machine_or_for_who_holds_the_token(client, settings, db):
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7").status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "192.0.2.7"}).status_code == 404
    settings.BEHIND_PROXY = True
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a token of the monitor"
    assert client.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    given = {"Authorization": "Bearer a token of the monitor"}
    assert client.get("/metrics", REMOTE_ADDR="192.0.2.7", headers=given).status_code == 200
    assert client.post("/metrics", headers=given).status_code == 405


def test_a_process_answers_at_its_own_port_and_tells_when_it_stands_still(monkeypatch):
    monkeypatch.delenv("ZHUNSHENG_WORKER_PORT", raising=False)
    assert process.listen("worker") is None
    monkeypatch.setenv("ZHUNSHENG_WORKER_PORT", "0")
    address = f"http://127.0.0.1:{process.listen('worker')}"
    with urllib.request.urlopen(f"{address}/healthz", timeout=60) as answer:
        assert answer.status == 200 and answer.read().startswith(b"worker ok")
    with urllib.request.urlopen(f"{address}/metrics", timeout=60) as answer:
        assert b"zhunsheng_turn_timestamp_seconds" in answer.read()
    monkeypatch.setattr(process, "now_seconds", lambda: now_seconds() + 600)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(f"{address}/healthz", timeout=60)


def test_the_health_page_tells_the_last_backup_and_drill(client, county, db):
    (home().upkeep / "backup.json").unlink(missing_ok=True)
    assert (client.get("/health").json()["backup"], client.get("/health").json()["drill"]) == ("none", "none")
    remember(home(), "drill", {"at": 1_790_000_000, "good": False})
    told = client.get("/health").json()
    (home().upkeep / "drill.json").unlink()
    assert told["drill"].startswith("2026-09-21") and told["drill_result"] == "failing"


def test_a_job_bears_the_id_of_the_request_that_asked_and_its_error_no_fact(people, work, lines, monkeypatch):
    def fail(*_given):
        raise ValueError(f"bad row {CANARY}")

    monkeypatch.setitem(HANDLERS, "run", Handler(fail))
    client = Client()
    client.force_login(next(one for one in people.values() if may(one, Verb.RUN_RULES)))
    answer = client.post("/runs/start", {"as_of": "2026-10-31", "note": CANARY})
    assert answer.status_code == 302
    work()
    told = [line for line in lines() if line.get("kind") == "run" or line["event"] == "job failed"]
    assert {line["event"] for line in told} == {"job started", "job closed", "job failed"}
    assert {line["request"] for line in told} == {answer["X-Request-ID"]}
    assert [line["exception"] for line in told if line["event"] == "job failed"] == ["builtins.ValueError"]
    assert not [line for line in lines() if CANARY in str(line)]


def test_evidence_never_gets_a_time_before_the_last_one(people, as_, monkeypatch):
    client = as_("reviewer")
    first = deed(append)(Process("cli"), "case.noted", "case:1", {})
    moment = first.at
    monkeypatch.setattr(outbox, "now", lambda: moment - timedelta(seconds=2))
    assert deed(append)(Process("cli"), "case.noted", "case:1", {}).at == moment  # beside another process
    monkeypatch.setattr(outbox, "now", lambda: moment - timedelta(days=2))
    count = EvidenceOutbox.objects.count()
    with pytest.raises(Problem, match="ZS977"):
        deed(append)(Process("cli"), "case.noted", "case:1", {})
    page = client.post("/views", {"name": "mine", "page": "findings", "query": "month=2026-10"})
    assert "ZS977" in page.content.decode() and page.status_code in (409, 422, 400, 503)
    assert EvidenceOutbox.objects.count() == count
    accepted = accept_clock(Process("cli"), "the clock ran two days ahead")
    assert accepted.at == moment - timedelta(days=2) and "ran two days" in accepted.payload
    assert deed(append)(Process("cli"), "case.noted", "case:1", {}).at == accepted.at
