"""Closed days: files with a digest in the evidence, read as one with what is open; a kill anywhere loses nothing."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing as closing_file
from datetime import date, timedelta
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet as pq
import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from tests.casework.reading import NOON, ORG, message, only_known, said, take
from zhunsheng.casework.backups.database import freeze_readings
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.readings import closed, closing, queries, tasks
from zhunsheng.casework.readings.models import ClosedFile, HotRow, Quarantine
from zhunsheng.casework.readings.router import using
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest_file
from zhunsheng.kernel.home import Home
from zhunsheng.telemetry import sets

ROOT = Path(__file__).parents[2]
ACTOR = Process("test")
DAY = date(2026, 11, 20)


@pytest.fixture
def site(monkeypatch, tmp_path, db):
    only_known(monkeypatch)
    home = Home(tmp_path)
    monkeypatch.setattr(closed, "home", lambda: home)
    return home


database = pytest.mark.django_db(databases="__all__")


def all_of(device="L-07"):
    return queries.of_any_device(ORG, device, NOON - timedelta(days=30), NOON + timedelta(days=30))


@database
def test_a_closed_day_is_a_file_with_its_digest_in_the_evidence(site):
    take(message(*(said(n) for n in range(5))), message(said(0, device="L-08", door=True)))
    before = all_of()
    assert closing.close_days(ACTOR) == [f"reading-{DAY}-1"]
    assert not HotRow.objects.exists()
    one = ClosedFile.objects.get()
    assert (one.rows, one.part, one.day) == (6, 1, DAY)
    assert one.digest == digest_file(closed.path_of(one.name))
    leaf = EvidenceOutbox.objects.get(kind="readings.closed")
    assert leaf.subject == f"readings:{one.name}"
    assert one.digest in leaf.payload
    assert pq.read_schema(closed.path_of(one.name)) == sets.READINGS
    assert all_of() == before
    assert all_of("L-08")["door"].to_pylist() == [True]
    assert closing.close_days(ACTOR) == []


@database
def test_what_comes_late_goes_into_a_further_file_and_changes_none(site):
    take(message(said(0)))
    (first,) = closing.close_days(ACTOR)
    digest = digest_file(closed.path_of(first))
    take(message(said(1)))
    assert all_of()["seq"].to_pylist() == [0, 1]
    assert closing.close_days(ACTOR) == [f"reading-{DAY}-2"]
    assert digest_file(closed.path_of(first)) == digest
    assert all_of()["seq"].to_pylist() == [0, 1]


@database
def test_what_comes_again_after_its_day_closed_adds_nothing(site):
    take(message(said(0), said(1)))
    closing.close_days(ACTOR)
    again = take(message(said(0), said(1)))
    assert [(one.stored, one.repeated, one.refused) for one in again.results] == [(0, 2, ())]
    other = take(message(said(0, temperature=9.0)))
    assert other.results[0].refused[0].code == "ZS882"
    assert closing.close_days(ACTOR) == []
    assert all_of().num_rows == 2
    assert Quarantine.objects.get().count == 1


@database
def test_a_day_stays_open_for_its_hours(site, monkeypatch):
    take(message(said(0)))
    end = closed.ended(DAY, 24)
    monkeypatch.setattr(closing, "now", lambda: end - timedelta(seconds=1))
    assert closing.close_days(ACTOR) == []
    monkeypatch.setattr(closing, "now", lambda: end)
    assert closing.close_days(ACTOR) == [f"reading-{DAY}-1"]


@database
def test_node_events_and_readings_of_each_day_have_files_of_their_own(site):
    step = {"subject": "W-1", "step": "picked_up", "who": "C-9", "place": "H1"}
    take(message(said(0, kind="node", **step)), message(said(1)), message(said(2, at=NOON - timedelta(days=3))))
    names = [f"node-{DAY}-1", f"reading-{DAY - timedelta(days=3)}-1", f"reading-{DAY}-1"]
    assert sorted(closing.close_days(ACTOR)) == names


@database
def test_a_changed_or_missing_file_is_told(site):
    take(message(said(0)), message(said(1, at=NOON - timedelta(days=1))))
    first, second = closing.close_days(ACTOR)
    assert [wrong for _, wrong in closed.verify()] == ["", ""]
    path = closed.path_of(first)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    closed.path_of(second).unlink()
    wrong = dict(closed.verify())
    assert "≠" in wrong[first]
    assert wrong[second] == "absent"
    with pytest.raises(Problem, match="ZS883"):
        closed.check(first, wrong[first])


@database
@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"PAR1 no more")])
def test_a_lost_or_damaged_file_holds_nothing_up_and_is_told(site, harm):
    take(message(said(0)))
    (name,) = closing.close_days(ACTOR)
    harm(closed.path_of(name))
    again = take(message(said(0), said(1)))
    assert [(one.stored, one.repeated, one.refused) for one in again.results] == [(1, 1, ())]
    assert dict(closed.verify())[name]


@database
def test_files_go_when_their_years_are_over_and_leave_evidence(site):
    take(message(said(0)))
    (name,) = closing.close_days(ACTOR)
    assert closing.remove_ended(ACTOR, date(2031, 11, 19)) == []
    assert closing.remove_ended(ACTOR, date(2031, 11, 20)) == [name]
    assert not closed.path_of(name).exists()
    assert EvidenceOutbox.objects.filter(kind="readings.removed").count() == 1
    assert closing.remove_ended(ACTOR, date(2031, 11, 21)) == []
    assert list(closed.verify()) == []
    assert take(message(said(0))).results[0].repeated == 1, "nothing is left that could contradict it"


@database
def test_a_day_begins_with_it_and_finds_nothing_the_second_time(site):
    take(message(said(0)))
    tasks.each_day(date(2026, 11, 23))
    tasks.each_day(date(2026, 11, 23))
    assert ClosedFile.objects.count() == 1


@database
def test_rows_under_way_are_seen_once_wherever_a_reader_looks(site, monkeypatch):
    """A file is on record and its rows are still there: the state between two steps."""
    take(message(*(said(n) for n in range(5))))
    monkeypatch.setattr(closing, "_clear", lambda *_: None)
    closing.close_days(ACTOR)
    assert HotRow.objects.count() == 5
    assert all_of().num_rows == 5
    monkeypatch.undo()


@database
def test_a_day_that_closes_while_a_reader_reads_is_seen_once(site, monkeypatch):
    take(message(*(said(n) for n in range(5))))
    closings = []

    class Slow:
        """Rows that are read as open ones, after which their day closes."""

        def __init__(self, rows):
            self.rows = rows

        def values_list(self, *names):
            found = list(self.rows.values_list(*names))
            closings.append(closing.close_days(ACTOR))
            return found

    slow = SimpleNamespace(objects=SimpleNamespace(filter=lambda **bounds: Slow(HotRow.objects.filter(**bounds))))
    with monkeypatch.context() as patched:
        patched.setattr(queries, "HotRow", slow)
        seen = queries.of_any_device(ORG, "L-07", NOON, NOON + timedelta(days=1))
    assert seen["seq"].to_pylist() == [0, 1, 2, 3, 4]
    assert closings[0]


@database
def test_closing_a_day_asks_only_where_its_rows_lie(site, monkeypatch):
    monkeypatch.setattr(closing, "PORTION", 2)
    for day in range(4):
        take(message(*(said(10 * day + n, at=NOON - timedelta(days=9 - day, minutes=n)) for n in range(4))))
    before = all_of()
    with CaptureQueriesContext(connections[using()]) as asked:
        assert len(closing.close_days(ACTOR)) == 4
    assert sum(one["sql"].startswith("\nUPDATE readings_hotrow") for one in asked) == 4 * 2
    assert sum(one["sql"].startswith("DELETE FROM readings_hotrow") for one in asked) == 4 * 2
    assert all_of() == before


@database
def test_a_day_is_read_in_pieces_from_the_server(site, monkeypatch):
    take(message(said(0)))
    link = connections[using()]
    opened, plain = [], link.chunked_cursor
    monkeypatch.setattr(link, "chunked_cursor", lambda: opened.append(1) or plain())
    closing.close_days(ACTOR)
    assert opened == [1]


@pytest.mark.parametrize("seed", [20261123])
def test_killed_at_any_step_nothing_is_lost_or_doubled(tmp_path, laid, seed):
    """Each step of the closing of three days is killed, in a seeded order, with readings and repeats in between."""
    laid(tmp_path)
    environment = {**os.environ, "ZHUNSHENG_HOME": str(tmp_path), "PYTHONPATH": str(ROOT), "ZHUNSHENG_LOG": "ERROR"}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    script = [sys.executable, str(Path(__file__).with_name("closing_kills.py")), str(seed)]
    told = subprocess.run(script, env=environment, check=True, timeout=150, capture_output=True, text=True).stdout
    assert told == "sound after 12 kills"


@pytest.mark.any_database  # a file of their own is SQLite's
@pytest.mark.django_db(databases="__all__", transaction=True)  # a backup waits for the end of a transaction
def test_a_backup_freezes_the_readings_as_they_are(site, tmp_path):
    take(message(said(0), said(1)))
    assert freeze_readings(tmp_path / "frozen")
    with closing_file(sqlite3.connect(tmp_path / "frozen")) as frozen:
        assert frozen.execute("SELECT COUNT(*) FROM readings_hotrow").fetchone() == (2,)
        assert frozen.execute("SELECT first, last FROM readings_span").fetchall() == [(0, 1)]
