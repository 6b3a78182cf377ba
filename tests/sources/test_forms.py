"""The same rows in every form that sites send give the same facts."""

import csv
from datetime import datetime

import pytest
import xlsxwriter

from tests.sources.conftest import Site, faults
from tests.sources.samples import SETLINFO, csv_text, headers, line, write_csv

FACTS = "* EXCLUDE (batch, recorded_at, source_row)"
ROWS = [line(i, medins_list_name=f"阿莫西林, {i} 号“胶囊”") for i in range(1, 40)]


@pytest.fixture
def plain(tmp_path_factory):
    site = Site(tmp_path_factory.mktemp("plain"))
    site.load(write_csv(site.inbox, "feedetail", ROWS))
    return site.rows("charge_line", "* EXCLUDE (batch, recorded_at, source_row, person_id)")


FORMS = {
    "utf-8": {"encoding": "utf-8"},
    "utf-8 with BOM": {"encoding": "utf-8-sig"},
    "gb18030": {"encoding": "gb18030"},
    "utf-16": {"encoding": "utf-16"},
    "utf-16 without BOM": {"encoding": "utf-16-le"},
    "Chinese headers": {"language": "zh"},
    "Chinese headers in gb18030": {"language": "zh", "encoding": "gb18030"},
    "CRLF": {"end": "\r\n"},
    "CR": {"end": "\r"},
    "everything quoted": {"quoting": csv.QUOTE_ALL},
    "quoted, CRLF, gb18030": {"quoting": csv.QUOTE_ALL, "end": "\r\n", "encoding": "gb18030"},
    "tabs": {"delimiter": "\t"},
    "semicolons": {"delimiter": ";"},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_facts(site, plain, form):
    report = site.load(write_csv(site.inbox, "feedetail", ROWS, **FORMS[form]))
    assert faults(report) == []
    assert site.rows("charge_line", "* EXCLUDE (batch, recorded_at, source_row, person_id)") == plain


def workbook(path, sheets):
    book = xlsxwriter.Workbook(str(path), {"default_date_format": "yyyy-mm-dd hh:mm:ss"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    book.close()
    return path


def test_a_workbook_gives_the_same_facts(site, plain):
    numbers = {"cnt", "pric", "det_item_fee_sumamt", "inscp_scp_amt"}
    rows = [[float(row[name]) if name in numbers else row[name] for name in headers("feedetail")] for row in ROWS]
    path = workbook(site.inbox / "feedetail.xlsx", {"费用明细": [headers("feedetail", "zh"), *rows]})
    report = site.load(path)
    assert [(one.file, one.encoding, one.state) for one in report.files] == [("feedetail.xlsx", "xlsx", "loaded")]
    assert site.rows("charge_line", "* EXCLUDE (batch, recorded_at, source_row, person_id)") == plain


def test_each_sheet_is_a_file_of_its_own(site):
    sheets = {
        "结算": [headers("setlinfo"), *([row[name] for name in headers("setlinfo")] for row in SETLINFO)],
        "明细": [
            ["费用明细表"],
            [],
            headers("feedetail", "zh"),
            *([row[n] for n in headers("feedetail")] for row in ROWS),
        ],
        "说明": [["本表由系统导出"]],
    }
    report = site.load(workbook(site.inbox / "三月.xlsx", sheets))
    assert [(one.file, one.kind, one.state, one.rows_loaded) for one in report.files] == [
        ("三月.xlsx#结算", "setlinfo", "loaded", 2),
        ("三月.xlsx#明细", "feedetail", "loaded", 39),
        ("三月.xlsx#说明", "", "refused", 0),
    ]
    # title and empty row stand above the header: rows are counted as the sheet shows them
    assert site.rows("charge_line", "min(source_row), 1 AS batch, 1 AS source_row")[0][0] == 4
    again = site.load(site.inbox / "三月.xlsx")
    assert [one.state for one in again.files] == ["unchanged", "unchanged", "refused"]
    assert again.snapshot == report.snapshot


def test_excel_dates_and_long_numbers(site):
    rows = [line(1), line(2), line(3)]
    cells = [[row[name] for name in headers("feedetail")] for row in rows]
    at = headers("feedetail").index("fee_ocur_time")
    # a workbook knows no time zone: local time is meant
    cells[0][at], cells[1][at] = datetime.fromisoformat("2026-03-01T09:15"), datetime.fromisoformat("2026-03-01")
    cells[2][headers("feedetail").index("psn_no")] = 330102196001011234
    report = site.load(workbook(site.inbox / "x.xlsx", {"a": [headers("feedetail"), *cells]}))
    assert faults(report) == [(4, "psn_no", "ZS233")]
    assert site.rows("charge_line", "service_at") == [(1772327700,), (None,)]


def test_rows_are_counted_as_a_spreadsheet_shows_them(site):
    rows = [line(1, medins_list_name="两行\n名称"), line(2), {}, line(3), line(4, cnt="x"), {}, {}]
    report = site.load(write_csv(site.inbox, "feedetail", rows))
    assert site.rows("charge_line", "source_row, item_name") == [
        (2, "两行\n名称"),
        (3, "阿莫西林胶囊"),
        (5, "阿莫西林胶囊"),
    ]
    assert faults(report) == [(6, "cnt", "ZS104")]
    assert {one["code"]: one["count"] for one in report.files[0].notices} == {"ZS240": 3}


def test_empty_lines_count_as_rows_too(site):
    lines = csv_text("feedetail", [line(1), line(2, cnt="x")]).splitlines()
    path = site.inbox / "a.csv"
    path.write_text("\n".join([lines[0], "", lines[1], "", "", lines[2], "", ""]))
    report = site.load(path)
    assert site.rows("charge_line", "source_row") == [(3,)]
    assert faults(report) == [(6, "cnt", "ZS104")]


def test_title_and_totals_are_no_rows(site):
    text = (
        "某县2026年3月费用明细\n"
        + csv_text("feedetail", [line(1), line(2)])
        + "合计,,,,,,,,,,,,,,49.36,\n合计：,49.36\n"
    )
    path = site.inbox / "a.csv"
    path.write_text(text)
    report = site.load(path)
    one = report.files[0]
    assert (one.rows_read, one.rows_loaded, one.rows_rejected) == (2, 2, 0)
    assert {item["code"]: item["count"] for item in one.notices} == {"ZS241": 2, "ZS245": 1}
    assert site.rows("charge_line", "source_row") == [(3,), (4,)]


def test_headers_may_be_padded_and_in_any_order_and_case(site):
    names = [f" {name.upper()}　" for name in headers("feedetail")]
    rows = [[row[name] for name in headers("feedetail")] for row in ROWS]
    path = site.inbox / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([list(reversed([*names, "备注"])), *(["x", *reversed(row)] for row in rows)])
    report = site.load(path)
    assert report.files[0].rows_loaded == 39
    assert {one["code"] for one in report.files[0].notices} == {"ZS244"}


def test_blanks_around_values_go(site):
    report = site.load(
        write_csv(site.inbox, "feedetail", [line(1, feedetl_sn="\tF000001 ", cnt=" 2", mdtrt_id="M1　", pric="12.34 ")])
    )
    assert faults(report) == []
    assert site.one("charge_line", "line_id, encounter_id, quantity_e4") == ("H33010200001-F000001", "M1", 20_000)
