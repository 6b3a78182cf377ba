"""Draws that anybody can repeat with SHA-256 alone.

The order of a pool is that of ``SHA-256(seed || 0x1F || code)`` written in hexadecimal, seed and code in UTF-8. The
first ``count`` codes are drawn, whatever the order in which the pool was listed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

SEPARATOR = "\x1f"


def mark(seed: str, code: str) -> str:
    """Return what a seed gives a code: 64 hex digits, by which a pool is ordered."""
    return hashlib.sha256(f"{seed}{SEPARATOR}{code}".encode()).hexdigest()


def draw(pool: Iterable[str], seed: str, count: int) -> list[str]:
    """Return the first ``count`` codes of a pool in the order of the seed, whatever the order of the pool."""
    return sorted(set(pool), key=lambda code: mark(seed, code))[:count]


def seed_of(secret: str, words: str) -> str:
    """Return the seed of a draw by two people: what one committed to before, and what the other said afterwards."""
    return mark(secret, words)


@dataclass(frozen=True, slots=True)
class Team:
    """Who was drawn for a subject, and who was left out beforehand with the reason."""

    drawn: tuple[str, ...]
    recused: Mapping[str, str]


def team(people: Mapping[str, Mapping[str, str]], seed: str, subject: str, count: int) -> Team:
    """Draw ``count`` of the people who have no tie with a subject.

    ``people``: code of a person -> subject -> reason of the tie. The seed of the draw is that of the plan followed by
    0x1F and the subject, so that each subject has an order of its own. Fewer are drawn where fewer are left.
    """
    recused = {code: ties[subject] for code, ties in people.items() if subject in ties}
    left = [code for code in people if code not in recused]
    return Team(tuple(draw(left, f"{seed}{SEPARATOR}{subject}", count)), recused)
