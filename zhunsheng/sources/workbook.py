"""Workbooks in and out: sheets as delimited text for the common path, reject reports for people."""

from __future__ import annotations

import csv
import datetime as dt
import zipfile
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter
from python_calamine import CalamineError, CalamineWorkbook

from zhunsheng.kernel.errors import Problem, kind
from zhunsheng.kernel.time import at

if TYPE_CHECKING:
    from zhunsheng.sources.report import LoadReport

#: Rows per sheet of a report; Excel itself ends at 1,048,576.
SHEET_ROWS = 1_000_000


def sheets(path: Path, scratch: Path) -> Iterator[tuple[str, Path, bool]]:
    """Yield (sheet, path of its text, whether it is the only one) for each sheet that holds anything.

    Numbers come as Excel keeps them, to 15 significant digits. Raises Problem ZS205 when the file is no workbook.
    """
    try:
        book = CalamineWorkbook.from_path(str(path))
        filled = [(name, rows) for name in book.sheet_names if (rows := book.get_sheet_by_name(name)).height]
    except (CalamineError, zipfile.BadZipFile, OSError, ValueError) as error:
        raise Problem("ZS205", detail=str(error)[:100]) from error
    if not filled:
        raise Problem("ZS201")
    for name, rows in filled:
        target = scratch / "sheet.csv"
        _write(rows, target)
        yield name, target, len(filled) == 1


def _write(sheet: Any, target: Path) -> None:
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        first, _ = sheet.start or (0, 0)
        width = sheet.width
        writer.writerows([""] * width for _ in range(first))
        for row in sheet.iter_rows():
            writer.writerow([_cell(value) for value in row])


def _cell(value: object) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 10**15 else f"{value:.15G}"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**15 else f"{value:.15G}"
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(" ", "seconds")
    return str(value)


def write_report(report: LoadReport, path: Path) -> None:
    """Write the reject report: sheet 1 per file and per reason, then every rejected row."""
    book = xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    )
    book.set_properties({"title": "导入退回报告"})
    styles = {
        "title": book.add_format({"bold": True, "font_size": 14}),
        "head": book.add_format({"bold": True, "bottom": 1}),
    }
    _summary(report, book, styles)
    for number, group in groupby(enumerate(report.store.rows()), lambda pair: pair[0] // SHEET_ROWS):
        name = "退回行 Rejected rows" if number == 0 else f"退回行 {number + 1}"
        sheet = book.add_worksheet(name)
        _rows(sheet, (reject for _, reject in group), styles)
    book.close()


def _summary(report: LoadReport, book: Any, styles: dict[str, Any]) -> None:
    sheet = book.add_worksheet("汇总 Summary")
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 9, 16)
    lines: list[tuple[list[object], str | None]] = [
        (["导入退回报告(试运行) Import report (dry run)" if report.dry_run else "导入退回报告 Import report"], "title"),
        (["生成时间 Generated at", at(report.recorded_at).strftime("%Y-%m-%d %H:%M:%S +08:00")], None),
        ([], None),
        (
            [
                "文件 File",
                "类别 Kind",
                "编码 Encoding",
                "结果 State",
                "读取行 Read",
                "入库行 Loaded",
                "退回行 Rejected",
                "说明 Note",
            ],
            "head",
        ),
    ]
    for one in report.files:
        note = str(one.problem["message"]) if one.problem else "; ".join(str(item["message"]) for item in one.notices)
        lines.append(
            (
                [one.file, one.kind, one.encoding, one.state, one.rows_read, one.rows_loaded, one.rows_rejected, note],
                None,
            )
        )
    lines.append((["合计 Total", "", "", "", report.rows_read, report.rows_loaded, report.rows_rejected], "head"))
    lines += [
        ([], None),
        (["文件 File", "代码 Code", "列 Column", "列名 Column (zh)", "条数 Count", "如何修改 Mend"], "head"),
    ]
    total = 0
    for file, code, column, column_zh, count in report.store.summary():
        total += count
        lines.append(([file, code, column, column_zh, count, kind(code).mend("zh", {})], None))
    lines.append((["合计 Total", "", "", "", total], "head"))
    for row, (cells, style) in enumerate(lines):
        sheet.write_row(row, 0, cells, styles[style] if style else None)


def _rows(sheet: Any, rejects: Iterator[Any], styles: dict[str, Any]) -> None:
    head = [
        "文件 File",
        "行 Row",
        "列 Column",
        "列名 Column (zh)",
        "值 Value",
        "代码 Code",
        "原因",
        "如何修改",
        "Reason",
        "Mend",
    ]
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 9, 18)
    sheet.write_row(0, 0, head, styles["head"])
    for number, reject in enumerate(rejects, 1):
        one = reject.as_dict()
        texts = [one["reason"]["zh"], one["mend"]["zh"], one["reason"]["en"], one["mend"]["en"]]
        sheet.write_row(
            number, 0, [one["file"], one["row"], one["column"], one["column_zh"], one["value"], one["code"], *texts]
        )
