"""Read delimited text in the encodings that sites send: UTF-8 with and without BOM, GB18030, UTF-16."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from zhunsheng.kernel.errors import Problem
from zhunsheng.sources.mapping import Recognised
from zhunsheng.sources.records import Cleaner, Irregular, parse

CHUNK = 8 << 20
PROBE = 1 << 18
#: Title lines may stand above the header.
HEADER_WITHIN = 10
DELIMITERS = (",", "\t", ";", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
#: Text on the edge of a field that has to go: blanks of several kinds next to a delimiter, quote or line end.
_EDGES = (b" ,", b", ", b'" ', b' "', b" \n", b"\n ", b"\t", "\u3000".encode(), "\xa0".encode())

Find = Callable[[list[str]], Recognised]


@dataclass(frozen=True, slots=True)
class Table:
    """A file (or sheet) made ready for the set-based reader.

    ``path`` is UTF-8 with LF records of ``found.width`` fields after ``skip`` lines; its first record is row
    ``first_row`` of the file as sent. ``trim`` says that some cells have blanks on their edges.
    """

    path: Path
    skip: int
    delimiter: str
    encoding: str
    found: Recognised
    first_row: int
    trim: bool
    irregular: list[Irregular] = field(default_factory=list)
    totals: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Header:
    found: Recognised
    delimiter: str
    row: int
    lines: int


def prepare(path: Path, find: Find, scratch: Path, careful: bool = False) -> Table:
    """Make a text file ready. Raises Problem ZS201, ZS202, ZS203, ZS204 or ZS206 when it cannot be.

    A plain UTF-8 file is handed on as it is; anything else is rewritten into ``scratch``. ``careful`` forces that.
    """
    with path.open("rb") as file:
        probe = file.read(PROBE)
    _refuse_binary(probe)
    encoding = _encoding(path, probe)
    text = probe.decode(encoding, "replace") if encoding != "utf-8" else probe.decode("utf-8-sig", "replace")
    header = _header(text, find)
    if not careful and encoding in ("utf-8", "utf-8-sig") and _plain(path):
        return Table(path, header.lines, header.delimiter, encoding, header.found, header.row + 1, _padded(path))
    return _rewrite(path, encoding, header, scratch)


def _rewrite(path: Path, encoding: str, header: _Header, scratch: Path) -> Table:
    target = scratch / "clean.csv"
    trim = False
    with target.open("wb") as out:
        cleaner = Cleaner(out, header.delimiter, header.found.width, header.row + 1, header.found.mapping.total_words)
        for data, final in _lines(path, encoding, header.lines):
            trim = trim or any(edge in data for edge in _EDGES)
            cleaner.feed(data, final)
    return Table(
        target,
        0,
        header.delimiter,
        encoding,
        header.found,
        header.row + 1,
        trim,
        cleaner.irregular,
        cleaner.totals,
    )


def _refuse_binary(probe: bytes) -> None:
    if not probe.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise Problem("ZS201")
    if probe.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _wide(probe):
        return
    head = probe[:4096]
    controls = sum(byte < 9 or 13 < byte < 32 for byte in head)
    if controls * 20 > len(head):
        raise Problem("ZS202", start=head[:16].hex(" "))


def _wide(probe: bytes) -> str | None:
    """Recognise UTF-16 without a mark by its zero bytes."""
    head = probe[:4096]
    if len(head) >= 16:
        for offset, name in ((1, "utf-16-le"), (0, "utf-16-be")):
            half = head[offset::2]
            if half.count(0) * 10 > len(half) * 4 and head[1 - offset :: 2].count(0) * 10 < len(half):
                return name
    return None


def _encoding(path: Path, probe: bytes) -> str:
    for mark, name in _BOMS:
        if probe.startswith(mark):
            return name
    if wide := _wide(probe):
        return wide
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if b"\xef\xbf\xbd" not in chunk and _valid(chunk):
                continue
            text = decoder.decode(chunk, True)
            broken, good = text.count("\ufffd"), sum(1 for letter in text if letter > "\x7f" and letter != "\ufffd")
            return "utf-8" if good > 2 * broken else "gb18030"
    return "utf-8"


def _valid(chunk: bytes) -> bool:
    """Whether a chunk is UTF-8, a character cut at its edges aside."""
    for start in range(4):
        if start and (chunk[start - 1] & 0xC0) != 0x80:
            return False
        try:
            codecs.utf_8_decode(chunk[start:] if start else chunk, "strict", False)
        except UnicodeDecodeError:
            continue
        return True
    return False


def _plain(path: Path) -> bool:
    """Whether a UTF-8 file holds nothing that could move a row: no quote, no CR, no control, no broken character."""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if any(mark in chunk for mark in (b'"', b"\r", b"\x00", b"\xef\xbf\xbd", b"\n\n")):
                return False
    return True


def _padded(path: Path) -> bool:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            if any(edge in chunk for edge in _EDGES):
                return True
    return False


def _header(text: str, find: Find) -> _Header:
    """Find the header among the first rows, by any usual delimiter. Raises what the best try says."""
    problems: list[Problem] = []
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines[:HEADER_WITHIN]):
        for delimiter in sorted(DELIMITERS, key=lambda mark: -line.count(mark)):
            if not line.strip() or delimiter not in line:
                continue
            cells, closed = parse(line, delimiter)
            try:
                if closed:
                    return _Header(find(cells), delimiter, number + 1, number + 1)
            except Problem as problem:
                problems.append(problem)
    if not problems:
        first = next((line for line in lines if line.strip()), "")
        try:
            find([first])
        except Problem as problem:
            problems.append(problem)
    raise max(problems, key=lambda problem: problem.code)


def _lines(path: Path, encoding: str, skip: int) -> Iterator[tuple[bytes, bool]]:
    """Yield the text after the header as UTF-8 with LF line ends, in chunks, the last one marked."""
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    newline = codecs.lookup("utf-8").incrementaldecoder
    del newline
    pending, left = "", skip
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK)
            text = pending + decoder.decode(chunk, not chunk)
            pending = ""
            if chunk and text.endswith("\r"):
                text, pending = text[:-1], "\r"
            text = text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text
            while left and (end := text.find("\n")) >= 0:
                text, left = text[end + 1 :], left - 1
            if left:
                pending, text = text + pending, ""
            yield text.encode("utf-8", "replace"), not chunk
            if not chunk:
                return


def sheet_text(rows: Iterator[list[str]], path: Path) -> int:
    """Write the rows of a sheet as CSV; return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for row in rows:
            writer.writerow(row)
            count += 1
    return count
