"""Checkpoints (C2SP tlog-checkpoint 1.0.0): origin, size and root of a log as the text of a signed note."""

from __future__ import annotations

from dataclasses import dataclass

from zhunsheng.evidence import note
from zhunsheng.evidence.text import decode_hash, encode, number, refuse
from zhunsheng.evidence.tree import EMPTY
from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The head of a log: all of its entries in 32 bytes."""

    origin: str
    size: int
    root: bytes

    @property
    def text(self) -> str:
        """The text that is signed."""
        return f"{self.origin}\n{self.size}\n{encode(self.root)}\n"


def parse(text: str) -> Checkpoint:
    """Read a checkpoint's text; extension lines are left aside. Raises Problem ZS801."""
    lines = text.removesuffix("\n").split("\n")
    if len(lines) < 3 or not all(lines):
        refuse("checkpoint", "not origin, size and root")
    found = Checkpoint(lines[0], number(lines[1], "checkpoint"), decode_hash(lines[2], "checkpoint"))
    if found.size == 0 and found.root != EMPTY:
        refuse("checkpoint", "an empty tree has one root")
    return found


def opened(data: bytes, log: note.Verifier) -> tuple[Checkpoint, note.Note]:
    """Read a signed checkpoint of a log. Raises Problem ZS801 (malformed) or ZS802 (not signed by the log's key)."""
    signed = note.parse(data)
    head = parse(signed.text)
    if head.origin != log.name:
        raise Problem("ZS802", detail=f"the origin is {head.origin}, not {log.name}")
    if log not in note.verified(signed, [log]):
        raise Problem("ZS802", detail=f"not signed by {log.name}")
    return head, signed
