"""The lake: everything of one commit becomes visible at once, old snapshots stay, leftovers go."""

from __future__ import annotations

import multiprocessing
import time

import duckdb
import pytest
from deltalake import DeltaTable

from tests.facts.rows import add, batch, held, parquet_files, table
from zhunsheng.facts import lake
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import Home


@pytest.fixture
def home(tmp_path):
    return Home(tmp_path)


def test_an_empty_lake_has_no_snapshot(home):
    assert lake.latest(home) is None
    assert lake.snapshots(home) == []
    assert not home.lake.exists()


def test_a_commit_over_several_tables_is_one_snapshot(home):
    add(home, "first", at=7, charge_line=10, person=3)
    snapshot = lake.latest(home)
    assert (snapshot.id, snapshot.parent, snapshot.created_at, snapshot.note) == ("s000001", None, 7, "add first")
    assert snapshot.batches["id-first"].rows == {"charge_line": 10, "person": 3}
    assert held(home) == {"id-first": 10}
    assert held(home, "person") == {"id-first": 3}


def test_nothing_is_visible_before_the_end(home):
    add(home, "first", charge_line=4)
    with lake.commit(home, "second", 2) as change:
        change.append("charge_line", table("charge_line", "id-second", 5))
        change.register(batch("second", charge_line=5))
        assert held(home) == {"id-first": 4}
        assert len(change.files("charge_line")) == 4
    assert held(home) == {"id-first": 4, "id-second": 5}


def test_a_commit_that_changes_nothing_leaves_no_snapshot(home):
    add(home, "first", person=1)
    with lake.commit(home, "nothing", 2):
        pass
    assert lake.latest(home).id == "s000001"


def test_an_exception_takes_everything_back(home):
    add(home, "first", charge_line=4)
    before = parquet_files(home.lake)
    with pytest.raises(ZeroDivisionError), lake.commit(home, "fails", 2) as change:
        change.append("charge_line", table("charge_line", "id-second", 5))
        change.append("person", table("person", "id-second", 5))
        change.remove_batch("id-first")
        raise ZeroDivisionError
    assert held(home) == {"id-first": 4}
    assert parquet_files(home.lake) == before
    assert not lake.table_path(home, "person").exists()
    add(home, "third", charge_line=2, person=2)
    assert held(home) == {"id-first": 4, "id-third": 2}
    assert held(home, "person") == {"id-third": 2}


def test_a_removed_batch_is_gone_and_stays_in_older_snapshots(home):
    add(home, "first", charge_line=4)
    add(home, "second", charge_line=6)
    with lake.commit(home, "correct", 3) as change:
        change.remove_batch("id-first")
    assert held(home) == {"id-second": 6}
    assert "id-first" not in lake.latest(home).batches
    assert held(home, snapshot="s000002") == {"id-first": 4, "id-second": 6}
    assert held(home, snapshot="s000001") == {"id-first": 4}
    assert lake.files(home, lake.get(home, "s000001"), "person") == []


def test_recovery_keeps_what_older_snapshots_name(home):
    add(home, "first", charge_line=4)
    with lake.commit(home, "remove", 2) as change:
        change.remove_batch("id-first")
    with pytest.raises(RuntimeError), lake.commit(home, "fails", 3) as change:
        change.append("charge_line", table("charge_line", "id-x", 9))
        raise RuntimeError
    assert held(home) == {}
    assert held(home, snapshot="s000001") == {"id-first": 4}


def test_leftovers_of_a_dead_writer_are_swept(home):
    add(home, "first", charge_line=4)
    path = lake.table_path(home, "charge_line")
    (home.lake / "writing").touch()
    stray = path / "month=2026-01" / "part-dead.parquet"
    stray.write_bytes(b"PAR1 half a file")
    DeltaTable(path).delete("batch = 'id-first'")
    (home.lake / "snapshots" / ".s000002.json.99.part").write_bytes(b"{")
    assert held(home) == {"id-first": 4}
    add(home, "second", charge_line=1)
    assert held(home) == {"id-first": 4, "id-second": 1}
    assert not stray.exists()
    assert not list((home.lake / "snapshots").glob(".*"))


def test_tags_name_a_snapshot_and_never_move(home):
    add(home, "first", person=1)
    add(home, "second", person=1)
    lake.tag(home, "2026-q1", "s000001")
    lake.tag(home, "2026-q1", "s000001")
    assert lake.get(home, "2026-q1").id == "s000001"
    with pytest.raises(Problem, match="ZS302"):
        lake.tag(home, "2026-q1", "s000002")
    with pytest.raises(Problem, match="ZS301"):
        lake.tag(home, "other", "s000009")
    for name in ("../x", "", "s000002"):
        with pytest.raises(Problem, match="ZS303"):
            lake.tag(home, name, "s000001")
    assert [one.id for one in lake.snapshots(home)] == ["s000001", "s000002"]


def test_the_protocol_stays_readable_for_everyone(home):
    add(home, "first", charge_line=4, settlement=2)
    for name in ("charge_line", "settlement"):
        delta = DeltaTable(lake.table_path(home, name))
        protocol = delta.protocol()
        assert (protocol.min_reader_version, protocol.min_writer_version) == (1, 2)
        assert not protocol.reader_features
        assert delta.metadata().configuration["delta.enableDeletionVectors"] == "false"


def test_a_query_gives_the_promised_columns_with_or_without_files(home):
    add(home, "first", charge_line=2)
    promised = list(TABLES["charge_line"].names)
    with duckdb.connect() as connection:
        for paths in (lake.files(home, lake.latest(home), "charge_line"), []):
            found = connection.execute(lake.select("charge_line", paths))
            assert [column[0] for column in found.description] == promised
            kinds = dict(zip(promised, [str(column[1]) for column in found.description], strict=True))
            assert (kinds["month"], kinds["amount_fen"], kinds["service_date"]) == ("VARCHAR", "BIGINT", "DATE")


def test_files_written_by_another_engine_join_the_table(home):
    add(home, "first", charge_line=2)
    with lake.commit(home, "files", 2) as change:
        folder = change.folder("person")
        rows = table("person", "id-second", 3)
        with duckdb.connect() as connection:
            connection.register("rows", rows)
            connection.execute(f"COPY rows TO '{folder / 'part-1.parquet'}' (FORMAT parquet)")
        path = folder / "part-1.parquet"
        change.append_files("person", [lake.NewFile(path, 3, path.stat().st_size, None, "id-second", "id-second")])
        change.register(batch("second", person=3))
    assert held(home, "person") == {"id-second": 3}
    assert DeltaTable(lake.table_path(home, "person")).to_pyarrow_table().num_rows == 3
    with lake.commit(home, "correct", 3) as change:
        change.remove_batch("id-second")
    assert held(home, "person") == {}


def _slow(root, started, order):
    with lake.commit(Home(root), "slow", 1) as change:
        started.set()
        change.append("person", table("person", "id-slow", 1))
        time.sleep(0.4)
        change.register(batch("slow", person=1))
        order.put("slow")


def test_writers_wait_for_each_other(home):
    context = multiprocessing.get_context("spawn")
    started, order = context.Event(), context.Queue()
    other = context.Process(target=_slow, args=(home.root, started, order))
    other.start()
    assert started.wait(90)
    add(home, "second", person=1)
    order.put("second")
    other.join(90)
    assert [order.get(timeout=60), order.get(timeout=60)] == ["slow", "second"]
    assert held(home, "person") == {"id-slow": 1, "id-second": 1}
