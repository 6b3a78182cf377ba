"""Whose citation the points of a workbook bear: what the person states, else the file name, else the layout's own."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.book.models import Batch
from zhunsheng.book.workbooks.layouts import Layout
from zhunsheng.book.workbooks.prose import DIGITS
from zhunsheng.kernel.errors import Problem

NAMED = re.compile(r"第([一二三四五六七八九十]+|\d{1,3})批(?:[-—之]([一二三四五六七八九]|\d))?")


@dataclass(frozen=True, slots=True)
class Citation:
    """What a person states of a workbook: id of the batch and, for a new one, its citation and its first day."""

    batch: str
    citation: str = ""
    valid_from: date | None = None


@dataclass(frozen=True, slots=True)
class Filed:
    """The batch that points go to. ``entry`` is its new entry for batches.yaml, ``notice`` something to know."""

    batch: str
    citation: str
    entry: dict[str, Any] | None = None
    notice: Problem | None = None


def file_under(file: str, layout: Layout, known: dict[str, Batch], stated: Citation | None, today: date) -> Filed:
    """Return the batch of a workbook. Raises Problem ZS428 when a new batch is stated without citation or first day."""
    if stated:
        return _stated(file, stated, known, today)
    named = _named(file)
    if named is None:
        notice = Problem("ZS430", file=file, citation=known[layout.batch].citation)
        return Filed(layout.batch, known[layout.batch].citation, notice=notice)
    if layout.batch == named or layout.batch.startswith(f"{named}-"):
        return Filed(layout.batch, known[layout.batch].citation)
    if named in known:
        return Filed(named, known[named].citation)
    number = named.removeprefix("nhsa-")
    citation = f"国家医疗保障局 智能监管规则库、知识库 第 {number} 批（据文件名，待确认）"
    entry = _entry(citation, today, today, to_confirm=True)
    return Filed(named, citation, entry, Problem("ZS431", file=file, batch=named, day=today))


def _stated(file: str, stated: Citation, known: dict[str, Batch], today: date) -> Filed:
    if stated.batch in known and not stated.citation:
        return Filed(stated.batch, known[stated.batch].citation)
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,60}", stated.batch) or not stated.citation or not stated.valid_from:
        raise Problem("ZS428", file=file, batch=stated.batch)
    entry = _entry(stated.citation, stated.valid_from, today, to_confirm=False)
    return Filed(stated.batch, stated.citation, entry)


def _entry(citation: str, start: date, today: date, *, to_confirm: bool) -> dict[str, Any]:
    return {
        "title": citation,
        "citation": citation,
        "ground": "published",
        "valid_from": start,
        "confirmed_on": today,
        "date_to_confirm": to_confirm,
    }


def _named(file: str) -> str | None:
    """Return the batch that a file name states: 第八批-1 is nhsa-8-1."""
    found = NAMED.search(re.sub(r"\s", "", unicodedata.normalize("NFKC", file)))
    if not found:
        return None
    return "-".join(["nhsa", *(str(_number(text)) for text in found.groups() if text)])


def _number(text: str) -> int:
    """Return a number below one hundred, in digits or in Chinese."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十")
    return (DIGITS.get(tens, 1) * 10 if ten else 0) + DIGITS.get(ones, 0)
