"""Published workbooks: recognised in any order of headings, read row by row, laid over the seed; the rest is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from tests.book.books import BOOK, TODAY, save
from zhunsheng.book import load
from zhunsheng.book.workbooks import Citation, export_workbooks, import_workbooks, plan_import
from zhunsheng.book.workbooks.layouts import read_layouts
from zhunsheng.book.workbooks.sheets import read_sheets

CAPS = ("序号", "项目名称", "限制数量", "数量单位", "项目编码")
CARE = (1, "甲级护理", 2, "日", "001201000990000")
NAMES = ("药品通用名", "药品说明", "限定类型", "限定对象")
CODES = ("药品通用名", "序号", "国标代码", "限定类型")


@pytest.fixture
def site(tmp_path):
    return tmp_path / "site"


@pytest.fixture
def bring(tmp_path, site):
    """Import one workbook, given as rows of its sheets."""

    def go(*sheets, name="第八批-1 caps", **options):
        path = save(tmp_path / f"{name}.xlsx", {f"Sheet{n}": rows for n, rows in enumerate(sheets, 1)})
        return import_workbooks([path], BOOK, site, TODAY, **options)

    return go


def held(site, name, **values):
    """Return the points of a list that hold the values."""
    points = load(BOOK, site).knowledge[name].points
    return [p for p in points if all(p.get(column) == value for column, value in values.items())]


def told(plan):
    return [(one["code"], one["sheet"], one["row"], one["column"]) for one in plan.remarks]


def test_rows_totals_footers_blanks_and_repeated_headers(bring, site):
    plan = bring(
        [
            CAPS,
            (1, "住院诊查费", 1, "日", "001102000050000"),
            (None,) * 5,
            CAPS,
            CARE,
            ("合计", 2, None, None, None),
            ("备注：各省级医保部门可以细化。", None, None, None, None),
        ]
    )
    assert [(s.list, s.rows, s.points) for s in plan.sheets] == [("daily_quantity_caps", 2, 2)]
    assert (plan.remarks, plan.notices) == ([], [])
    assert [p.get("daily_cap") for p in held(site, "daily_quantity_caps", item_code="001201000990000")] == ["2"]
    seed = len(load(BOOK).knowledge["daily_quantity_caps"].points)
    assert len(held(site, "daily_quantity_caps")) == seed + 1  # one of the two was in the seed


def test_another_order_of_headings_spaces_full_width_titles_and_no_optional_column(bring, site):
    plan = bring(
        [
            ("某省转发的知识点明细", None, None, None),
            (" 项目　代码 ", "数量 单位", "限制数量", "项目名称"),
            ("００１２０１０００９９００００ ", " 日", "２", " 甲级护理"),
        ]
    )
    assert plan.remarks == []
    (point,) = held(site, "daily_quantity_caps", item_code="001201000990000")
    assert (point.get("item_name"), point.get("daily_cap"), point.get("cap_unit")) == ("甲级护理", "2", "日")


def test_wrong_rows_are_named_to_the_cell_and_the_right_ones_are_taken(bring, site):
    plan = bring(
        [
            CAPS,
            (1, "甲", "一", "日", "001201000990000"),
            (2, "乙", 1, "次", "001201000980000"),
            (3, "丙", 1, "日", "001201000970000"),
            (4, "丁", 1, "日", 1201000960000),
            (5, "", 1, "日", "001201000950000"),
            (6, "丙", 2, "日", "001201000970000"),
        ]
    )
    assert told(plan) == [
        ("ZS422", "Sheet1", 2, "限制数量"),
        ("ZS421", "Sheet1", 3, "数量单位"),
        ("ZS423", "Sheet1", 5, "项目编码"),
        ("ZS420", "Sheet1", 6, "项目名称"),
        ("ZS426", "Sheet1", 7, "项目编码"),
    ]
    assert plan.sheets[0].points == 1
    assert [one["value"] for one in plan.remarks[:3]] == ["一", "次", "1201000960000"]
    assert "日、天、小时" in plan.remarks[1]["mend"]
    assert held(site, "daily_quantity_caps", item_code="001201000970000")[0].get("daily_cap") == "1"


def test_one_name_has_many_codes(bring, site):
    names = [NAMES, ("甲（片）", "限前列腺癌。", "限定性别对象", "男"), ("乙丸", "", "限定性别对象", "女")]
    codes = [
        CODES,
        ("甲(片)", 1, "XA01", "限定性别对象"),
        ("甲(片)", 2, "XA02", "限定性别对象"),
        ("丙", 1, "XA03", "限定性别对象"),
    ]
    plan = bring(codes, names, name="第一批 drugs")  # the sheets may stand the other way round
    assert told(plan) == [("ZS425", "Sheet1", 4, "药品通用名"), ("ZS424", "Sheet2", 3, "药品通用名")]
    points = held(site, "sex_limited_drugs", item_name="甲（片）")
    assert [(p.get("item_code"), p.get("item_name"), p.note) for p in points] == [
        ("XA01", "甲（片）", "限前列腺癌。"),
        ("XA02", "甲（片）", "限前列腺癌。"),
    ]


def test_codes_may_stand_in_the_sheet_of_names(bring, site):
    rows = [(*NAMES, "药品编码"), ("甲", "", "限定保险类型", "工伤", "XA01")]
    assert bring(rows, name="第三批").remarks == []
    assert held(site, "insurance_limited_drugs", item_code="XA01")[0].get("insurance") == "work_injury"


def test_equal_headings_are_told_apart_without_the_column_of_the_kind(bring):
    codes = [("药品通用名", "国标代码"), ("甲", "XA01")]
    for value, name in (
        ("男", "sex_limited_drugs"),
        ("儿童", "age_limited_drugs"),
        ("生育", "insurance_limited_drugs"),
    ):
        plan = bring([("药品通用名", "限定对象"), ("甲", value)], codes, name=f"第一批 {name}", dry_run=True)
        assert [sheet.list for sheet in plan.sheets] == [name]
    for value, name in (("14天", "course_limited_drugs"), ("住院", "visit_type_limited_drugs")):
        plan = bring([("药品通用名", "限定值域"), ("甲", value)], codes, name="第六批", dry_run=True)
        assert [sheet.list for sheet in plan.sheets] == [name]


def test_what_fits_two_layouts_alike_is_asked_about(bring):
    rows = [("项目名称", "备注", "项目代码"), ("甲", "见通知", "003402000320000")]
    (remark,) = bring(rows, name="第八批").remarks
    assert remark["code"] == "ZS427"
    assert "限年龄段的医疗服务项目" in remark["message"]
    plan = bring(rows, name="第八批", only="course_limited_services")
    assert [(s.list, s.waiting) for s in plan.sheets] == [("course_limited_services", 1)]


def test_names_without_codes_bind_nothing(bring):
    (remark,) = bring([NAMES, ("甲", "", "限定性别对象", "男")], name="第一批").remarks
    assert remark["code"] == "ZS429"
    assert "药品代码" in remark["mend"]


def test_the_same_workbook_twice_changes_nothing(bring, site):
    bring([CAPS, CARE])
    before = load(BOOK, site).digest
    (again,) = bring([CAPS, CARE]).comparisons
    assert (again.count("new"), again.count("changed"), again.same) == (0, 0, 1)
    assert load(BOOK, site).digest == before


def test_the_comparison_before_anything_is_written(bring, site):
    bring([CAPS, CARE, (2, "乙级护理", 1, "日", "001201000980000")])
    plan = bring(
        [CAPS, (1, "甲级护理", 3, "日", "001201000990000"), (2, "丙", 1, "日", "001201000970000")], dry_run=True
    )
    (one,) = plan.comparisons
    found = {point.key[0]: (point.kind, point.fields) for point in one.differences}
    assert found["001201000990000"] == ("changed", {"daily_cap": ("2", "3")})
    assert found["001201000970000"] == ("new", {})
    assert found["001201000980000"] == ("gone", {})
    assert one.same == 0
    assert held(site, "daily_quantity_caps", item_code="001201000990000")[0].get("daily_cap") == "2"
    assert held(site, "daily_quantity_caps", item_code="001201000970000") == []


def test_a_revised_row_takes_the_place_of_the_row_of_the_seed(bring, site):
    seed = load(BOOK).knowledge["daily_quantity_caps"].points[0]
    bring([CAPS, (1, seed.get("item_name"), 9, "日", seed.get("item_code"))])
    (point,) = held(site, "daily_quantity_caps", item_code=seed.get("item_code"))
    assert point.get("daily_cap") == "9"


def test_points_that_are_gone_stay_until_their_removal_is_asked_for(bring, site):
    bring([CAPS, CARE, (2, "乙级护理", 1, "日", "001201000980000")])
    bring([CAPS, CARE])
    assert held(site, "daily_quantity_caps", item_code="001201000980000")
    bring([CAPS, CARE], remove=True)
    assert not held(site, "daily_quantity_caps", item_code="001201000980000")


def test_a_dry_run_writes_nothing(bring, site):
    assert bring([CAPS, CARE], dry_run=True).sheets[0].points == 1
    assert not site.exists()


def test_an_unknown_layout_says_what_was_found_and_what_comes_nearest(bring):
    (remark,) = bring([("项目名称", "限制数量", "甲"), ("x", 1, 2)]).remarks
    assert remark["code"] == "ZS409"
    assert "项目名称、限制数量、甲" in remark["message"]
    assert "daily_quantity_caps" in remark["mend"]
    assert "所缺或不符：数量单位、项目编码" in remark["mend"]


def test_an_unknown_kind_under_known_headings_is_said(bring):
    names = [NAMES, ("甲", "", "限适应症", "肝硬化")]
    (remark,) = bring(names, [CODES, ("甲", 1, "XA01", "限适应症")], name="第九批").remarks
    assert remark["code"] == "ZS409"
    assert "限定类型=" in remark["mend"]


@pytest.mark.parametrize("content", [b"PK\x03\x04 not a zip", b"", b"a,b\n1,2\n"])
def test_a_file_that_is_no_workbook_is_named(tmp_path, site, content):
    path = tmp_path / "broken.xlsx"
    path.write_bytes(content)
    (remark,) = import_workbooks([path], BOOK, site, TODAY).remarks
    assert (remark["code"], remark["file"]) == ("ZS408", "broken.xlsx")


def test_an_empty_workbook_is_an_unknown_layout(bring):
    assert [one["code"] for one in bring([]).remarks] == ["ZS409"]


@pytest.mark.parametrize(
    ("name", "batch", "notices"),
    [
        ("【第八批-1】项目规则库", "nhsa-8-1", []),
        ("第八批 之 1", "nhsa-8-1", []),
        ("第 7 批", "nhsa-7", []),
        ("限定频次", "nhsa-8-1", ["ZS430"]),
        ("第十二批", "nhsa-12", ["ZS431"]),
    ],
)
def test_the_batch_is_that_of_the_file_name_else_that_of_the_layout(bring, site, name, batch, notices):
    plan = bring([CAPS, CARE], name=name)
    assert ([s.batch for s in plan.sheets], [n["code"] for n in plan.notices]) == ([batch], notices)
    (point,) = held(site, "daily_quantity_caps", item_code="001201000990000")
    entry = load(BOOK, site).batches[point.batch]
    assert entry.date_to_confirm
    assert (entry.valid_from == TODAY) is (batch == "nhsa-12")  # a day that nobody has seen reaches no further back


def test_a_person_states_the_batch(bring, site):
    stated = Citation("county-1", "某县医保局〔2026〕3号", date(2026, 3, 1))
    assert bring([CAPS, CARE], stated=stated).notices == []
    (point,) = held(site, "daily_quantity_caps", item_code="001201000990000")
    book = load(BOOK, site)
    assert point.valid_from == date(2026, 3, 1)
    assert (book.batches["county-1"].citation, book.batches["county-1"].date_to_confirm) == (
        "某县医保局〔2026〕3号",
        False,
    )
    again = bring([CAPS, CARE], stated=Citation("county-1"))
    assert again.sheets[0].citation == "某县医保局〔2026〕3号"


@pytest.mark.parametrize("stated", [Citation("county-1"), Citation("../x", "c", TODAY), Citation("x", "c")])
def test_a_new_batch_needs_citation_and_first_day(bring, site, stated):
    assert [one["code"] for one in bring([CAPS, CARE], stated=stated).remarks] == ["ZS428"]
    assert not (site / "knowledge" / "daily_quantity_caps.csv").exists()


def test_an_export_follows_the_book(bring, site, tmp_path):
    other = (2, "乙级护理", 1, "日", "001201000980000")
    bring([CAPS, CARE, other], name="第八批-1 a")
    bring([CAPS, (1, "甲级护理", 3, "日", "001201000990000")], name="第八批-1 b")
    found = export_workbooks(BOOK, site, name="daily_quantity_caps")
    rows = {name: _rows(data, tmp_path) for name, data in found.items()}
    assert rows["第八批-1 a.xlsx"] == [CAPS, tuple(map(_cell, other))]  # the first row is no longer what holds
    assert rows["第八批-1 b.xlsx"][1][2] == 3
    seed = {point.get("item_code") for point in load(BOOK).knowledge["daily_quantity_caps"].points}
    assert {row[4] for row in rows["nhsa-8-1.daily_quantity_caps.xlsx"][1:]} == seed


def test_what_was_never_a_workbook_comes_in_the_published_layout_and_reads_back(tmp_path, site):
    found = export_workbooks(BOOK, site)
    laid = {layout.list for layout in read_layouts(BOOK).layouts}
    assert {name.split(".")[1] for name in found} == {one for one in laid if load(BOOK).knowledge[one].points}
    for name, data in found.items():
        (tmp_path / name).write_bytes(data)
    plan = plan_import([tmp_path / name for name in found], BOOK, site, TODAY)
    assert plan.remarks == []
    # the notice prints a narrower word in the column than in the sentence; an export prints the wider one in both
    differing = {one.key: one.fields for found in plan.comparisons for one in found.differences}
    assert differing == {("ZA07AAA0061010100166",): {"reading": ("confirm", "")}}


def _rows(data: bytes, folder: Path):
    path = folder / "exported.xlsx"
    path.write_bytes(data)
    return list(read_sheets(path)[0].rows)


def _cell(value):
    return float(value) if isinstance(value, int) else value
