"""Keys, the journal and the store of the desk: what is told outlives a kill and is taken over exactly once."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from django.core.management import call_command
from django.db import IntegrityError

from tests.web.desks import place
from tests.web.serving import LEAD
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.desk import actions, tasks
from zhunsheng.casework.desk.journal import Journal, entries
from zhunsheng.casework.desk.models import ApiKey, AskCount, JournalPosition, Reminder
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.kernel.time import now


@pytest.fixture
def key(people):
    return actions.make_key(Process("test"), place(LEAD), "HIS")[0]


@pytest.fixture
def journal(tmp_path):
    made = Journal(tmp_path / "journal")
    yield made
    made.close()


def entry(key, number, reminders=1):
    told = {
        "finding_id": "f", "rule_id": "r", "subject_key": "s", "verdict": "violation", "amount_fen": 1,
    }  # fmt: skip
    return {
        "ask": f"a{number}", "key": key.pk, "user": None, "body": key.body_id, "at": now().isoformat(),
        "moment": "before", "book": "d", "person": "p", "encounter": "e", "late": 0,
        "reminders": [{"reminder_id": f"a{number}-{n}", **told} for n in range(reminders)],
    }  # fmt: skip


def test_a_secret_is_shown_once_and_kept_as_a_digest(people):
    made, secret = actions.make_key(people["head"], place(LEAD), "HIS")
    assert secret not in str(vars(made))
    assert made.made_by == people["head"]
    assert EvidenceOutbox.objects.get(kind="key.made").actor == people["head"].actor_key
    assert secret not in EvidenceOutbox.objects.get(kind="key.made").payload


def test_keys_are_for_institutions_and_made_by_heads(people):
    with pytest.raises(Problem, match="ZS747"):
        actions.make_key(people["head"], Body.objects.get(name="恒诺检验"), "x")
    with pytest.raises(Problem, match="ZS702"):
        actions.make_key(people["reviewer"], place(LEAD), "x")
    with pytest.raises(Problem, match="ZS719"):
        actions.make_key(people["head"], place(LEAD), " ")


def test_the_command_makes_a_key(people, capsys):
    call_command("make_key", LEAD.id, "HIS")
    secret = capsys.readouterr().out.strip()
    assert secret.startswith("zs_")
    assert ApiKey.objects.get().hint == secret[:8]


def test_lines_are_taken_once_and_the_file_goes_when_its_writer_does(key, journal):
    for number in range(3):
        journal.append(entry(key, number))
    assert actions.take_over(journal) == 3
    journal.append(entry(key, 3, reminders=2))
    assert actions.take_over(journal) == 1
    assert Reminder.objects.count() == 5
    assert (AskCount.objects.get().asks, AskCount.objects.get().reminders) == (4, 5)
    assert len(journal.files()) == 1, "the writer still holds it"
    journal.close()
    actions.take_over(journal)
    assert journal.files() == []
    assert JournalPosition.objects.count() == 0


def test_a_taking_over_that_fails_is_taken_again(key, journal, monkeypatch):
    journal.append(entry(key, 1))

    def fail(_found):
        raise IntegrityError

    with monkeypatch.context() as broken:
        broken.setattr(actions, "_leave_evidence", fail)
        with pytest.raises(IntegrityError):
            actions.take_over(journal)
    assert Reminder.objects.count() == 0
    assert actions.take_over(journal) == 1
    assert Reminder.objects.count() == 1


def test_what_a_killed_process_told_is_not_lost(key, journal):
    lines = json.dumps([entry(key, number) for number in range(20)])
    code = f"""
import json, os
from pathlib import Path
from zhunsheng.casework.desk.journal import Journal
journal = Journal(Path({str(journal.folder)!r}))
for one in json.loads({lines!r}):
    journal.append(one)
    print(one["ask"], flush=True)
os.kill(os.getpid(), 9)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    told = done.stdout.split()
    assert done.returncode == -9
    assert len(told) == 20
    actions.take_over(journal)
    assert {one.reminder_id for one in Reminder.objects.all()} == {f"{ask}-0" for ask in told}
    assert journal.files() == []


def test_a_torn_line_is_passed_over(key, journal):
    journal.append(entry(key, 1))
    (path,) = journal.files()
    with path.open("ab") as file:
        file.write(b'{"ask": "torn\n')
    journal.append(entry(key, 2))
    found, offset = entries(path, 0, 100)
    assert [one["ask"] for one in found] == ["a1", "a2"]
    assert offset == path.stat().st_size
    with path.open("ab") as file:
        file.write(b'{"half')
    assert entries(path, offset, 100) == ([], offset)


def test_the_store_follows_the_snapshot(county, monkeypatch, tmp_path):
    from tests.runs.county import Line, fill

    site = Home(tmp_path / "var")
    monkeypatch.setattr(tasks, "home", lambda: site)
    assert tasks.refresh() is None
    first = fill(site, {"p": ("M", None)}, [Line("L1", "p", "x")])
    assert tasks.refresh().snapshot == first
    second = fill(site, {}, [Line("L2", "p", "x")], batch="b2")
    held = tasks.refresh()
    assert (held.snapshot, tasks.refresh()) == (second, held)
