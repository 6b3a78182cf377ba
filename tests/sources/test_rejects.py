"""Every faulty row comes back with file, row, column, value, code; the rows beside it load."""

import json

import openpyxl
import pytest

from tests.sources.conftest import AT, faults
from tests.sources.samples import DISEINFO, MEDINS, SETLINFO, csv_text, headers, line, write_csv
from zhunsheng.kernel.errors import catalogue

VALUES = [
    ("feedetl_sn", "", "ZS220"),
    ("psn_no", "  ", "ZS220"),
    ("feedetl_sn", "1.23457E+17", "ZS233"),
    ("med_list_codg", "X" * 65, "ZS231"),
    ("fee_ocur_time", "昨天", "ZS105"),
    ("fee_ocur_time", "2026-02-30", "ZS105"),
    ("fee_ocur_time", "epoch", "ZS105"),
    ("fee_ocur_time", "infinity", "ZS105"),
    ("fee_ocur_time", "20226-03-01", "ZS222"),
    ("fee_ocur_time", "1926-03-01", "ZS222"),
    ("cnt", "0", "ZS224"),
    ("cnt", "两盒", "ZS104"),
    ("cnt", "1.00001", "ZS104"),
    ("cnt", "100000", "ZS234"),
    ("pric", "-1", "ZS235"),
    ("pric", "1.2345678", "ZS104"),
    ("det_item_fee_sumamt", "24.685", "ZS102"),
    ("det_item_fee_sumamt", "-24.68", "ZS225"),
    ("det_item_fee_sumamt", "1,024.68", "ZS101"),
    ("det_item_fee_sumamt", "NaN", "ZS101"),
    ("det_item_fee_sumamt", "1e2", "ZS101"),
    ("det_item_fee_sumamt", "1_0", "ZS101"),
    ("det_item_fee_sumamt", "￥24.68", "ZS101"),
    ("det_item_fee_sumamt", "10000000.00", "ZS234"),
    ("det_item_fee_sumamt", "99999999999999999999", "ZS234"),
    ("inscp_scp_amt", "x", "ZS101"),
    ("inscp_scp_amt", "0.0000001", "ZS102"),
]


@pytest.mark.parametrize(("column", "value", "code"), VALUES)
def test_a_bad_value_is_told_and_the_next_row_loads(site, column, value, code):
    report = site.load(write_csv(site.inbox, "feedetail", [line(1), line(2, **{column: value}), line(3)]))
    assert faults(report) == [(3, column, code)]
    assert [row[0] for row in site.rows("charge_line", "source_row")] == [2, 4]


GOOD = [
    ("det_item_fee_sumamt", "24.68000"),
    ("det_item_fee_sumamt", "+24.68"),
    ("cnt", "2.0000"),
    ("cnt", "2."),
    ("pric", "12.340000"),
    ("fee_ocur_time", "2026-03-01T09:15:00"),
    ("fee_ocur_time", "2026/3/1 9:15"),
    ("fee_ocur_time", "20260301091500"),
    ("fee_ocur_time", "2026-03-01T01:15:00Z"),
    ("fee_ocur_time", "2026-03-01 09:15:00+08:00"),
]


@pytest.mark.parametrize(("column", "value"), GOOD)
def test_other_spellings_of_the_same_value_load(site, column, value):
    report = site.load(write_csv(site.inbox, "feedetail", [line(1, **{column: value})]))
    assert faults(report) == []
    assert site.one("charge_line", "service_at, quantity_e4, unit_price_e6, amount_fen") == (
        1772327700, 20_000, 12_340_000, 2468,
    )  # fmt: skip


def test_all_faults_of_a_row_are_told(site):
    bad = line(2, cnt="x", pric="-1", det_item_fee_sumamt="", fee_ocur_time="?", med_list_codg="")
    report = site.load(write_csv(site.inbox, "feedetail", [line(1), bad]))
    assert faults(report) == [
        (3, "cnt", "ZS104"),
        (3, "det_item_fee_sumamt", "ZS220"),
        (3, "fee_ocur_time", "ZS105"),
        (3, "med_list_codg", "ZS220"),
        (3, "pric", "ZS235"),
    ]
    assert (report.rows_read, report.rows_loaded, report.rows_rejected) == (2, 1, 1)


