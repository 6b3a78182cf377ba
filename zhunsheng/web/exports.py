"""Lists as xlsx and CSV, with title, period, filters, totals and who made them. Each export leaves evidence."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import xlsxwriter
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from zhunsheng.casework.bodies.permissions import Verb
from zhunsheng.casework.findings.actions import note_export
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.text import harmless
from zhunsheng.kernel.time import now

#: Rows of one export. More is refused in words, never cut in silence.
MOST = 100_000
KINDS = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an export says: facts above, a head, rows in batches, totals below. ``money`` names columns in fen.

    ``verb``: the right that it takes.
    """

    title: str
    facts: list[tuple[str, str]]
    head: list[str]
    money: tuple[int, ...]
    rows: Iterator[list[Any]]
    totals: list[Any]
    verb: Verb = Verb.EXPORT_FINDINGS


def check_size(rows: int) -> None:
    """Raise Problem ZS710 for more rows than an export holds."""
    if rows > MOST:
        raise Problem("ZS710", rows=f"{rows:,}", limit=f"{MOST:,}")


def respond(request: HttpRequest, sheet: Sheet, kind: str, stem: str, wanted: dict[str, Any]) -> HttpResponse:
    """Return the file. Raises Problem ZS701 for a kind that is not offered."""
    if kind not in KINDS:
        raise Problem("ZS701")
    who = f"{request.user.display_name}（{request.user.body}）"
    facts = [*sheet.facts, (_("生成"), f"{who} {now():%Y-%m-%d %H:%M:%S}")]
    data, rows = WRITERS[kind](sheet, facts)
    note_export(request.user, stem, kind, rows, wanted, sheet.verb)
    response = HttpResponse(data, content_type=KINDS[kind])
    response["Content-Disposition"] = f'attachment; filename="{stem}.{kind}"'
    return response


def _workbook(sheet: Sheet, facts: list[tuple[str, str]]) -> tuple[bytes, int]:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    page = book.add_worksheet()
    bold, amount = book.add_format({"bold": True}), book.add_format({"num_format": "#,##0.00"})
    strong = book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1})
    page.write(0, 0, sheet.title, book.add_format({"bold": True, "font_size": 14}))
    for number, pair in enumerate(facts, start=1):
        page.write_row(number, 0, pair)
    top = len(facts) + 2
    page.write_row(top, 0, sheet.head, bold)
    page.freeze_panes(top + 1, 0)
    page.set_column(0, len(sheet.head) - 1, 18)
    at = top
    for batch in sheet.rows:
        for row in batch:
            at += 1
            _cells(page, at, row, sheet.money, amount)
    _cells(page, at + 1, sheet.totals, sheet.money, strong, bold)
    book.close()
    return buffer.getvalue(), at - top


def _cells(page: Any, at: int, row: list[Any], money: tuple[int, ...], amount: Any, other: Any = None) -> None:
    for column, value in enumerate(row):
        if column in money and value != "" and value is not None:
            page.write_number(at, column, _two_decimals(value), amount)
        elif isinstance(value, int):
            page.write_number(at, column, value, other)
        elif value is not None:
            page.write_string(at, column, str(value), other)


def _two_decimals(fen: int) -> Any:
    """A workbook cell holds a decimal; the text of the fen is exact to the second place."""
    from decimal import Decimal

    return Decimal(fen).scaleb(-2)


def _csv(sheet: Sheet, facts: list[tuple[str, str]]) -> tuple[bytes, int]:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow([sheet.title])
    out.writerows([[name, harmless(value)] for name, value in facts])
    out.writerow([])
    out.writerow(sheet.head)
    rows = 0
    for batch in sheet.rows:
        rows += len(batch)
        out.writerows(_printed(row, sheet.money) for row in batch)
    out.writerow(_printed(sheet.totals, sheet.money))
    return ("\ufeff" + text.getvalue()).encode(), rows


def _json(sheet: Sheet, facts: list[tuple[str, str]]) -> tuple[bytes, int]:
    """Rows as objects; money stays whole fen."""
    rows = [dict(zip(sheet.head, row, strict=False)) for batch in sheet.rows for row in batch]
    told = {"title": sheet.title, "facts": dict(facts), "rows": rows}
    return json.dumps(told, ensure_ascii=False, indent=1, default=str).encode(), len(rows)


def _printed(row: list[Any], money: tuple[int, ...]) -> list[str]:
    return [
        yuan(value).replace(",", "") if column in money and isinstance(value, int) else harmless(value)
        for column, value in enumerate(row)
    ]


WRITERS = {"xlsx": _workbook, "csv": _csv, "json": _json}
