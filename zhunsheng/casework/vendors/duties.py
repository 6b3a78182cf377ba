"""How a vendor keeps its standing duties on a day, and how many of those that serve do not keep one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from zhunsheng.book.duties import Duties, Duty, load_duties
from zhunsheng.book.vendors import Kind, Worded
from zhunsheng.casework.vendors import assessing, library, queries
from zhunsheng.casework.vendors.models import ServiceLine, VendorPaper
from zhunsheng.kernel.home import rulebook

#: How a duty stands, the worst first.
MARKS = ("ended", "missing", "unchecked", "met")


@dataclass(frozen=True, slots=True)
class Kept:
    """How a duty stands: its mark, the paper behind it with its end, and the posts in which nobody is."""

    duty: Duty
    mark: str
    paper: VendorPaper | None
    ends_on: date | None
    left: int | None
    vacant: tuple[Worded, ...]
    heads: tuple[tuple[Worded, str], ...]

    @property
    def is_met(self) -> bool:
        """Whether it is kept: an accepted paper in force, and every post filled."""
        return self.mark == "met" and not self.vacant


@dataclass(frozen=True, slots=True)
class Share:
    """Of the serving vendors that have a duty, those that do not keep it."""

    duty: Duty
    without: int
    of: int


def duties() -> Duties:
    """Return the duties that the rule book holds now. Raises Problem ZS401, ZS650."""
    return load_duties(rulebook())


def kept(code: str, kinds: Iterable[str], day: date) -> list[Kept]:
    """Return how a vendor with these kinds of service keeps each of its duties, whoever asks."""
    file = queries.dossier(code)
    listed = duties()
    return [_kept(one, listed, file, day) for one in listed.of(_kinds(kinds))]


def _kinds(names: Iterable[str]) -> list[Kind]:
    wanted = set(names)
    return [one for one in library.kinds().kinds if one.id in wanted]


def _kept(one: Duty, listed: Duties, file: assessing.Dossier, day: date) -> Kept:
    document = library.kinds().documents[one.document]
    told = [paper for paper in file.papers if paper.kind == one.document and paper.accepted is not False]
    good = [paper for paper in told if assessing.counts(paper, document, day)]
    best = max(good or told, key=lambda paper: (paper.valid_from, paper.pk), default=None)
    end = assessing.ends_on(best, document) if best else None
    heads = [(listed.posts[post], assessing.held(file.people, post, day)) for post in one.posts]
    filled = tuple((post, people[0].name) for post, people in heads if people)
    vacant = tuple(post for post, people in heads if not people)
    left = (end - day).days if end else None
    return Kept(one, _mark(best, good), best, end, left, vacant, filled)


def _mark(best: VendorPaper | None, good: list[VendorPaper]) -> str:
    if good:
        return "met"
    if best is None:
        return "missing"
    return "ended" if best.accepted else "unchecked"


def shares(lines: Iterable[ServiceLine], day: date) -> list[Share]:
    """Return for each duty how many of the vendors of some lines have it and do not keep it."""
    kinds: dict[str, set[str]] = {}
    for line in lines:
        kinds.setdefault(line.institution_id, set()).add(line.kind)
    told = [one for code, names in sorted(kinds.items()) for one in kept(code, names, day)]
    return [
        Share(duty, sum(not one.is_met for one in told if one.duty == duty), sum(one.duty == duty for one in told))
        for duty in duties().duties
    ]
