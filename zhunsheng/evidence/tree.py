"""The tree of RFC 6962 over SHA-256: hashes, proofs and their strict verification. Pure functions over bytes.

A *node* is a complete subtree named (level, number): it covers the leaves from ``number << level`` on, ``1 << level``
of them. A proof is a list of hashes, leaf side first; each is folded from the nodes that cover its range, so that a
store which keeps nodes answers with a number of reads that grows with the logarithm of the size.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from hashlib import sha256

#: Root of the tree without leaves.
EMPTY = sha256(b"").digest()
HASH_SIZE = 32
#: No tree that this software meets is larger; a stranger's number beyond it is refused before any arithmetic.
MAX_SIZE = 2**63 - 1

Node = tuple[int, int]


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of an entry as a leaf."""
    return sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of two subtrees side by side."""
    return sha256(b"\1" + left + right).digest()


def fold(hashes: list[bytes]) -> bytes:
    """Return the hash of complete subtrees side by side, largest first. No hashes give the empty root."""
    if not hashes:
        return EMPTY
    *rest, root = hashes
    for left in reversed(rest):
        root = node_hash(left, root)
    return root


def cover(start: int, end: int) -> list[Node]:
    """Return the nodes that cover the leaves from start (held) to end (not held), largest first.

    The start is one at which a subtree of that range may begin, as in every range of a proof.
    """
    found = []
    while start < end:
        level = (end - start).bit_length() - 1
        found.append((level, start >> level))
        start += 1 << level
    return found


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose hashes prove that a leaf stands in the tree, leaf side first.

    Raises ValueError for an index outside the tree.
    """
    if not 0 <= index < size:
        raise ValueError(f"no leaf {index} in a tree of {size}")
    ranges, start, end = [], 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[tuple[int, int]]:
    """Return the ranges of leaves whose hashes prove that a tree of ``old`` leaves grew into one of ``new``.

    None are needed for an old tree without leaves or of the same size. Raises ValueError when the old one is larger.
    """
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {old} cannot grow to {new}")
    if old in (0, new):
        return []
    ranges, start, end, whole = [], 0, new, True
    while old - start != end - start:
        middle = start + _half(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start, whole = middle, False
    if not whole:
        ranges.append((start, end))
    return ranges[::-1]


def hashes(ranges: Iterable[tuple[int, int]], read: Callable[[Node], bytes]) -> list[bytes]:
    """Return the hash of each range, folded from the nodes that ``read`` gives."""
    return [fold([read(node) for node in cover(start, end)]) for start, end in ranges]


def _half(width: int) -> int:
    """Return the largest power of two smaller than a width of at least two."""
    return 1 << ((width - 1).bit_length() - 1)


class Frontier:
    """The roots of the complete subtrees at the right edge of a growing tree: all that appending needs."""

    def __init__(self, size: int = 0, peaks: list[bytes] | None = None) -> None:
        self.size = size
        self.peaks = list(peaks or [])
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"{len(self.peaks)} subtrees are no tree of {size}")

    def append(self, leaf: bytes) -> None:
        """Add the hash of a leaf."""
        size, peaks = self.size, self.peaks
        while size & 1:
            leaf = sha256(b"\1" + peaks.pop() + leaf).digest()
            size >>= 1
        peaks.append(leaf)
        self.size += 1

    @property
    def root(self) -> bytes:
        """The root of the tree as it is now."""
        return fold(self.peaks)


def verify_inclusion(leaf: bytes, index: int, size: int, proof: list[bytes], root: bytes) -> bool:
    """Whether the proof shows that the leaf hash stands at the index of the tree with this size and root."""
    if not _sound([leaf, root, *proof]) or not 0 <= index < size <= MAX_SIZE:
        return False
    ranges = inclusion_ranges(index, size)
    if len(ranges) != len(proof):
        return False
    found = leaf
    for (start, _), sibling in zip(ranges, proof, strict=True):
        found = node_hash(sibling, found) if start < index else node_hash(found, sibling)
    return found == root


def verify_consistency(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the tree of the new root begins with all leaves of the tree of the old root.

    A tree without leaves precedes each tree: its root must be the empty one and its proof must be empty.
    """
    if not 0 <= old <= new <= MAX_SIZE:
        return False
    if old == new > 0:  # nothing is hashed: the same tree has the same root, whatever its bytes
        return not proof and old_root == new_root
    if not _sound([old_root, new_root, *proof]):
        return False
    if old == 0:
        return not proof and old_root == EMPTY and (new > 0 or new_root == EMPTY)
    return _grows(old, new, proof, old_root, new_root)


def _grows(old: int, new: int, proof: list[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Fold a proof twice, once as the old tree saw it and once as the new one does."""
    ranges = consistency_ranges(old, new)
    if len(ranges) != len(proof):
        return False
    before = after = old_root
    steps = list(zip(ranges, proof, strict=True))
    if ranges[0][1] == old and ranges[0][0] > 0:  # the old tree's last complete subtree comes first
        before = after = steps.pop(0)[1]
    for (start, _), sibling in steps:
        if start < old:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
        else:
            after = node_hash(after, sibling)
    return before == old_root and after == new_root


def _sound(found: list[bytes]) -> bool:
    """Whether each hash has its 32 bytes: shorter ones would let two trees share a root."""
    return all(len(one) == HASH_SIZE for one in found)
