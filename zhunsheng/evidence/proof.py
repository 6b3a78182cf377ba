"""Proof files (C2SP tlog-proof): one entry, its place, the hashes up to a cosigned head; checked without a network."""

from __future__ import annotations

from dataclasses import dataclass

from zhunsheng.evidence import tree
from zhunsheng.evidence.checkpoint import Checkpoint
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.text import decode, decode_hash, encode, number, refuse, utf8
from zhunsheng.kernel.errors import Problem

FIRST_LINE = "c2sp.org/tlog-proof@v1"
MAX_PROOF, MAX_HASHES = 131_072, 63


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof file as read. ``head`` is the signed checkpoint as bytes; ``extra`` is kept and never trusted."""

    index: int
    hashes: tuple[bytes, ...]
    head: bytes
    extra: bytes = b""

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        extra = f"extra {encode(self.extra)}\n" if self.extra else ""
        lines = "".join(f"{encode(one)}\n" for one in self.hashes)
        return f"{FIRST_LINE}\n{extra}index {self.index}\n{lines}\n".encode() + self.head


@dataclass(frozen=True, slots=True)
class Proved:
    """What a proof shows: the entry stood at this index when the log had this head, and who cosigned it when."""

    index: int
    head: Checkpoint
    witnesses: dict[str, int]


def parse(data: bytes) -> Proof:
    """Read a proof file strictly. Raises Problem ZS801."""
    text = utf8(data, "proof", MAX_PROOF)
    front, split, head = text.partition("\n\n")
    first, *lines = front.split("\n")
    if not split or first != FIRST_LINE or not lines:
        refuse("proof", "not a proof file of version 1")
    extra = b""
    if lines[0].startswith("extra "):
        extra = decode(lines.pop(0).removeprefix("extra "), "proof")
    if not lines or not lines[0].startswith("index ") or len(lines) > MAX_HASHES + 1:
        refuse("proof", "no index, or too many hashes")
    index = number(lines[0].removeprefix("index "), "proof")
    return Proof(index, tuple(decode_hash(line, "proof") for line in lines[1:]), head.encode(), extra)


def verify(proof: Proof, entry: bytes, policy: Policy) -> Proved:
    """Check a proof for an entry against a policy.

    Raises Problem ZS801 for a malformed head, ZS802 when a signature or a hash does not hold, ZS803 without a quorum.
    """
    head, signed = policy.opened(proof.head)
    if not tree.verify_inclusion(tree.leaf_hash(entry), proof.index, head.size, list(proof.hashes), head.root):
        raise Problem("ZS802", detail=f"entry {proof.index} is not in the log of {head.size} entries")
    witnesses = policy.signed_by(signed)
    if not policy.satisfied(witnesses):
        raise Problem("ZS803", have="、".join(witnesses) or "0", all=len(policy.witnesses))
    return Proved(proof.index, head, witnesses)
