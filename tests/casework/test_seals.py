"""Evidence on its way into the log: carried once, sealed by the bodies, checked by others, and noticed when altered."""

from __future__ import annotations

import io
import shutil
import zipfile
from datetime import timedelta

import pytest
from django.db import connection

from tests.casework.sealing import carried, witnessed
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.outbox import actions as outbox
from zhunsheng.casework.outbox.actions import Process, append, deed
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals import actions as seals
from zhunsheng.casework.seals import queries
from zhunsheng.casework.seals.actions import ALTERED, Supply, keep
from zhunsheng.casework.seals.models import RecordKey
from zhunsheng.evidence import leaf, policy, verify
from zhunsheng.evidence.receipt import Stage
from zhunsheng.evidence.store import Log
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home
from zhunsheng.kernel.ids import site_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def bodies(people):
    return {"insurance": people["head"].body, "health": people["health"].body, "hospital": people["lead"].body}


@pytest.fixture
def place(bodies):
    for name in ("log", "witnesses"):
        shutil.rmtree(home().root / name, ignore_errors=True)
    with witnessed(bodies) as made:
        yield made
    for name in ("log", "witnesses"):
        shutil.rmtree(home().root / name, ignore_errors=True)


def rows():
    return list(EvidenceOutbox.objects.order_by("pk"))


def test_every_row_becomes_a_leaf_signed_by_who_acted(place, people):
    deed(append)(people["head"], "case.notified", "case:1", {"number": "AJ2026-00001"})
    deed(append)(people["town"], "case.defended", "case:1", {"number": "AJ2026-00001"})
    carried(place)
    log = Log(place.database)
    assert log.size == len(rows()) == RecordKey.objects.filter(logged=True).count()
    leaves = [leaf.open_entry(entry).leaf for entry in log.entries(0, log.size)]
    log.close()
    by_source = {one.source: one for one in leaves}
    notified, defended = (by_source[f"outbox:{row.pk}"] for row in rows()[-2:])
    assert notified.body == f"body-{people['head'].body_id}" and not notified.about
    assert defended.body == "operator" and defended.about == {"acting": f"body-{people['town'].body_id}"}
    assert defended.case == notified.case and defended.sequence == notified.sequence + 1
    assert queries.stages([row.pk for row in rows()][:1])[rows()[0].pk].stage is Stage.SEALED
    told = queries.told(rows()[-1].pk)
    assert told.status.witnesses == told.witnesses == 3 and not told.missing


def test_carrying_again_or_after_a_kill_adds_nothing(place):
    carried(place)
    size = queries.told(rows()[0].pk).entries
    RecordKey.objects.update(logged=False)  # killed between the log's disk and the database
    carried(place)
    assert queries.told(rows()[0].pk).entries == size
    assert not RecordKey.objects.filter(logged=False).exists()


def test_a_row_that_was_altered_is_told_and_not_sealed(place, people):
    row = deed(append)(people["head"], "case.notified", "case:1", {"number": "AJ2026-00001"})
    with connection.cursor() as cursor:
        guard = "DROP TRIGGER IF EXISTS {0}" if connection.vendor == "sqlite" else "SELECT 1"
        names = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'outbox_evidenceoutbox'"
        if connection.vendor == "sqlite":
            for (name,) in cursor.execute(names).fetchall():
                cursor.execute(guard.format(name))
        else:
            cursor.execute("ALTER TABLE outbox_evidenceoutbox DISABLE TRIGGER USER")
        cursor.execute("UPDATE outbox_evidenceoutbox SET payload = '{}' WHERE sequence = %s", [row.pk])
    carried(place)
    assert RecordKey.objects.get(pk=row.pk).refused == ALTERED
    told = queries.told(row.pk)
    assert told.status.stage is Stage.WRITTEN and told.refused == ALTERED


def test_a_receipt_is_checked_by_what_it_holds_alone(place, people):
    row = deed(append)(people["head"], "case.notified", "case:1", {"number": "AJ2026-00001"})
    carried(place)
    archive = zipfile.ZipFile(io.BytesIO(queries.receipt_of(row, "manual")))
    parts = {name.removeprefix(f"evidence-{row.pk}."): archive.read(name) for name in archive.namelist()}
    rules, keys = policy.parse(parts["policy"]), leaf.parse_bodies(parts["bodies"])
    keyed = (bytes.fromhex(parts["key"].decode()), parts["payload"])
    found = verify.check(parts["tlog-proof"], parts["record.json"], rules, keys, keyed)
    assert found.signed and found.digest and len(found.proved.witnesses) == 3
    for name in ("tlog-proof", "record.json", "payload"):
        broken = {**parts, name: parts[name].replace(b"2", b"3", 1)}
        with pytest.raises(Exception):  # noqa: B017 - whatever is broken, it is not accepted
            done = verify.check(broken["tlog-proof"], broken["record.json"], rules, keys, (keyed[0], broken["payload"]))
            assert done.signed and done.digest


