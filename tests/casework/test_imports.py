"""Imports through the site: inbox, dry run, confirmation, report; the real reader of files behind it."""

import pytest

from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.imports import actions, queries
from zhunsheng.casework.imports.inbox import path_of, plain_name, receive
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.imports.states import MOVES, OWNERS, ImportState
from zhunsheng.facts import lake
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home

MEDINS = (
    "fixmedins_code,fixmedins_name,fixmedins_type,medinslv,lead_fixmedins_code,admdvs,begndate,enddate\n"
    "H33078100001,青禾县人民医院,医院,2,,330781,2020-01-01,\n"
    "H33078100009,错误医院,未知类别,9,,330781,2020-13-01,\n"
)


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    return home()


def test_every_state_has_moves_and_an_owner():
    assert set(MOVES) == set(OWNERS) == set(ImportState)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("feedetail.csv", "feedetail.csv"),
        ("../../etc/passwd", "passwd"),
        ("C:\\用户\\结算 清单.xlsx", "结算 清单.xlsx"),
        (".hidden.csv", "hidden.csv"),
        ("a\x00b\n.csv", "a_b_.csv"),
        ("", "file"),
        ("x" * 300 + ".csv", "x" * 110 + ".csv"),
    ],
)
def test_a_file_name_loses_paths_and_control_characters(given, kept):
    assert plain_name(given) == kept


def test_a_long_chinese_name_is_cut_to_what_a_folder_holds(own_home):
    kept = receive("费用明细" * 60 + ".csv", [b"one"])
    assert path_of(kept.name, kept.digest).read_bytes() == b"one"
    assert kept.name.startswith("费用明细")
    assert kept.name.endswith(".csv")


def test_the_inbox_keeps_a_file_by_digest_and_once(own_home):
    first = receive("a.csv", [b"one", b"two"])
    again = receive("a.csv", [b"onetwo"])
    assert first == again
    assert path_of(first.name, first.digest).read_bytes() == b"onetwo"
    assert [path.name for path in own_home.inbox.rglob("*") if path.is_file()] == ["a.csv"]


@pytest.mark.django_db
def test_a_dry_run_shows_what_a_load_will_do_and_writes_nothing(people, own_home, work):
    item = actions.start_import(people["reviewer"], [receive("medins.csv", [MEDINS.encode()])])
    work()
    item.refresh_from_db()
    assert item.state == ImportState.CHECKED
    assert lake.latest(own_home) is None
    assert (item.check_report["rows_read"], item.check_report["rows_loaded"], item.check_report["rows_rejected"]) == (
        2,
        1,
        1,
    )
    assert {one["row"] for one in item.check_report["rejects_shown"]} == {3}
    actions.confirm_import(people["reviewer"], item)
    work()
    item.refresh_from_db()
    assert (item.state, item.confirmed_by) == (ImportState.LOADED, people["reviewer"])
    assert lake.latest(own_home).id == item.snapshot
    assert item.load_report["rows_loaded"] == 1
    assert sorted(path.name for path in own_home.reports.iterdir()) == [
        f"import-{item.pk}-{step}.{kind}" for step in ("check", "load") for kind in ("json", "xlsx")
    ]


@pytest.mark.django_db
def test_an_import_moves_only_along_its_states(people, own_home, work):
    item = actions.start_import(people["reviewer"], [receive("medins.csv", [MEDINS.encode()])])
    with pytest.raises(Problem, match="ZS708"):
        actions.confirm_import(people["reviewer"], item)
    work()
    actions.discard_import(people["reviewer"], item)
    with pytest.raises(Problem, match="ZS708"):
        actions.confirm_import(people["reviewer"], item)
    assert Import.objects.get().state == ImportState.DISCARDED


@pytest.mark.django_db
def test_an_import_whose_file_is_gone_fails_and_says_so(people, own_home, work):
    received = receive("medins.csv", [MEDINS.encode()])
    item = actions.start_import(people["reviewer"], [received])
    path_of(received.name, received.digest).unlink()
    work()
    item.refresh_from_db()
    assert item.state in (ImportState.FAILED, ImportState.CHECKED)
    assert item.problem or item.check_report["files"][0]["state"] == "refused"
    assert lake.latest(own_home) is None


@pytest.mark.django_db
def test_only_an_importer_of_a_regional_body_imports(people, own_home):
    for login in ("head", "lead", "consortium", "admin", "stranger"):
        with pytest.raises(Problem, match="ZS702"):
            actions.start_import(people[login], [])
    assert Import.objects.count() == 0


@pytest.mark.django_db
def test_an_import_shows_to_its_body_only(people, own_home):
    item = actions.start_import(people["reviewer"], [receive("medins.csv", [MEDINS.encode()])])
    assert queries.one(scope(people["head"]), item.pk) == item
    assert queries.one(scope(people["agency"]), item.pk) is None
    assert queries.one(scope(people["lead"]), item.pk) is None
    assert queries.one(scope(people["whole"]), item.pk) == item
