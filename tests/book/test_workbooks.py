"""Published workbooks: recognised by header, read row by row, laid over the seed; the rest is named."""

from __future__ import annotations

import os
from pathlib import Path

import openpyxl
import pytest

from zhunsheng.book import load
from zhunsheng.book.workbooks import import_workbooks
from zhunsheng.kernel.home import ROOT

BOOK = ROOT / "rulebook"
PUBLISHED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", ROOT.parent / "shared" / "data")) / "two_libraries"
CAPS = ["序号", "项目名称", "限制数量", "数量单位", "项目编码"]


@pytest.fixture
def workbook(tmp_path):
    def make(name, *rows):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        path = tmp_path / f"{name}.xlsx"
        book.save(path)
        return path

    return make


def test_rows_totals_footers_and_blanks(workbook, tmp_path):
    path = workbook(
        "caps",
        CAPS,
        [1, "住院诊查费", 1, "日", "001102000050000"],
        [None] * 5,
        [2, "甲级护理", 2, "日", "001201000990000"],
        ["合计", None, None, None, None],
        ["备注：各省级医保部门可以细化。", None, None, None, None],
    )
    result = import_workbooks([path], BOOK, tmp_path / "site")
    assert [(s.list, s.rows, s.new) for s in result.sheets] == [("daily_quantity_caps", 2, 2)]
    assert result.remarks == []
    points = {
        p.get("item_code"): p.get("daily_cap")
        for p in load(BOOK, tmp_path / "site").knowledge["daily_quantity_caps"].points
    }
    assert points["001201000990000"] == "2"
    assert len(points) == len(load(BOOK).knowledge["daily_quantity_caps"].points) + 1  # one was in the seed


def test_a_wrong_row_is_named_and_the_right_ones_are_taken(workbook, tmp_path):
    path = workbook(
        "caps",
        CAPS,
        [1, "甲", "一", "日", "001201000990000"],
        [2, "乙", 1, "次", "001201000980000"],
        [3, "丙", 1, "日", "001201000970000"],
    )
    result = import_workbooks([path], BOOK, tmp_path / "site")
    assert [(r["code"], r["place"]) for r in result.remarks] == [("ZS405", "Sheet!2"), ("ZS405", "Sheet!3")]
    assert result.sheets[0].rows == 1


def test_the_same_workbook_twice_adds_nothing(workbook, tmp_path):
    path = workbook("caps", CAPS, [1, "甲", 1, "日", "001201000990000"])
    import_workbooks([path], BOOK, tmp_path / "site")
    before = load(BOOK, tmp_path / "site").digest
    again = import_workbooks([path], BOOK, tmp_path / "site")
    assert (again.sheets[0].new, again.sheets[0].known) == (0, 1)
    assert load(BOOK, tmp_path / "site").digest == before


def test_a_dry_run_writes_nothing(workbook, tmp_path):
    path = workbook("caps", CAPS, [1, "甲", 1, "日", "001201000990000"])
    assert import_workbooks([path], BOOK, tmp_path / "site", dry_run=True).sheets[0].new == 1
    assert not (tmp_path / "site").exists()


def test_an_unknown_layout_says_what_it_found_and_what_it_expected(workbook, tmp_path):
    (remark,) = import_workbooks([workbook("odd", ["甲", "乙"], [1, 2])], BOOK, tmp_path / "site").remarks
    assert remark["code"] == "ZS409"
    assert "甲、乙" in remark["message"]
    assert "项目编码" in remark["mend"]


def test_a_file_that_is_no_workbook_is_named(tmp_path):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(b"PK\x03\x04 not a zip")
    (remark,) = import_workbooks([path], BOOK, tmp_path / "site").remarks
    assert remark["code"] == "ZS408"


@pytest.mark.skipif(not PUBLISHED.is_dir(), reason="the published workbooks are not beside the working copy")
def test_the_published_workbooks_of_the_live_lists(tmp_path):
    result = import_workbooks([PUBLISHED], BOOK, tmp_path / "site")
    assert {s.list: s.rows for s in result.sheets} == {
        "sex_limited_services": 390,
        "age_limited_services": 30,
        "exclusive_services": 900,
        "daily_quantity_caps": 67,
    }
    assert {r["code"] for r in result.remarks} == {"ZS409"}  # the layouts of other lists
    book = load(BOOK, tmp_path / "site")
    # every seed point is one of the published points: transcribed, not invented
    assert {s.list: len(book.knowledge[s.list].points) for s in result.sheets} == {
        s.list: s.rows for s in result.sheets
    }
