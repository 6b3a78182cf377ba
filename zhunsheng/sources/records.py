"""Cut delimited text into records that keep their row number whatever is wrong with some of them.

Rows are counted as a spreadsheet shows them: a record whose quoted field holds line breaks is one row, an empty
line is a row. A record that cannot be read as the header promises is noted and replaced by an empty one, so that
the n-th record of the cleaned text is always the n-th row of the file and a set-based reader may take over.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass, field

import numpy as np

#: A longer record is no record: most often a quote that was never closed.
MAX_RECORD = 1 << 20
_NEWLINE, _QUOTE = 10, 34
_CONTROLS = bytes(set(range(32)) - {9, 10, 13}) + b"\x7f"
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BROKEN = "\ufffd".encode()
csv.field_size_limit(4 * MAX_RECORD)


@dataclass(frozen=True, slots=True)
class Irregular:
    """A record that is not what the header promises. ``column`` is a position in the header, where one is known."""

    row: int
    code: str
    column: int | None
    value: str
    values: dict[str, str]


@dataclass(slots=True)
class Cleaner:
    """Turns chunks of UTF-8 text, line ends already LF, into clean records of ``width`` fields."""

    out: io.BufferedIOBase
    delimiter: str
    width: int
    row: int
    total_words: tuple[str, ...] = ()
    irregular: list[Irregular] = field(default_factory=list)
    blanks: int = 0
    totals: list[int] = field(default_factory=list)
    _carry: bytes = b""
    _skipping: bool = False

    def feed(self, data: bytes, *, final: bool = False) -> None:
        """Take the next chunk; ``final`` says that nothing follows."""
        data = self._carry + self._skip(data)
        if final and data and not data.endswith(b"\n"):
            data += b"\n"
        cut = data.rfind(b"\n") + 1
        self._carry = data[cut:]
        if len(self._carry) > MAX_RECORD:
            self._carry, self._skipping = self._carry[: MAX_RECORD + 1], True
        if cut:
            rest = self._block(data[:cut], final)
            self._carry = rest + self._carry

    def _skip(self, data: bytes) -> bytes:
        if not self._skipping:
            return data
        end = data.find(b"\n")
        if end < 0:
            return b""
        self._skipping = False
        return data[end:]

    def _block(self, block: bytes, final: bool) -> bytes:
        """Write the records of whole lines; return the lines of a record that is still open."""
        suspects = _Lines(block, self.delimiter.encode(), self.width)
        position = line = 0
        for index in suspects.indices:
            if index < line:
                continue
            start, _ = suspects.span(index)
            self.out.write(block[position:start])
            self.row += index - line
            line, open_record = self._suspect(suspects, index, final)
            if open_record:
                return block[start:]
            position = suspects.span(line - 1)[1]
        self.out.write(block[position:])
        self.row += suspects.count - line
        return b""

    def _suspect(self, lines: _Lines, index: int, final: bool) -> tuple[int, bool]:
        """Handle the record that starts at a line; return the line after it and whether it is still open."""
        text = lines.text(index, index)
        cells, closed = parse(text, self.delimiter)
        if closed:
            self._record(text, cells)
            return index + 1, False
        for other in lines.closers(index):
            if lines.span(other)[1] - lines.span(index)[0] > MAX_RECORD:
                break
            joined = lines.text(index, other)
            cells = parse_strictly(joined, self.delimiter)
            if len(cells) == self.width:
                self._record(joined, cells)
                return other + 1, False
        if not final and len(lines.block) - lines.span(index)[0] <= MAX_RECORD and not lines.closers(index):
            return index, True
        self._reject(Irregular(self.row, "ZS230", None, text[:200], {}))
        return index + 1, False

    def _record(self, text: str, cells: list[str]) -> None:
        while len(cells) > self.width and not cells[-1].strip():
            cells.pop()
        if not any(cell.strip() for cell in cells):
            self.blanks += 1
            self._placeholder()
        elif len(cells) != self.width and cells[0].strip().rstrip(":：") in self.total_words:
            self.totals.append(self.row)
            self._placeholder()
        elif fault := self._fault(text, cells):
            self._reject(fault)
        else:
            self.out.write(written(cells, self.delimiter))
            self.row += 1

    def _fault(self, text: str, cells: list[str]) -> Irregular | None:
        if len(text) > MAX_RECORD:
            return Irregular(self.row, "ZS231", None, text[:200], {"limit": str(MAX_RECORD)})
        for code, pattern in (("ZS229", "\ufffd"), ("ZS232", _CONTROL.pattern.decode())):
            for place, cell in enumerate(cells):
                if re.search(pattern, cell):
                    return Irregular(self.row, code, place if place < self.width else None, cell[:200], {})
        if len(cells) != self.width:
            numbers = {"found": str(len(cells)), "expected": str(self.width)}
            return Irregular(self.row, "ZS228", None, text[:200], numbers)
        return None

    def _reject(self, fault: Irregular) -> None:
        self.irregular.append(fault)
        self._placeholder()

    def _placeholder(self) -> None:
        self.out.write(self.delimiter.encode() * (self.width - 1) + b"\n")
        self.row += 1


class _Lines:
    """The lines of a block, and which of them a plain reader might trip over."""

    def __init__(self, block: bytes, delimiter: bytes, width: int) -> None:
        self.block = block
        data = np.frombuffer(block, np.uint8)
        marks = _Marks(data, delimiter[0], quoted=b'"' in block)
        self.ends = marks.places[marks.ends]
        self.starts = np.concatenate(([0], self.ends[:-1] + 1))
        self.count = len(self.ends)
        suspect = marks.delimiters() != width - 1
        suspect |= self.ends - self.starts > MAX_RECORD
        self._odd: list[int] = []
        if marks.quoted:
            odd = marks.odd()
            self._odd = np.flatnonzero(odd).tolist()
            suspect |= odd
            suspect[np.searchsorted(self.ends, marks.stray())] = True
        for place in self._places():
            suspect[np.searchsorted(self.ends, place)] = True
        self.indices: list[int] = np.flatnonzero(suspect).tolist()

    def span(self, index: int) -> tuple[int, int]:
        """Return where a line starts and where the next one does."""
        return int(self.starts[index]), int(self.ends[index]) + 1

    def text(self, first: int, last: int) -> str:
        """Return lines as text, without the last line end."""
        return self.block[int(self.starts[first]) : int(self.ends[last])].decode("utf-8", "replace")

    def closers(self, index: int) -> list[int]:
        """Return the next lines that hold an odd number of quotes: one of them may end an open field."""
        place = int(np.searchsorted(np.asarray(self._odd), index, "right")) if self._odd else 0
        return self._odd[place : place + 3]

    def _places(self) -> list[int]:
        """Return where broken characters and control characters stand."""
        places = [match.start() for match in re.finditer(_BROKEN, self.block)] if _BROKEN in self.block else []
        if len(self.block.translate(None, _CONTROLS)) != len(self.block):
            places += [match.start() for match in _CONTROL.finditer(self.block)]
        return places


class _Marks:
    """Where delimiters, quotes and line ends stand in a block, in order, and what they say line by line."""

    def __init__(self, data: np.ndarray, delimiter: int, *, quoted: bool) -> None:
        self.data = data
        self.quoted = quoted
        found = data == _NEWLINE
        found |= data == delimiter
        if quoted:
            found |= data == _QUOTE
        self.places = np.flatnonzero(found)
        self.kinds = data[self.places]
        self.delimiter = delimiter
        self.ends = np.flatnonzero(self.kinds == _NEWLINE)
        if quoted:
            self._open = self._inside()

    def _inside(self) -> np.ndarray:
        """Say for each mark whether an odd number of quotes stands before it on its line; a quote counts itself."""
        quotes = np.cumsum(self.kinds == _QUOTE, dtype=np.int32)
        before = np.concatenate(([0], quotes[self.ends[:-1]]))
        lengths = np.diff(self.ends, prepend=-1)
        return (quotes - np.repeat(before, lengths)) % 2 == 1

    def delimiters(self) -> np.ndarray:
        """Count the delimiters of each line that stand outside quotes."""
        if not self.quoted:
            return np.diff(self.ends, prepend=-1) - 1
        outside = self.kinds == self.delimiter
        outside &= ~self._open
        return np.diff(np.cumsum(outside, dtype=np.int32)[self.ends], prepend=0)

    def odd(self) -> np.ndarray:
        """Mark the lines that hold an odd number of quotes."""
        return self._open[self.ends]

    def stray(self) -> np.ndarray:
        """Return the places of quotes that open or close in the middle of text."""
        chosen = self.kinds == _QUOTE
        quotes, opens = self.places[chosen], self._open[chosen]
        edge = np.zeros(256, bool)
        edge[[self.delimiter, _NEWLINE, _QUOTE]] = True
        neighbour = self.data[np.where(opens, quotes - 1, quotes + 1)]
        return quotes[~(edge[neighbour] | (quotes == 0))]


def parse(text: str, delimiter: str) -> tuple[list[str], bool]:
    """Read one record; return its cells, and whether every quote that opened a field was closed again."""
    rows = list(csv.reader([text + "\n", "\x1a"], delimiter=delimiter))
    return (rows[0] if rows else []), len(rows) == 2


def parse_strictly(text: str, delimiter: str) -> list[str]:
    """Read one record that must be quoted without a fault; return its cells, none when it is not."""
    try:
        rows = list(csv.reader([text + "\n"], delimiter=delimiter, strict=True))
    except csv.Error:
        return []
    return rows[0] if len(rows) == 1 else []


def written(cells: list[str], delimiter: str) -> bytes:
    """Return one record as text that any CSV reader takes alike."""
    line = io.StringIO()
    csv.writer(line, delimiter=delimiter, lineterminator="\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")
