"""Damage files as the world does: cut, flipped, mixed, renamed. Seeded: the same seed gives the same file."""

from __future__ import annotations

import io
import random
import re
from pathlib import Path

import xlsxwriter

from tests.sources.samples import ROWS, csv_text, headers, line

_LINES = [line(i, medins_list_name=f"阿莫西林 {i}") for i in range(1, 60)]


def _text(draw: random.Random) -> str:
    kind = draw.choice(sorted(ROWS))
    rows = _LINES if kind == "feedetail" else ROWS[kind] * 5
    return csv_text(kind, rows, language=draw.choice(["national", "zh"]))


def _bytes(draw: random.Random) -> bytes:
    return _text(draw).encode(draw.choice(["utf-8", "utf-8-sig", "gb18030", "utf-16"]))


def _workbook(draw: random.Random, cell: object = None) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out)
    for name in ("a", "b")[: draw.randint(1, 2)]:
        sheet = book.add_worksheet(name)
        sheet.write_row(0, 0, headers("feedetail", draw.choice(["national", "zh"])))
        for number, row in enumerate(_LINES, 1):
            sheet.write_row(number, 0, [row[key] for key in headers("feedetail")])
        if cell is not None:
            sheet.write(draw.randint(0, 30), draw.randint(0, 15), cell)
    book.close()
    return out.getvalue()


def truncated(draw: random.Random) -> bytes:
    data = _bytes(draw)
    return data[: draw.randint(0, len(data))]


def flipped(draw: random.Random) -> bytes:
    data = bytearray(_bytes(draw))
    for _ in range(draw.choice([1, 3, 40, 400])):
        data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
    return bytes(data)


def columns_gone(draw: random.Random) -> bytes:
    gone = draw.sample(range(16), draw.randint(1, 10))
    rows = [text.split(",") for text in csv_text("feedetail", _LINES).splitlines()]
    return "\n".join(",".join(cell for i, cell in enumerate(row) if i not in gone) for row in rows).encode()


def columns_swapped(draw: random.Random) -> bytes:
    rows = [text.split(",") for text in csv_text("feedetail", _LINES).splitlines()]
    order = draw.sample(range(16), 16)
    names = rows[0] if draw.random() < 0.5 else [rows[0][i] for i in order]
    return "\n".join([",".join(names), *(",".join(row[i] for i in order) for row in rows[1:])]).encode()


def columns_renamed(draw: random.Random) -> bytes:
    text = _text(draw)
    head, _, rest = text.partition("\n")
    names = head.split(",")
    for _ in range(draw.randint(1, 4)):
        names[draw.randrange(len(names))] = draw.choice(["", "x", names[0], "数量", "备注\t", "\ufeff"])
    return f"{','.join(names)}\n{rest}".encode()


def huge_field(draw: random.Random) -> bytes:
    text = csv_text("feedetail", _LINES)
    size = draw.choice([1_000, 70_000, 300_000, 3_000_000])
    letter = draw.choice(["x", "阿", '"', "9"])
    return text.replace("阿莫西林 7", letter * size, 1).encode()


def zeros(draw: random.Random) -> bytes:
    data = bytearray(_bytes(draw))
    place = draw.randrange(len(data))
    data[place : place + draw.choice([0, 1, 50])] = b"\x00" * draw.choice([1, 50, 5000])
    return bytes(data)


def encodings_mixed(draw: random.Random) -> bytes:
    lines = csv_text("feedetail", _LINES, language="zh").splitlines(keepends=True)
    return b"".join(one.encode(draw.choice(["utf-8", "gb18030"])) for one in lines)


def delimiter_wrong(draw: random.Random) -> bytes:
    mark = draw.choice(["\t", ";", "|", "，", " ", "\x01", "^", "||"])
    return _text(draw).replace(",", mark).encode(draw.choice(["utf-8", "gb18030"]))


def quotes_unbalanced(draw: random.Random) -> bytes:
    text = list(_text(draw))
    for _ in range(draw.choice([1, 2, 3, 20])):
        text.insert(draw.randrange(len(text)), '"')
    return "".join(text).encode()


def line_ends_mixed(draw: random.Random) -> bytes:
    ends = ["\n", "\r\n", "\r", "\n\n", "\u2028", "\x0b", "\x1e"]
    return re.sub("\n", lambda _: draw.choice(ends), csv_text("feedetail", _LINES)).encode()


def lines_shuffled(draw: random.Random) -> bytes:
    lines = _text(draw).splitlines()
    draw.shuffle(lines)
    return "\n".join(lines + lines[: draw.randint(0, 9)]).encode()


def formulas(draw: random.Random) -> bytes:
    start = draw.choice(["=1+1", "@SUM(A1)", "+1", "-1", "=cmd|' /C calc'!A0", "\t=2"])
    rows = [{**row, draw.choice(sorted(row)): start} for row in _LINES]
    return csv_text("feedetail", rows).encode()


def workbook_broken(draw: random.Random) -> bytes:
    data = bytearray(_workbook(draw))
    if draw.random() < 0.5:
        return bytes(data[: draw.randint(4, len(data))])
    for _ in range(draw.choice([1, 10, 200])):
        data[draw.randrange(len(data))] = draw.randrange(256)
    return bytes(data)


def workbook_odd(draw: random.Random) -> bytes:
    return _workbook(
        draw, draw.choice(["=1/0", "=A1", "=NOW()", 1e300, -0.0, True, "x" * 32_000, 3.0000000000004, 45000])
    )


def noise(draw: random.Random) -> bytes:
    return draw.randbytes(draw.choice([1, 100, 10_000]))


KINDS = (
    truncated, flipped, columns_gone, columns_swapped, columns_renamed, huge_field, zeros, encodings_mixed,
    delimiter_wrong, quotes_unbalanced, line_ends_mixed, lines_shuffled, formulas, workbook_broken, workbook_odd, noise,
)  # fmt: skip


def mutant(seed: int, folder: Path) -> Path:
    """Write the mutated file of a seed; its name says how it was made."""
    draw = random.Random(seed)
    kind = KINDS[seed % len(KINDS)]
    data = kind(draw)
    ending = "xlsx" if kind in (workbook_broken, workbook_odd) else "csv"
    path = folder / f"{kind.__name__}-{seed}.{ending}"
    path.write_bytes(data)
    return path