def test_codes_and_dates_of_other_kinds(site):
    settled = [
        {**SETLINFO[0], "gend": "7"},
        {**SETLINFO[0], "setl_id": "S3", "med_type": "99"},
        {**SETLINFO[0], "setl_id": "S4", "endtime": "2026-02-28"},
        {**SETLINFO[0], "setl_id": "S5", "medfee_sumamt": "-1"},
        SETLINFO[1],
    ]
    report = site.load(
        write_csv(site.inbox, "setlinfo", settled),
        write_csv(
            site.inbox,
            "medins",
            [{**MEDINS[0], "fixmedins_type": "当铺"}, {**MEDINS[1], "enddate": "2019-12-31"}, MEDINS[1]],
        ),
        write_csv(
            site.inbox,
            "diseinfo",
            [{**DISEINFO[0], "diag_srt_no": "0"}, {**DISEINFO[0], "maindiag_flag": ""}, DISEINFO[0]],
        ),
    )
    assert faults(report) == [
        (2, "gend", "ZS221"), (3, "med_type", "ZS221"), (4, "endtime", "ZS223"), (5, "medfee_sumamt", "ZS235"),
        (2, "fixmedins_type", "ZS221"), (3, "enddate", "ZS223"),
        (2, "diag_srt_no", "ZS104"), (3, "maindiag_flag", "ZS220"),
    ]  # fmt: skip


def test_an_encounter_belongs_to_one_person(site):
    rows = [SETLINFO[0], {**SETLINFO[0], "setl_id": "S3", "psn_no": "330000000009"}, {**SETLINFO[0], "setl_id": "S4"}]
    report = site.load(write_csv(site.inbox, "setlinfo", rows))
    assert faults(report) == [(3, "mdtrt_id", "ZS236")]
    assert len(site.rows("encounter")) == 1 and len(site.rows("person")) == 1


def test_a_repeated_key_names_the_first_row(site):
    report = site.load(write_csv(site.inbox, "feedetail", [line(1), line(2), line(1), line(2, cnt="x"), line(2)]))
    assert faults(report) == [(4, "feedetl_sn", "ZS226"), (5, "cnt", "ZS104"), (6, "feedetl_sn", "ZS226")]
    assert [one.values for one in report.store.rows() if one.code == "ZS226"] == [
        {"first": "2", "batch": "feedetail.csv"},
        {"first": "3", "batch": "feedetail.csv"},
    ]


def test_a_key_of_another_file_or_batch_names_it(site):
    site.load(write_csv(site.inbox, "feedetail", [line(1)], name="march"))
    first = write_csv(site.inbox, "feedetail", [line(1), line(2)], name="a")
    second = write_csv(site.inbox, "feedetail", [line(2), line(3)], name="b")
    report = site.load(first, second)
    assert [(one.file, one.row, one.code, one.values["batch"]) for one in report.store.rows()] == [
        ("a.csv", 2, "ZS227", "march"),
        ("b.csv", 2, "ZS227", "a.csv"),
    ]
    assert sorted(site.rows("charge_line", "line_id")) == [(f"H33010200001-F00000{i}",) for i in (1, 2, 3)]


def test_what_cannot_be_a_row_is_told_by_its_row(site):
    lines = csv_text("feedetail", [line(i) for i in range(1, 9)]).splitlines()
    lines[2] += ",more,and more"
    lines[3] = "F9,just,four,fields"
    lines[4] = lines[4].replace("阿莫西林胶囊", '"阿莫西林')
    lines[5] = lines[5].replace("阿莫", "阿\x00莫")
    raw = "\n".join(lines).encode()
    raw = raw.replace(b"F000007", b"F\xff\xfe0007")
    path = site.inbox / "a.csv"
    path.write_bytes(raw)
    report = site.load(path)
    assert faults(report) == [
        (3, "", "ZS228"), (4, "", "ZS228"), (5, "", "ZS230"),
        (6, "medins_list_name", "ZS232"), (8, "feedetl_sn", "ZS229"),
    ]  # fmt: skip
    assert [row[0] for row in site.rows("charge_line", "source_row")] == [2, 7, 9]


def test_a_bad_byte_in_gb18030_costs_one_row(site):
    raw = csv_text("feedetail", [line(i) for i in range(1, 50)], language="zh").encode("gb18030")
    place = raw.index(b"F000030") + 3
    path = site.inbox / "a.csv"
    path.write_bytes(raw[:place] + b"\xff" + raw[place + 1 :])
    report = site.load(path)
    assert report.files[0].encoding == "gb18030"
    assert faults(report) == [(31, "feedetl_sn", "ZS229")]
    assert report.rows_loaded == 48


