"""Limits of conflicts of interest as data: ``rulebook/vendors/conflict.yaml``. Shares are whole parts per million."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from zhunsheng.book.cycles import Cite
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.reading import file_text
from zhunsheng.book.vendors import Worded, known, read
from zhunsheng.kernel.errors import Problem

FILE = "conflict.yaml"
Post = Literal["shareholder", "manager", "director", "legal_representative", "buyer"]


class ConflictLimits(Dated):
    """What counts as a conflict in a period: least share, share that steers a company, steps of a chain, posts."""

    share_ppm: int = Field(ge=1, le=1_000_000)
    control_ppm: int = Field(ge=1, le=1_000_000)
    depth: int = Field(ge=1, le=8)
    own_posts: tuple[Post, ...] = Field(min_length=1)
    vendor_posts: tuple[Post, ...] = Field(min_length=1)
    cite: str


class Yearly(Entry):
    """How many months a declaration counts."""

    months: int = Field(ge=1, le=36)
    cite: str


class ConflictRules(Entry):
    """The limits of all periods, the duty that they serve, and how long a declaration counts."""

    id: Literal["conflict"]
    zh: str
    en: str
    cites: dict[str, Cite]
    limits: tuple[ConflictLimits, ...] = Field(min_length=1)
    duty: Worded
    yearly: Yearly

    @model_validator(mode="after")
    def _sound(self) -> ConflictRules:
        known("cite", [*(one.cite for one in self.limits), self.duty.cite, self.yearly.cite], self.cites)
        for one, following in pairwise(sorted(self.limits, key=lambda one: one.valid_from)):
            if one.valid_to != following.valid_from:
                raise ValueError(f"limits from {one.valid_from} end where the next begin")
        return self

    def on(self, day: date) -> ConflictLimits:
        """Return the limits of a day. Raises Problem ZS670 for a day before all of them."""
        found = next((one for one in self.limits if day in one.period), None)
        if found is None:
            raise Problem("ZS670", day=day)
        return found


def load_conflict(folder: Path) -> ConflictRules:
    """Return the limits of a rule book. Raises Problem ZS401 (unreadable), ZS650 (content wrong)."""
    found: ConflictRules = read(file_text(folder / "vendors" / FILE), FILE, ConflictRules)
    return found
