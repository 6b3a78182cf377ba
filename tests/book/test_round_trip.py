"""Import then export gives the same sheets, cell by cell: every published workbook, and generated ones."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from tests.book.books import BOOK, PUBLISHED, TODAY
from tests.effort import times
from zhunsheng.book import load
from zhunsheng.book.workbooks import export_workbooks, import_workbooks
from zhunsheng.book.workbooks.layouts import read_layouts
from zhunsheng.book.workbooks.sheets import Sheet, read_sheets, workbook_bytes
from zhunsheng.patterns.bind import bind

POINTS = {
    "age_limited_drugs": 4398,
    "age_limited_services": 30,
    "age_banded_services": 1,
    "course_limited_drugs": 1147,
    "course_limited_services": 11,
    "daily_quantity_caps": 67,
    "exclusive_services": 900,
    "insurance_limited_drugs": 112,
    "main_sub_operations": 378,
    "period_limited_services": 14,
    "sex_limited_drugs": 6472,
    "sex_limited_services": 390,
    "visit_type_limited_drugs": 736,
}


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Import all published workbooks; return the plan, the site and the exported files."""
    if not PUBLISHED.is_dir():
        pytest.skip("the published workbooks are not beside the working copy")
    folder = tmp_path_factory.mktemp("published")
    plan = import_workbooks([PUBLISHED], BOOK, folder / "site", TODAY)
    out = folder / "out"
    out.mkdir()
    for name, data in export_workbooks(BOOK, folder / "site").items():
        (out / name).write_bytes(data)
    return plan, folder / "site", out


def test_every_published_workbook_loads_whole(published):
    plan, site, _ = published
    assert (plan.remarks, plan.notices) == ([], [])
    assert {sheet.list: sheet.points for sheet in plan.sheets} == POINTS
    book = load(BOOK, site)
    # every seed point is one of the published points, word for word: transcribed, not invented
    assert [found for one in plan.comparisons for found in one.differences if found.kind != "new"] == []
    assert {name: len(known.points) for name, known in book.knowledge.items() if name in POINTS} == POINTS
    assert bind(book)  # every rule finds the values it needs, or the point waits
    assert all(book.batches[sheet.batch].citation == sheet.citation for sheet in plan.sheets)


def test_every_published_workbook_comes_back_cell_by_cell(published):
    _, _, out = published
    names = sorted(path.name for path in PUBLISHED.glob("*.xlsx"))
    assert sorted(path.name for path in out.iterdir()) == names  # no point stands outside them
    for name in names:
        assert cells(out / name) == cells(PUBLISHED / name), name


def test_a_second_import_finds_all_the_same(published):
    _, site, out = published
    before = load(BOOK, site).digest
    again = import_workbooks([out], BOOK, site, TODAY)
    assert {one.list: one.same for one in again.comparisons} == POINTS
    assert load(BOOK, site).digest == before


def test_what_the_grammar_left_to_a_person(published):
    plan, _, _ = published
    assert {sheet.list: (sheet.confirm, sheet.waiting) for sheet in plan.sheets if sheet.confirm or sheet.waiting} == {
        "age_limited_drugs": (4389, 0),
        "age_limited_services": (30, 0),
        "age_banded_services": (1, 0),
        "course_limited_services": (1, 0),
        "course_limited_drugs": (2, 0),
        "visit_type_limited_drugs": (207, 0),
    }


def cells(path):
    """Return every cell and merged range as another reader of the file sees them."""
    book = CalamineWorkbook.from_path(str(path))
    sheets = [book.get_sheet_by_name(name) for name in book.sheet_names]
    found = [(sheet.name, sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges) for sheet in sheets]
    assert found
    return found


WORDS = {
    "限定性别": ("男", "女"),
    "频度": ("单日", "单次就诊", "6小时", "同一小时"),
    "数量单位": ("日", "天", "小时"),
    "限定值域": {"course_limited_drugs": ("14天", "3天", "按说明书"), "visit_type_limited_drugs": ("住院", "门诊")},
    "限定对象": {
        "sex_limited_drugs": ("男", "女"),
        "age_limited_drugs": ("儿童",),
        "age_limited_services": ("儿童", "新生儿", "婴幼儿"),
        "insurance_limited_drugs": ("工伤", "生育"),
    },
    "备注": {"course_limited_services": ("支付不超过30天。", "总时间不超过90天，评定间隔时间不短于14天。", "另行规定")},
}
TEXT = st.text("甲乙丙丁片丸 ()（）-Ⅰω", min_size=1, max_size=8).filter(lambda text: text.strip())
CODE = st.text("0123456789ABX", min_size=15, max_size=20)


def cell(heading, layout, serial, draw):
    """Draw a cell as a publisher would print it under a heading."""
    if heading in layout.where:
        return layout.where[heading]
    words = WORDS.get(heading)
    words = words.get(layout.list) if isinstance(words, dict) else words
    if words:
        return draw(st.sampled_from(words))
    if heading in ("序号", "限制数量", "频次上限", "疗程周期"):
        return float(draw(st.integers(1, 99)))
    if heading.endswith(("代码", "编码")):
        return f"{serial:02}{draw(CODE)}"
    return draw(TEXT)


@st.composite
def workbooks(draw):
    """Draw a layout and sheets of it: headings in any order, blanks, totals and footers among the rows."""
    layout = draw(st.sampled_from([one for one in read_layouts(BOOK).layouts if one.list != "age_banded_services"]))
    names = draw(st.lists(TEXT, min_size=1, max_size=4, unique_by=lambda text: "".join(text.split())))
    sheets = []
    for number, headings in enumerate(layout.sheets, start=1):
        order = draw(st.permutations(headings))
        kept = [heading for heading in order if heading not in layout.optional or draw(st.booleans())]
        rows = [tuple(kept)]
        for serial, name in enumerate(names):
            row = [
                cell(heading, layout, serial, draw) if heading != layout.columns.get("item_name") else name
                for heading in kept
            ]
            rows.append(tuple(row))
            if draw(st.booleans()):
                rows.append(("",) * len(kept))
        rows += draw(
            st.sampled_from(
                [[], [("合计", *("",) * (len(kept) - 1))], [("备注：以原通知为准", *("",) * (len(kept) - 1))]]
            )
        )
        sheets.append(Sheet(f"表{number}", tuple(rows)))
    return layout, sheets, len(names)


@settings(max_examples=times(20), deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
@given(workbooks())
def test_generated_workbooks_come_back_cell_by_cell(made):
    layout, sheets, points = made
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "generated.xlsx"
        path.write_bytes(workbook_bytes(sheets))
        plan = import_workbooks([path], BOOK, Path(folder) / "site", dt.date(2026, 1, 1), only=layout.list)
        assert [(sheet.list, sheet.points) for sheet in plan.sheets] == [(layout.list, points)], plan.remarks
        (data,) = (
            data
            for name, data in export_workbooks(BOOK, Path(folder) / "site", name=layout.list).items()
            if name == "generated.xlsx"
        )
        copy = Path(folder) / "copy.xlsx"
        copy.write_bytes(data)
        assert cells(copy) == cells(path)
        assert [sheet.rows for sheet in read_sheets(copy)] == [sheet.rows for sheet in read_sheets(path)]
