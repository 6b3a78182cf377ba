"""A month as files: Arrow columns of text, written as CSV in the national layout.

Texts hold no comma, quote or line break (names are cleared of them), so nothing needs quoting.
"""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from zhunsheng.generator.frames import DAY, NONE, Flags, Ints
from zhunsheng.generator.tables import headers

BOM = codecs.BOM_UTF8
WRITE = pa.csv.WriteOptions(include_header=False, quoting_style="none", batch_size=16_384)


def cleared(text: str) -> str:
    """Return a name without characters that would need quoting in a CSV file."""
    return text.replace(",", "，").replace('"', "＂").replace("\n", " ").replace("\r", " ")


def chosen(texts: list[str], position: Ints) -> pa.Array:
    """Return texts by position; empty where the position is NONE."""
    looked_up = pa.array([*texts, ""], pa.string())
    return looked_up.take(pa.array(np.where(position == NONE, len(texts), position)))


def whole(values: Ints, show: Flags | None = None) -> pa.Array:
    """Return whole numbers as text; empty where ``show`` is false."""
    return shown(pa.array(values).cast(pa.string()), show)


def scaled(values: Ints, digits: int, least: int) -> pa.Array:
    """Return integers x 10^digits as decimals with at least ``least`` places and no zeros beyond them."""
    distinct, position = np.unique(values, return_inverse=True)
    return chosen([_decimal(int(value), digits, least) for value in distinct], position.astype(np.int64))


def _decimal(value: int, digits: int, least: int) -> str:
    whole_part, rest = divmod(abs(value), 10**digits)
    places = f"{rest:0{digits}d}"
    places = places[:least] + places[least:].rstrip("0")
    return ("-" if value < 0 else "") + (f"{whole_part}.{places}" if places else str(whole_part))


def moment(seconds: Ints, show: Flags | None = None, day_only: Flags | None = None) -> pa.Array:
    """Return local wall-clock seconds as ``2026-03-01 09:30:00``, as a day alone where told."""
    text = pa.array(seconds).cast(pa.timestamp("s")).cast(pa.string())
    if day_only is not None and day_only.any():
        text = pc.if_else(pa.array(day_only), pc.utf8_slice_codeunits(text, 0, 10), text)
    return shown(text, show)


def day(days: Ints, show: Flags | None = None) -> pa.Array:
    """Return days since 1970-01-01 as ``2026-03-01``."""
    return shown(pc.utf8_slice_codeunits(pa.array(days * DAY).cast(pa.timestamp("s")).cast(pa.string()), 0, 10), show)


def constant(text: str, count: int) -> pa.Array:
    """Return a column of one text."""
    return pa.repeat(pa.scalar(text, pa.string()), count)


def shown(text: pa.Array, show: Flags | None) -> pa.Array:
    """Return a column of text, empty where ``show`` is false."""
    return text if show is None or show.all() else pc.if_else(pa.array(show), text, "")


def header(kind: str, *, chinese: bool) -> str:
    """Return the header row of a file kind."""
    names = headers(kind)
    return ",".join(names.values() if chinese else names.keys())


def write_csv(
    path: Path, kind: str, table: pa.Table, *, encoding: str = "utf-8", bad: dict[int, str] | None = None
) -> None:
    """Write a table. ``encoding`` is utf-8, utf-8-sig or gb18030 (which comes with Chinese headers).

    ``bad`` holds broken rows as text by the row number (the header being 1) that they shall have in the file.
    """
    with path.open("wb") as file:
        sink = _Encoded(file, encoding)
        sink.write(f"{header(kind, chinese=encoding == 'gb18030')}\n".encode())
        done = 0
        for count, (row, text) in enumerate(sorted((bad or {}).items())):
            until = row - 2 - count
            _write_rows(sink, table.slice(done, until - done))
            sink.write(f"{text}\n".encode())
            done = until
        _write_rows(sink, table.slice(done))


def _write_rows(sink: _Encoded, table: pa.Table) -> None:
    """Write rows in pieces, so that no more than a piece is held as text."""
    for start in range(0, table.num_rows, 65_536):
        buffer = pa.BufferOutputStream()
        pa.csv.write_csv(table.slice(start, 65_536), buffer, WRITE)
        sink.write(buffer.getvalue())


class _Encoded:
    """Takes UTF-8 and writes it in the wanted encoding."""

    def __init__(self, file: BinaryIO, encoding: str) -> None:
        self.file, self.encoding = file, encoding
        if encoding == "utf-8-sig":
            file.write(BOM)

    def write(self, data: Any) -> None:
        """Write whole rows of UTF-8 text."""
        self.file.write(bytes(data).decode().encode("gb18030") if self.encoding == "gb18030" else data)