def test_a_program_that_nobody_here_wrote_accepts_the_receipt_of_a_decision(place, people, judge, tmp_path):
    row = deed(append)(people["head"], "case.penalty_decided", "case:1", {"number": "AJ2026-00001"})
    carried(place)
    archive = zipfile.ZipFile(io.BytesIO(queries.receipt_of(row, "manual")))
    archive.extractall(tmp_path)
    name = f"evidence-{row.pk}"
    paths = [tmp_path / f"{name}.tlog-proof", tmp_path / f"{name}.record.json", tmp_path / "policy"]
    accepted, said = judge(*paths)
    assert accepted, said
    paths[1].write_bytes(paths[1].read_bytes().replace(b"payload", b"Payload", 1))
    assert not judge(*paths)[0]


def test_the_health_page_says_how_the_log_stands(place, client):
    assert client.get("/health").json()["log"] == "ok"  # nothing waits for a minute yet
    carried(place)
    assert client.get("/health").json()["log"] == "ok"
    RecordKey.objects.filter(pk=rows()[0].pk).update(refused=ALTERED)
    assert client.get("/health").json()["log"] == "altered"


def test_pages_tell_how_far_a_row_has_come_to_those_who_may_see_it(place, people, as_):
    row = deed(append)(people["head"], "case.notified", "case:1", {"number": "AJ2026-00001"})
    address = f"/evidence/{row.pk}"
    assert "已登记" in as_("auditor").get(address).content.decode()
    assert as_("auditor").get(f"{address}/receipt.zip").status_code in (404, 409)
    carried(place)
    text = as_("auditor").get(address).content.decode()
    assert "已封存" in text and "3 / 3 家见证" in text and "insurance" in text
    sent = as_("auditor").get(f"{address}/receipt.zip")
    assert sent.status_code == 200 and b"tlog-proof" in sent.content
    for login in ("head", "lead", "far", "admin", "stranger"):
        assert as_(login).get(address).status_code in (403, 404), login


def test_without_a_log_pages_say_so(people, as_):
    shutil.rmtree(home().log, ignore_errors=True)
    row = deed(append)(people["head"], "case.notified", "case:1", {})
    assert "没有设存证日志" in as_("auditor").get(f"/evidence/{row.pk}").content.decode()
    assert queries.stages([row.pk])[row.pk].stage is Stage.WRITTEN


def test_rows_of_a_body_whose_signer_is_away_wait_alone(place, people, bodies):
    deed(append)(people["health"], "case.notified", "case:9", {})
    supply = Supply(["operator", *(f"body-{one.pk}" for one in bodies.values())], "operator", b"k" * 32)
    away = frozenset({f"body-{bodies['health'].pk}"})
    assert {one.body for one in supply.pull(1000, away)} & away == set()
    assert {one.body for one in supply.pull(1000, frozenset())} >= away


def test_a_process_signs_as_the_operator(place):
    row = deed(append)(Process("clock"), "case.clock_reminded", "case:1", {})
    carried(place)
    assert queries.told(row.pk).signer == "operator"
    assert Body.objects.exists()


def test_the_health_page_tells_of_rows_that_wait_behind_newer_ones(place, people, bodies, monkeypatch):
    earlier = outbox.now() - timedelta(minutes=5)
    monkeypatch.setattr(outbox, "now", lambda: earlier)
    monkeypatch.setattr(outbox.queries, "last_at", lambda: None)  # as if they were the first rows
    deed(append)(people["head"], "case.notified", "case:1", {})
    deed(append)(Process("clock"), "case.notified", "case:2", {})
    monkeypatch.undo()
    (place.root / "signers").write_text("")  # nobody signs for the body
    with place.sequencer() as sequencer:
        names = [*sequencer.signers, f"body-{people['head'].body_id}"]
        supply = Supply(names, "operator", site_key(home().key))
        keep(sequencer.submit(supply.pull(1000, frozenset())))
    assert RecordKey.objects.order_by("pk").last().logged and queries.state() == "behind"


def test_a_row_far_behind_the_others_is_carried_when_all_are_looked_at_again(place, monkeypatch):
    supply = Supply(["operator"], "operator", site_key(home().key))
    count = len(supply.pull(1000, frozenset()))
    assert count > 1
    supply.floor = rows()[-1].pk  # as after ten thousand newer rows
    assert supply.pull(1000, frozenset()) == []
    monkeypatch.setattr(seals, "AGAIN", -1.0)
    assert len(supply.pull(1000, frozenset())) == count


def test_a_receipt_without_its_key_is_refused_in_words(place, people):
    row = deed(append)(people["head"], "case.notified", "case:1", {})
    carried(place)
    RecordKey.objects.filter(pk=row.pk).delete()
    with pytest.raises(Problem, match="ZS812"):
        queries.receipt_of(row, "manual")
