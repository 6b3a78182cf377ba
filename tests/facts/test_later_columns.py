"""Columns that a table got after a site stored it: old files read as empty there, new ones hold them, as one table."""

from dataclasses import replace
from datetime import date

import duckdb
import pyarrow as pa

from zhunsheng import sources
from zhunsheng.facts import lake
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.home import Home

CODE, DAY = "91990124MA7QH0004F", date(2026, 10, 3)
OLD = "第三方服务机构代码,运输单号,收货机构编码,启运日期,判定时间,有超限\n"
NEW = OLD.replace("\n", ",首次超限时间,已启动应急预案,预案启动时间\n")
ROW = f"{CODE},{{}},H33078100001,2026-10-03,2026-10-04 08:00:00,{{}}\n"


def load(home, name, text, at):
    path = home.root / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return sources.load(home, [path], recorded_at=at)


def rows(home, columns):
    with duckdb.connect() as con:
        sql = lake.select("trip", lake.files(home, lake.latest(home), "trip"))
        return con.execute(f"SELECT {columns} FROM ({sql}) ORDER BY trip_id").fetchall()


def test_rows_of_before_and_after_are_one_table(tmp_path, monkeypatch):
    home = Home(tmp_path)
    known = TABLES["trip"]
    monkeypatch.setitem(TABLES, "trip", replace(known, columns=tuple(one for one in known.columns if not one.later)))
    store_one(home)
    monkeypatch.setitem(TABLES, "trip", known)
    assert rows(home, "trip_id, excursion, plan_started, plan_at") == [("T-1", True, None, None)]  # none has them yet
    text = NEW + ROW.format("T-2", "是,2026-10-03 10:00:00,是,2026-10-03 10:04:59")
    assert load(home, "new", text, 1_790_000_001).files[0].rows_loaded == 1
    assert rows(home, "trip_id, excursion_at IS NULL, plan_started, plan_at - excursion_at") == [
        ("T-1", True, None, None), ("T-2", False, True, 299),
    ]  # fmt: skip
    with lake.commit(home, "take out", 1_790_000_002) as change:  # the old rows are written anew without the batch
        change.remove_batch(next(one.id for one in change.batches.values() if one.file_name == "new.csv"))
    assert rows(home, "trip_id, plan_started") == [("T-1", None)]


def store_one(home):
    """Store a row as the program did that did not know the columns."""
    told = dict.fromkeys(TABLES["trip"].names) | {
        "vendor_id": CODE, "trip_id": "T-1", "institution_id": "H1", "started_on": DAY, "judged_on": DAY,
        "excursion": True, "batch": "b", "source_row": 2, "recorded_at": 1,
    }  # fmt: skip
    with lake.commit(home, "old", 1_790_000_000) as change:
        change.append("trip", pa.Table.from_pylist([told], TABLES["trip"].arrow))
        change.register(lake.Batch("b", "old", "vendor_service", "trip", "old.csv", "0", {"trip": 1}, 0, 1))


def test_a_row_that_denies_what_it_states_a_moment_of_is_sent_back(tmp_path):
    home = Home(tmp_path)
    text = NEW + "".join(
        ROW.format(f"T-{number}", said)
        for number, said in enumerate((
            "否,2026-10-03 10:00:00,,", "是,2026-10-03 10:00:00,否,2026-10-03 10:04:00", "是,,否,", "否,,,", ",,,",
            "是,2026-10-03 10:00:00,,2026-10-03 10:04:00", "是,soon,是,",
        ))
    )  # fmt: skip
    told = load(home, "odd", text, 1_790_000_000)
    assert [(one.rows_loaded, one.rows_rejected) for one in told.files] == [(4, 3)]
    assert rows(home, "trip_id") == [("T-2",), ("T-3",), ("T-4",), ("T-5",)]
    assert [one.code for one in told.rejects].count("ZS899") == 2
