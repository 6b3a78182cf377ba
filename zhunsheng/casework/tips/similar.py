"""How alike two reports read: the share of pairs of neighbouring signs that both have, in 1/1000 (Jaccard). Pure."""

from __future__ import annotations

import unicodedata

#: From here on two reports are shown as a possible duplicate. A person decides.
ALIKE = 300


def pairs(text: str) -> frozenset[str]:
    """Return the pairs of neighbouring letters, digits and Chinese signs; punctuation and capitals are left aside."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKC", text).casefold() if sign.isalnum())
    return frozenset(plain[n : n + 2] for n in range(len(plain) - 1))


def alike(one: str, other: str) -> int:
    """Return the likeness of two texts: 0 for nothing in common, 1000 for the same pairs; 0 where either has none."""
    first, second = pairs(one), pairs(other)
    if not first or not second:
        return 0
    return 1000 * len(first & second) // len(first | second)