def test_refunds(site):
    rows = [
        line(1),
        line(2, cnt="-1", det_item_fee_sumamt="-12.34"),
        line(3, init_feedetl_sn="F000001"),
        line(4, cnt="-1", det_item_fee_sumamt="12.34"),
    ]
    report = site.load(write_csv(site.inbox, "feedetail", rows))
    assert site.rows("charge_line", "source_row, refund_of") == [(2, None), (3, None), (4, None)]
    assert {one["code"]: one["count"] for one in report.files[0].notices} == {"ZS242": 1, "ZS243": 1}
    assert faults(report) == [(5, "det_item_fee_sumamt", "ZS225")]


def test_the_report_says_it_all_in_both_languages(site, tmp_path):
    rows = [line(i, cnt="x" if i % 2 else "2", medins_list_name="=1+1") for i in range(1, 2401)]
    report = site.load(write_csv(site.inbox, "feedetail", [*rows, line(1, cnt="@SUM(1)")]))
    assert (len(report.rejects), report.store.count) == (1000, 1201)
    book, data = report.write(tmp_path / "reports", "march")
    whole = json.loads(data.read_text("utf-8"))
    assert len(whole["rejects"]) == 1201
    first = whole["rejects"][0]
    assert (first["file"], first["row"], first["column"], first["column_zh"], first["value"], first["code"]) == (
        "feedetail.csv", 2, "cnt", "数量", "x", "ZS104",
    )  # fmt: skip
    assert (
        "“x”" in first["reason"]["zh"]
        and "'x'" in first["reason"]["en"]
        and first["mend"]["zh"]
        and first["mend"]["en"]
    )
    opened = openpyxl.load_workbook(book)
    summary, detail = opened.worksheets
    cells = [[cell.value for cell in row] for row in summary.iter_rows()]
    assert cells[1][1] == "2026-09-21 22:13:20 +08:00" and AT == 1_790_000_000
    assert ["feedetail.csv", "feedetail", "utf-8", "loaded", 2401, 1200, 1201] in [row[:7] for row in cells]
    assert ["合计 Total", None, None, None, 2401, 1200, 1201] in [row[:7] for row in cells]
    assert ["feedetail.csv", "ZS104", "cnt", "数量", 1201] in [row[:5] for row in cells]
    assert detail.max_row == 1202
    assert detail.cell(1202, 5).value == "@SUM(1)" and detail.cell(1202, 5).data_type == "s"


def test_texts_of_all_row_errors_fill_in(site):
    report = site.load(
        write_csv(site.inbox, "feedetail", [line(1, **{c: v}) for c, v, _ in VALUES] + [line(1), line(1)])
    )
    for one in report.rejects:
        told = one.as_dict()
        assert "{" not in told["reason"]["zh"] + told["reason"]["en"] + told["mend"]["zh"] + told["mend"]["en"]
    assert {one.code for one in report.rejects} <= set(catalogue())


REFUSED = [
    (b"", "ZS201"),
    (b"\xef\xbb\xbf\r\n\r\n", "ZS201"),
    (bytes(range(256)) * 40, "ZS202"),
    (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "ZS203"),
    (b"PK\x03\x04 not a workbook", "ZS205"),
    ("姓名,电话,住址\n张三,1,2\n".encode(), "ZS203"),
    (b"feedetl_sn,mdtrt_id,psn_no\n1,2,3\n", "ZS204"),
    (",".join([*headers("feedetail"), "数量"]).encode() + b"\n1\n", "ZS206"),
    (csv_text("feedetail", [line(1, cnt="x")]).encode(), "ZS207"),
]


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_a_file_that_cannot_be_used_is_refused_and_the_others_load(site, content, code):
    (site.inbox / "bad.csv").write_bytes(content)
    write_csv(site.inbox, "feedetail", [line(1)], name="good")
    report = site.load()
    bad, good = report.files
    assert (bad.state, bad.problem["code"], good.state) == ("refused", code, "loaded")
    assert bad.rows_loaded == 0
    assert not any("{" in text for text in bad.problem.values())
    assert len(site.rows("charge_line")) == 1


def test_a_refused_header_says_what_was_found_and_what_was_missing(site):
    (site.inbox / "bad.csv").write_text("费用明细流水号,就诊ID,人员编号,数量,单价\n1,2,3,4,5\n")
    message = site.load().files[0].problem["message"]
    assert "费用明细 feedetail" in message and "医疗目录编码 med_list_codg" in message and "就诊ID" in message


def test_a_missing_file_is_refused(site):
    report = site.load(site.inbox / "absent.csv")
    assert (report.files[0].state, report.files[0].problem["code"]) == ("refused", "ZS209")
    assert report.snapshot is None
