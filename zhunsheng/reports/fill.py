"""Fills a template with the words of a case. Pure: the same template and words give the same paper."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from zhunsheng.kernel.errors import Problem
from zhunsheng.reports.model import Block, Paper
from zhunsheng.reports.templates import FIELD, Piece, Template

#: What no sheet can hold: control characters, halves of characters, marks that turn the direction of reading.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of fields as ``step.field``; and of each step that tables list, one mapping per time it was taken."""

    fields: Mapping[str, str]
    steps: Mapping[str, list[dict[str, str]]] = field(default_factory=dict)


def fill(template: Template, words: Words, issuer: str, notes: tuple[str, ...] = ()) -> Paper:
    """Return the paper of a template, as yet without number and day. Raises Problem ZS963 for a field without words."""
    blocks = tuple(_block(piece, words) for piece in template.body if _wanted(piece, words.fields))
    return Paper(
        kind=template.kind,
        title=template.zh,
        issuer=printable(issuer),
        addressee=_put(template.to, words.fields),
        blocks=blocks,
        sign=tuple(_put(text, words.fields) for text in template.sign),
        lines=template.lines,
        annexes=tuple(_put(text, words.fields) for text in template.annexes),
        notes=tuple(printable(text) for text in notes),
    )


def printable(text: str) -> str:
    """Return a text without what no sheet can hold."""
    return UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _wanted(piece: Piece, fields: Mapping[str, str]) -> bool:
    return (not piece.needs or bool(fields.get(piece.needs))) and not (piece.lacks and fields.get(piece.lacks))


def _block(piece: Piece, words: Words) -> Block:
    if not piece.each:
        rows = tuple(tuple(_put(cell, words.fields) for cell in row) for row in piece.rows)
        return Block(kind=piece.kind, text=_put(piece.text, words.fields), head=piece.head, rows=rows)
    made = []
    for n, taken in enumerate(words.steps.get(piece.each, []), start=1):
        known = {**words.fields, **{f"row.{key}": value for key, value in taken.items()}}
        made += [(str(n), *(_put(cell, known) for cell in row)) for row in piece.rows]
    return Block(kind=piece.kind, head=("序号", *piece.head), rows=tuple(made))


def _put(text: str, fields: Mapping[str, str]) -> str:
    def one(found: re.Match[str]) -> str:
        value = fields.get(f"{found[1]}.{found[2]}")
        if value is None:
            raise Problem("ZS963", field=f"{found[1]}.{found[2]}")
        return printable(value)

    return FIELD.sub(one, text)
