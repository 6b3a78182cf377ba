"""The three-dimensional review as a pure function: a vendor's dossier, the rule book and a day in, points out.

Missing is unknown and never met. A capability score is a range: an unmeasured criterion counts as 0 in its low end and
as 100 in its high end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from zhunsheng.book.vendors import Criterion, Document, Fact, Kind, Kinds
from zhunsheng.casework.vendors.models import VendorDevice, VendorFact, VendorPaper, VendorPerson
from zhunsheng.casework.vendors.states import Answer, Dimension, Mark


@dataclass(frozen=True, slots=True)
class Dossier:
    """What a vendor's file holds: papers, people, devices, facts, and how many cases elsewhere are open."""

    papers: Sequence[VendorPaper]
    people: Sequence[VendorPerson]
    devices: Sequence[VendorDevice]
    facts: Sequence[VendorFact]
    open_cases: int = 0


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a review. ``evidence`` names what it rests on; ``low`` and ``high`` are scores of a criterion."""

    dimension: str
    id: str
    zh: str
    en: str
    mark: str
    evidence: str
    cite: str
    ends_on: str = ""
    low: int = 0
    high: int = 0
    weight: int = 0

    @property
    def plain(self) -> dict[str, Any]:
        """The point as it is kept."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Review:
    """All points, the capability range, and what they come to."""

    points: tuple[Point, ...]
    low: int
    high: int
    least: int

    @property
    def mark(self) -> str:
        """Met where every point is met and the low end reaches the least score; unmet where it cannot be."""
        marks = {one.mark for one in self.points if one.dimension != Dimension.CAPABILITY}
        if Mark.UNMET in marks or self.high < self.least:
            return Mark.UNMET
        return Mark.UNKNOWN if Mark.UNKNOWN in marks or self.low < self.least else Mark.MET

    def of(self, dimension: str) -> list[Point]:
        """Return the points of a dimension."""
        return [one for one in self.points if one.dimension == dimension]

    def qualified(self) -> bool:
        """Whether all points but those of capability are met."""
        return all(one.mark == Mark.MET for one in self.points if one.dimension != Dimension.CAPABILITY)


