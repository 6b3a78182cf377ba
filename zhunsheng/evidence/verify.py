"""Checks for whoever doubts: one proof with its record, or a whole folder of tiles hashed anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from zhunsheng.evidence import leaf, proof, tiles, tree
from zhunsheng.evidence.checkpoint import Checkpoint
from zhunsheng.evidence.note import Verifier
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.tiles import WIDTH, Folder
from zhunsheng.kernel.errors import Problem


@dataclass(frozen=True, slots=True)
class Checked:
    """What was shown. ``signed`` and ``digest`` are None where nobody gave the means to check them: that is no pass."""

    proved: proof.Proved
    leaf: leaf.Leaf | None
    signed: bool | None
    digest: bool | None


def check(
    data: bytes,
    record: bytes,
    policy: Policy,
    bodies: Mapping[str, list[Verifier]] | None = None,
    payload: tuple[bytes, bytes] | None = None,
) -> Checked:
    """Check a proof file and its record; with the bodies' keys also who signed, with (key, payload) also the digest.

    Raises Problem ZS801, ZS802, ZS803 or ZS809: whatever is checked and does not hold.
    """
    proved = proof.verify(proof.parse(data), record, policy)
    if bodies is None and payload is None:
        return Checked(proved, _leaf_of(record), None, None)
    envelope = leaf.open_entry(record)
    if bodies is not None and not leaf.signed(envelope, bodies):
        raise Problem("ZS802", detail=f"not signed by a known key of {envelope.leaf.body}")
    if payload is not None and leaf.keyed_digest(*payload) != envelope.leaf.digest:
        raise Problem("ZS802", detail="the payload is not the one that was logged")
    return Checked(proved, envelope.leaf, bodies is not None or None, payload is not None or None)


def audit(folder: Folder, policy: Policy, tell: Callable[[int, int], None] = lambda _done, _all: None) -> Checkpoint:
    """Hash every entry of a folder anew, compare every tile and the signed head; return the head.

    Raises Problem ZS810 at the first file that differs, ZS801 or ZS802 for the head, ZS803 without a quorum.
    """
    data = folder.checkpoint()
    if data is None:
        raise Problem("ZS812", path=folder.root / "checkpoint")
    head, signed = policy.opened(data)
    witnesses = policy.signed_by(signed)
    if not policy.satisfied(witnesses):
        raise Problem("ZS803", have="、".join(witnesses) or "0", all=len(policy.witnesses))
    above, level = _audit_entries(folder, head.size, tell), 1
    while above:
        parts = [above[i : i + WIDTH] for i in range(0, len(above), WIDTH)]
        above = _full([_compare(folder, level, i, part) for i, part in enumerate(parts)])
        level += 1
    if tiles.root(head.size, folder.hashes) != head.root:
        raise Problem("ZS810", path="checkpoint", detail="another root")
    return head


def _audit_entries(folder: Folder, size: int, tell: Callable[[int, int], None]) -> list[bytes]:
    """Compare the leaf hashes of all entries with the lowest tiles; return the root of each tile."""
    roots = []
    for number in range(-(-size // WIDTH)):
        first = number * WIDTH
        leaves = [tree.leaf_hash(entry) for entry in folder.entries(first, min(size, first + WIDTH))]
        roots.append(_compare(folder, 0, number, leaves))
        if number % 256 == 0:
            tell(first, size)
    return _full(roots)


def _full(roots: list[bytes]) -> list[bytes]:
    """Return the roots of full tiles: a partial one is not hashed into the level above."""
    return [root for root in roots if root]


def _compare(folder: Folder, level: int, number: int, hashes: list[bytes]) -> bytes:
    """Compare a tile with what it should be; return its root, or nothing for a partial tile."""
    wanted, width = b"".join(hashes), len(hashes)
    if folder.read(level, number, width)[: len(wanted)] != wanted:
        raise Problem("ZS810", path=tiles.path(level, number, width), detail="another hash")
    return tiles.tile_root(wanted) if width == WIDTH else b""


def _leaf_of(record: bytes) -> leaf.Leaf | None:
    """Return the leaf of a record, or None for one that is no leaf of this software."""
    try:
        return leaf.open_entry(record).leaf
    except Problem:
        return None
