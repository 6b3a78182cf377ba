"""Standing duties of vendors as data: ``rulebook/vendors/duties.yaml``.

Each duty is proved by a kind of paper, and some take heads in post. How long a paper counts stands with its kind.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Dated, Entry
from zhunsheng.book.oversight import load_sanctions
from zhunsheng.book.reading import file_text
from zhunsheng.book.vendors import Kind, Kinds, Worded, known, load_kinds, read
from zhunsheng.kernel.errors import Problem

FILE = "duties.yaml"


class Duty(Worded):
    """A duty: the paper that proves it, whether only kinds with patients' data have it, and what follows a breach.

    ``act`` is the act of the table of sanctions under which it is opened where it stays undone; empty: under none.
    """

    id: str = Name
    document: str
    data: bool = False
    posts: tuple[str, ...] = ()
    act: str = ""
    breach: str
    breach_en: str


class Undone(Entry):
    """After how many days without a paper in force a duty counts as undone."""

    days: int = Field(ge=1, le=366)
    cite: str


class Duties(Dated):
    """All standing duties, and the posts that they name."""

    id: Literal["duties"]
    zh: str
    en: str
    cites: dict[str, Cite]
    posts: dict[str, Worded]
    undone: Undone
    duties: tuple[Duty, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _sound(self) -> Duties:
        cites = [*(one.cite for one in self.duties), *(one.cite for one in self.posts.values()), self.undone.cite]
        known("cite", cites, self.cites)
        known("post", [post for one in self.duties for post in one.posts], self.posts)
        if len({one.id for one in self.duties}) < len(self.duties):
            raise ValueError("an entry stands twice")
        return self

    def of(self, kinds: list[Kind]) -> tuple[Duty, ...]:
        """Return the duties of a vendor that gives some kinds of service."""
        data = any(one.data for one in kinds)
        return tuple(one for one in self.duties if data or not one.data)


def load_duties(folder: Path, kinds: Kinds | None = None) -> Duties:
    """Return the duties of a rule book. Raises Problem ZS401 (unreadable), ZS650 (content wrong)."""
    found: Duties = read(file_text(folder / "vendors" / FILE), FILE, Duties)
    documents = (kinds or load_kinds(folder)).documents
    for one in found.duties:
        if one.document not in documents or documents[one.document].about != "vendor":
            raise Problem("ZS650", file=FILE, where=one.id, reason=f"no paper of vendors: {one.document}")
    acts = {act.id for act in load_sanctions(folder).acts}
    for one in found.duties:
        if one.act and one.act not in acts:
            raise Problem("ZS650", file=FILE, where=one.id, reason=f"no act of the table of sanctions: {one.act}")
    return found
