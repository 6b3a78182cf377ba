"""Read delimited text in the encodings that sites send: UTF-8 with and without BOM, GB18030, UTF-16."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from zhunsheng.kernel.errors import Problem
from zhunsheng.sources.mapping import Recognised
from zhunsheng.sources.records import MAX_RECORD, Cleaner, Irregular, parse

CHUNK = 4 << 20
PROBE = 1 << 18
#: Title lines may stand above the header.
HEADER_WITHIN = 10
DELIMITERS = (",", "\t", ";", "|")
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
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
    rows: int
    bytes: int


def prepare(path: Path, find: Find, scratch: Path, *, careful: bool = False) -> Table:
    """Make a text file ready. Raises Problem ZS201, ZS202, ZS203, ZS204 or ZS206 when it cannot be.

    A plain UTF-8 file is handed on as it is; anything else is rewritten into ``scratch``. ``careful`` forces that.
    """
    with path.open("rb") as file:
        probe = file.read(PROBE)
    _refuse_binary(probe)
    encoding = encoding_of(path, probe)
    header = _header(probe.decode(encoding, "replace"), find, encoding)
    if not careful and encoding in ("utf-8", "utf-8-sig"):
        plain, trim = _survey(path, header)
        if plain:
            return Table(path, header.rows, header.delimiter, encoding, header.found, header.rows + 1, trim)
    try:
        return _rewrite(path, encoding, header, scratch)
    except _Gb18030:
        return _rewrite(path, "gb18030", header, scratch)


class _Gb18030(Exception):
    """A file that began as plain ASCII turns out to be GB18030."""


def _rewrite(path: Path, encoding: str, header: _Header, scratch: Path) -> Table:
    target, first, trim = scratch / "clean.csv", header.rows + 1, False
    with target.open("wb") as out:
        cleaner = Cleaner(out, header.delimiter, header.found.width, first, header.found.mapping.total_words)
        for data, final in _lines(path, encoding, header.rows):
            trim = trim or _padded(np.frombuffer(data, np.uint8), ord(header.delimiter))
            cleaner.feed(data, final=final)
    return Table(target, 0, header.delimiter, encoding, header.found, first, trim, cleaner.irregular, cleaner.totals)


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


def encoding_of(path: Path, probe: bytes) -> str:
    """Find the encoding from the start of a file; what is ASCII so far counts as UTF-8."""
    for mark, name in _BOMS:
        if probe.startswith(mark):
            return name
    if wide := _wide(probe):
        return wide
    with path.open("rb") as file:
        chunk = file.read(CHUNK)
    try:
        codecs.utf_8_decode(chunk, "strict", False)  # noqa: FBT003 - a character cut at the end is no fault
    except UnicodeDecodeError:
        return _more_likely(chunk)
    return "utf-8"


def _more_likely(chunk: bytes) -> str:
    """Tell UTF-8 with some broken bytes from GB18030, which is broken nearly everywhere when read as UTF-8."""
    text = chunk.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    good = len(text) - len(text.encode("ascii", "ignore")) - broken
    return "utf-8" if good > 2 * broken else "gb18030"


def _survey(path: Path, header: _Header) -> tuple[bool, bool]:
    """Return whether nothing in a UTF-8 file could move a row, and whether cells have blanks on their edges."""
    trim = False
    mark = ord(header.delimiter)
    with ThreadPoolExecutor(2) as pool:
        for plain, padded in pool.map(lambda chunk: _look(chunk, mark), _overlapping(path, header.bytes)):
            trim = trim or padded
            if not plain:
                return False, trim
    return True, trim


def _overlapping(path: Path, start: int) -> Iterator[bytes]:
    """Yield the file in chunks that each begin with the last byte of the one before."""
    with path.open("rb") as file:
        file.seek(start)
        last = b"\n"
        while chunk := file.read(CHUNK):
            yield last + chunk
            last = chunk[-1:]


def _look(chunk: bytes, delimiter: int) -> tuple[bool, bool]:
    """Return whether a chunk is plain (no quote, empty line, control or broken character) and has padded cells.

    Everything but one search is numpy, which lets the other thread run.
    """
    data = np.frombuffer(chunk, np.uint8)
    ends = np.flatnonzero(data == 10)
    tabs = np.count_nonzero(data == 9)
    even = np.count_nonzero(data < 32) == len(ends) + tabs and not (np.diff(ends) == 1).any()
    long = len(ends) == 0 and len(chunk) > MAX_RECORD
    plain = bool(even and not long and b'"' not in chunk and not _holds(data, 0xEF, 0xBF, 0xBD))
    return plain, _padded(data, delimiter)


def _holds(data: np.ndarray, *letter: int) -> bool:
    """Whether a character of several bytes stands in the data."""
    places = np.flatnonzero(data[: len(data) - len(letter) + 1] == letter[0])
    for shift, byte in enumerate(letter[1:], 1):
        places = places[data[places + shift] == byte]
    return bool(len(places))


def _padded(data: np.ndarray, delimiter: int) -> bool:
    """Whether some blank stands beside a delimiter, a quote or a line end."""
    if (delimiter != 9 and (data == 9).any()) or _holds(data, 0xE3, 0x80, 0x80) or _holds(data, 0xC2, 0xA0):
        return True
    places = np.flatnonzero(data == 32)
    edge = np.zeros(256, bool)
    edge[[10, 13, 32, 34, delimiter]] = True
    after = data[np.minimum(places + 1, len(data) - 1)]
    before = data[np.maximum(places - 1, 0)]
    return bool(edge[after].any() or edge[before].any())


def _header(text: str, find: Find, encoding: str) -> _Header:
    """Find the header among the first rows, by any usual delimiter. Raises what the best try says."""
    problems: list[Problem] = []
    lines = text.splitlines(keepends=True)
    for rows, line in enumerate(lines[:HEADER_WITHIN], 1):
        for delimiter in sorted(DELIMITERS, key=lambda mark: -line.count(mark)):
            cells, closed = parse(line.rstrip("\r\n"), delimiter)
            if not closed or len(cells) < 2:
                continue
            try:
                found = find(cells)
            except Problem as problem:
                problems.append(problem)
            else:
                mark = len(codecs.BOM_UTF8) if encoding == "utf-8-sig" else 0
                return _Header(found, delimiter, rows, mark + len("".join(lines[:rows]).encode("utf-8", "replace")))
    if problems:
        raise max(problems, key=lambda problem: problem.code)
    first = next((line.strip() for line in lines if line.strip()), "")
    find([first])
    raise Problem("ZS203", found=first[:100], nearest="-", missing="-")


def _lines(path: Path, encoding: str, skip: int) -> Iterator[tuple[bytes, bool]]:
    """Yield the text after the header as UTF-8 with LF line ends, in chunks, the last one marked."""
    pending, left = b"", skip
    for data, final in _decoded(path, encoding):
        data = pending + data
        pending = b""
        if not final and data.endswith(b"\r"):
            data, pending = data[:-1], b"\r"
        if b"\r" in data:
            data = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        while left and (end := data.find(b"\n")) >= 0:
            data, left = data[end + 1 :], left - 1
        if left:
            data, pending = b"", data + pending
        yield data, final


def _decoded(path: Path, encoding: str) -> Iterator[tuple[bytes, bool]]:
    """Yield the file as UTF-8 in chunks; bytes that are no text become U+FFFD."""
    turn = _checked() if encoding == "utf-8" else _turned(encoding)
    next(turn)
    with path.open("rb") as file:
        chunk = file.read(CHUNK)
        while True:
            following = file.read(CHUNK)
            yield turn.send((chunk, not following)), not following
            if not following:
                return
            chunk = following


def _turned(encoding: str) -> Generator[bytes, tuple[bytes, bool], None]:
    """Turn chunks of any encoding into UTF-8."""
    decoder, result = codecs.getincrementaldecoder(encoding)("replace"), b""
    while True:
        chunk, final = yield result
        result = decoder.decode(chunk, final).encode("utf-8", "replace")


def _checked() -> Generator[bytes, tuple[bytes, bool], None]:
    """Pass chunks of UTF-8 on, whole characters only. Raises _Gb18030 when that is what the file is."""
    cut, result, seen = b"", b"", False
    while True:
        chunk, final = yield result
        data = cut + chunk
        try:
            used = codecs.utf_8_decode(data, "strict", final)[1]
            result = data[:used]
        except UnicodeDecodeError:
            if not seen and _more_likely(data) == "gb18030":
                raise _Gb18030 from None
            seen = True
            text, used = codecs.utf_8_decode(data, "replace", final)
            result = text.encode("utf-8", "replace")
        cut = data[used:]