def review(book: Kinds, kind: Kind, dossier: Dossier, day: date) -> Review:
    """Return the review of a vendor for a kind of service on a day."""
    papers = [point for name in book.papers(kind) for point in _papers(book, name, dossier, day)]
    credit = [_fact(book, name, dossier, day) for name in book.credit]
    measured = [_measured(book, one, dossier, day) for one in kind.capability]
    low, high = (sum(getattr(one, end) * one.weight for one in measured) // 100 for end in ("low", "high"))
    least = book.pass_score.least if measured else 0
    return Review((*papers, *measured, *credit), low, high, least)


def ends_on(paper: VendorPaper, document: Document) -> date | None:
    """Return the first day on which a paper no longer counts; None for one that stands until it is withdrawn."""
    by_age = paper.valid_from + timedelta(days=document.valid_days) if document.valid_days else None
    return min((one for one in (paper.valid_to, by_age) if one), default=None)


def counts(paper: VendorPaper, document: Document, day: date) -> bool:
    """Whether a paper counts on a day: checked by another person, begun and not ended."""
    end = ends_on(paper, document)
    return bool(paper.accepted) and paper.valid_from <= day and (end is None or day < end)


def held(people: Iterable[Any], role: str, day: date) -> list[Any]:
    """Return people or devices of a role on a day."""
    return [
        one for one in people if one.role == role and one.valid_from <= day and (not one.valid_to or day < one.valid_to)
    ]


def _papers(book: Kinds, name: str, dossier: Dossier, day: date) -> list[Point]:
    """One point for a paper of the vendor, one for each person or device of the role for the others."""
    document = book.documents[name]
    cite = book.cites[document.cite].zh
    if document.about == "vendor":
        return [_paper(name, "", "", document, dossier, day, cite)]
    among: Sequence[Any] = dossier.people if document.about == "person" else dossier.devices
    found = held(among, document.of, day)
    if not found:  # nobody on file is no proof that nobody is needed
        return [Point(Dimension.QUALIFICATION, name, document.zh, document.en, Mark.UNKNOWN, "", cite)]
    keys = [(one.practitioner_id if document.about == "person" else one.device_id, one.name) for one in found]
    return [_paper(name, key, called, document, dossier, day, cite) for key, called in keys]


def _paper(name: str, key: str, called: str, document: Document, dossier: Dossier, day: date, cite: str) -> Point:
    told = [one for one in dossier.papers if one.kind == name and one.subject == key]
    good = [one for one in told if counts(one, document, day)]
    zh, en = (f"{document.zh}：{called}", f"{document.en}: {called}") if called else (document.zh, document.en)
    if not good:
        expired = any(one.accepted and (end := ends_on(one, document)) and end <= day for one in told)
        mark = Mark.UNMET if expired else Mark.UNKNOWN
        number = told[0].number if told else ""
        return Point(Dimension.QUALIFICATION, f"{name}:{key}" if key else name, zh, en, mark, number, cite)
    best = max(good, key=lambda one: ends_on(one, document) or date.max)
    end = ends_on(best, document)
    return Point(
        Dimension.QUALIFICATION, f"{name}:{key}" if key else name, zh, en, Mark.MET, best.number, cite,
        ends_on=str(end or ""),
    )  # fmt: skip


def latest(dossier: Dossier, kind: str, day: date) -> VendorFact | None:
    """Return the last value of a kind known on a day."""
    known = [one for one in dossier.facts if one.kind == kind and one.on <= day]
    return max(known, key=lambda one: (one.on, one.pk or 0), default=None)


def _fact(book: Kinds, name: str, dossier: Dossier, day: date) -> Point:
    fact, found = book.facts[name], latest(dossier, name, day)
    cite, elsewhere = book.cites[fact.cite].zh, dossier.open_cases if name == "open_elsewhere" else 0
    mark, evidence = _answer(fact, found, day), f"{found.on} {found.source}" if found else ""
    if elsewhere:
        mark, evidence = Mark.UNMET, f"{evidence} +{elsewhere}".strip()
    return Point(Dimension.CREDIT, name, fact.zh, fact.en, mark, evidence, cite)


def _answer(fact: Fact, found: VendorFact | None, day: date) -> str:
    if found is None:
        return Mark.UNKNOWN
    if found.value == Answer.SOME:
        return Mark.UNMET if stands(fact, found, day) else Mark.UNKNOWN
    return Mark.MET if (day - found.on).days <= fact.fresh_days else Mark.UNKNOWN


def stands(fact: Fact, found: VendorFact, day: date) -> bool:
    """Whether something recorded still counts against a vendor: for its years, or until another answer is recorded."""
    return not fact.years or (day - found.on).days <= 365 * fact.years + fact.years // 4 + 1


def _measured(book: Kinds, one: Criterion, dossier: Dossier, day: date) -> Point:
    found, cite = latest(dossier, one.id, day), book.cites[one.cite].zh
    known = found is not None and found.numerator is not None and (day - found.on).days <= 365
    known = known and (one.kind == "count" or bool(found.denominator))
    if not known or found is None or found.numerator is None:
        return Point(Dimension.CAPABILITY, one.id, one.zh, one.en, Mark.UNKNOWN, "", cite, high=100, weight=one.weight)
    score = one.score(found.numerator, found.denominator or 1)
    told = f"{found.numerator}/{found.denominator}" if one.kind == "share" else str(found.numerator)
    mark = Mark.MET if score >= book.pass_score.least else Mark.UNMET
    return Point(
        Dimension.CAPABILITY, one.id, one.zh, one.en, mark, f"{told}（{found.on} {found.source}）", cite,
        low=score, high=score, weight=one.weight,
    )  # fmt: skip


def rated_for_years(book: Kinds, dossier: Dossier, day: date) -> bool:
    """Whether the full years before a day, as many as the short form asks, all bear its rating."""
    short = book.short_form
    rated = {
        one.year: one.value for one in sorted(dossier.facts, key=lambda f: (f.on, f.pk or 0)) if one.kind == "rating"
    }
    return all(rated.get(day.year - back) == short.rating for back in range(1, short.years + 1))
