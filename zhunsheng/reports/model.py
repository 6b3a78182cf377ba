"""The content of a document: plain data from which both formats are set. Nothing in it is markup."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from zhunsheng.kernel.files import canonical, digest


class Part(BaseModel):
    """Plain frozen data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Block(Part):
    """A piece of the body: a paragraph or heading (``text``), or a table (``head`` and ``rows``).

    ``record`` is a table of two columns, names on the left, as forms of approval have it.
    """

    kind: Literal["text", "heading", "table", "record"]
    text: str = ""
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Paper(Part):
    """A document without its verification code: who issued what under which number, to whom, on which day.

    ``number`` is empty in a draft. ``sign``: lines at the foot, right-aligned; ``lines``: places that people sign by
    hand. ``annexes`` and ``cites`` are printed after the body.
    """

    kind: str
    title: str
    issuer: str
    number: str = ""
    day: str = ""
    addressee: str = ""
    blocks: tuple[Block, ...]
    sign: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    annexes: tuple[str, ...] = ()
    notes: tuple[str, ...] = Field(default=())

    @property
    def digest(self) -> str:
        """Name of the exact content."""
        return digest(canonical(self.model_dump(mode="json")))


class Mark(Part):
    """How a printed document is checked: its code, the page that takes it, and the whole address for a QR code.

    The mark of a draft is empty; a draft is watermarked instead.
    """

    code: str = ""
    page: str = ""
    address: str = ""
