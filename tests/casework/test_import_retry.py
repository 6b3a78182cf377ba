"""A load whose worker dies after the lake has taken the files tells on the next attempt what the first one did."""

import json
from datetime import timedelta

import pytest

from tests.casework.test_imports import MEDINS
from zhunsheng.casework.imports import actions, tasks
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.imports.states import ImportState
from zhunsheng.casework.jobs.actions import ATTEMPTS, claim
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.facts import lake
from zhunsheng.kernel.home import home

pytestmark = pytest.mark.django_db
DEAD = timedelta(seconds=-1)


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    return home()


@pytest.fixture
def confirmed(people, own_home, work):
    """Returns a way to bring imports of one file up to their loads, which then wait."""

    def bring(number=1):
        files = [receive("medins.csv", [MEDINS.encode()])]
        items = [actions.start_import(people["reviewer"], files) for _ in range(number)]
        work()
        for item in items:
            actions.confirm_import(people["reviewer"], item)
        return items

    return bring


def counts(report):
    return report["rows_read"], report["rows_loaded"], report["rows_rejected"]


def test_the_second_attempt_tells_what_the_first_has_loaded(confirmed, own_home, work):
    (item,) = confirmed()
    tasks.load(claim("dies", DEAD).arguments, lambda *_: None)
    assert lake.latest(own_home).id == "s000001"
    work()
    item.refresh_from_db()
    assert (item.state, item.snapshot, counts(item.load_report)) == (ImportState.LOADED, "s000001", (2, 1, 1))
    assert {one["row"] for one in item.load_report["rejects_shown"]} == {3}
    kept = json.loads((own_home.reports / f"import-{item.pk}-load.json").read_text("utf-8"))
    assert (counts(kept), kept["dry_run"], len(kept["rejects"]) > 0) == ((2, 1, 1), False, True)
    sealed = json.loads(EvidenceOutbox.objects.get(kind="import.loaded").payload)
    assert (sealed["rows_loaded"], sealed["rows_rejected"]) == (1, 1)
    assert lake.latest(own_home).id == "s000001"


def test_an_import_of_what_another_has_loaded_says_unchanged(confirmed, work):
    first, second = confirmed(2)
    work()
    for item, loaded in ((first, 1), (second, 0)):
        item.refresh_from_db()
        assert item.load_report["rows_loaded"] == loaded
    assert second.load_report["files"][0]["state"] == "unchanged"


def test_a_load_that_kills_every_worker_closes_its_import(confirmed):
    (item,) = confirmed()
    for _ in range(ATTEMPTS):
        claim("dies", DEAD)
    assert claim("w") is None
    item.refresh_from_db()
    assert (item.state, item.problem["code"]) == (ImportState.FAILED, "ZS712")
