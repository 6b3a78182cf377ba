"""Bands: a number falls into exactly one of them. Lights and scorecards rest on such tables.

A band holds from ``low`` (held) to ``high`` (not held); the last one has no ``high`` and holds its whole end, so that a
perfect value has its band. Numbers are scaled integers: a share in 1/10000, a count as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TypeVar

from pydantic import Field

from zhunsheng.book.entry import Dated, Entry


class Span(Entry):
    """The part of a range that one band takes."""

    low: int
    high: int | None = None
    cite: str


class Whole(Entry):
    """The range that a table has to cover: ``most`` is held; None where there is no end."""

    least: int = 0
    most: int | None = 10_000


Banded = TypeVar("Banded", bound=Span)
Told = tuple[str, str]


def holes(bands: Sequence[Span], whole: Whole) -> Iterator[Told]:
    """Yield in both languages where a table leaves a hole, overlaps, or does not reach an end of its range."""
    if not bands:
        yield "没有档次", "there is no band"
        return
    if bands[0].low != whole.least:
        yield f"自 {whole.least} 至 {bands[0].low} 没有档次", f"no band from {whole.least} to {bands[0].low}"
    for one in bands:
        if one.high is not None and one.high <= one.low:
            yield f"档次 {one.low} 至 {one.high} 是空的", f"the band from {one.low} to {one.high} is empty"
    for before, after in pairwise(bands):
        if before.high is None or before.high > after.low:
            told = "以上" if before.high is None else f"至 {before.high}"
            yield f"档次 {before.low} {told}与 {after.low} 起的档次重叠", f"bands overlap from {after.low}"
        elif before.high < after.low:
            yield f"自 {before.high} 至 {after.low} 没有档次", f"no band from {before.high} to {after.low}"
    last = bands[-1]
    if last.high is not None:
        yield f"自 {last.high} 起没有档次", f"no band from {last.high} on"
    if whole.most is not None and last.low > whole.most:
        yield f"最后一档 {last.low} 超出范围", f"the last band {last.low} lies beyond the range"


def band_of(bands: Sequence[Banded], numerator: int, denominator: int = 1, scale: int = 1) -> Banded:
    """Return the band of numerator / denominator, counted in parts of one to ``scale``; nothing is divided or rounded.

    ``denominator`` is above zero. A value below the range falls into the first band, one beyond it into the last.
    """
    value = numerator * scale
    return next((one for one in bands if one.high is None or value < one.high * denominator), bands[-1])


class Table(Dated):
    """Bands that hold for some days."""

    bands: tuple[Span, ...] = Field(min_length=1)


def gaps(tables: Sequence[Dated]) -> Iterator[Told]:
    """Yield in both languages where dated tables, in the order of the file, leave days without one or with two."""
    for before, after in pairwise(tables):
        if before.valid_to is None or before.valid_to > after.valid_from:
            yield f"自 {after.valid_from} 起有两个值", f"two values from {after.valid_from}"
        elif before.valid_to < after.valid_from:
            yield f"{before.valid_to} 至 {after.valid_from} 没有值", f"no value from {before.valid_to}"
