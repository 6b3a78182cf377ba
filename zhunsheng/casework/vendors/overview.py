"""A vendor as pages show it: the list with the worst first, and the file with its timeline."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import named, said
from zhunsheng.casework.vendors import assessing, library, queries
from zhunsheng.casework.vendors.models import NegativeEntry, ServiceLine, Vendor, VendorPaper
from zhunsheng.casework.vendors.queries import Expiry, Hit
from zhunsheng.casework.vendors.states import OVER, SERVING, LineState
from zhunsheng.kernel.time import SHANGHAI

SHOWS = ("ending", "ended", "listed", "open")


@dataclass(frozen=True, slots=True)
class Row:
    """A vendor of the list: its lines, how many papers have ended or end soon, its hits and open cases."""

    vendor: Vendor
    lines: list[ServiceLine]
    ended: int
    ending: int
    hits: list[Hit]
    open_cases: int

    @property
    def worse(self) -> tuple[Any, ...]:
        """What comes first: listed, papers ended, work stopped, papers that end, cases in hand."""
        stopped = sum(one.state in (LineState.SUSPENDED, LineState.PART_SUSPENDED) for one in self.lines)
        return (-len(self.hits), -self.ended, -stopped, -self.ending, -self.open_cases, self.vendor.name)


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a timeline: the day, what happened, and where it leads."""

    on: date
    kind: str
    words: str
    case: int | None = None


@dataclass(frozen=True, slots=True)
class File:
    """All that a vendor's page shows."""

    lines: list[dict[str, Any]]
    papers: list[dict[str, Any]]
    people: list[Any]
    devices: list[Any]
    facts: list[Any]
    cases: list[Case]
    hits: list[Hit]
    timeline: list[Moment]


def rows(scope: Scope, day: date, kind: str = "", state: str = "", show: str = "") -> list[Row]:
    """Return the vendors in view, the worst first, narrowed by kind and state of a line or by what ails them."""
    lines, papers, open_cases = defaultdict(list), defaultdict(list), defaultdict(int)
    for line in queries.lines(scope):
        lines[line.institution_id].append(line)
    for paper in queries.papers(scope).filter(accepted=True):
        papers[paper.institution_id].append(paper)
    for code in (
        cases.cases(scope).filter(closed_at=None).exclude(cycle="service_line").values_list("institution_id", flat=True)
    ):
        open_cases[code] += 1
    found = []
    for vendor in queries.vendors(scope):
        code = vendor.institution_id
        mine = [line for line in lines[code] if (not kind or line.kind == kind) and (not state or line.state == state)]
        if mine or not (kind or state):
            found.append(_row(vendor, mine, queries.expiries(papers[code], day), open_cases[code], day))
    asked = {"ended": lambda r: r.ended, "ending": lambda r: r.ending, "listed": lambda r: r.hits,
             "open": lambda r: r.open_cases}  # fmt: skip
    return sorted((one for one in found if not show or asked[show](one)), key=lambda one: one.worse)


def _row(vendor: Vendor, lines: list[ServiceLine], ends: list[Expiry], open_cases: int, day: date) -> Row:
    furthest = max(library.kinds().watch)
    ended = sum(one.left <= 0 for one in ends)
    ending = sum(0 < one.left <= furthest for one in ends)
    current = [one for one in lines if one.state not in OVER]
    hits = {
        hit.id: hit for one in current for hit in queries.negative_hits(vendor.institution_id, one.kind, day, one.body)
    }
    return Row(vendor, lines, ended, ending, list(hits.values()), open_cases)


def counts(found: list[Row]) -> dict[str, int]:
    """Return how many vendors serve, are stopped, are listed, or have papers that ended or end soon."""
    stopped = {LineState.SUSPENDED, LineState.PART_SUSPENDED}
    return {
        "serving": sum(any(line.state in SERVING for line in one.lines) for one in found),
        "stopped": sum(any(line.state in stopped for line in one.lines) for one in found),
        "ended": sum(bool(one.ended) for one in found),
        "ending": sum(bool(one.ending) for one in found),
        "listed": sum(bool(one.hits) for one in found),
    }


def file(scope: Scope, vendor: Vendor, day: date) -> File:
    """Return the file of a vendor in view."""
    code = vendor.institution_id
    lines = list(queries.lines(scope).filter(vendor=vendor))
    papers = list(queries.papers(scope).filter(vendor=vendor))
    about = list(cases.cases(scope).filter(institution_id=code).order_by("-opened_at", "-pk")[:200])
    hits = {hit.id: hit for one in lines for hit in queries.negative_hits(code, one.kind, day, one.body)}
    entries = list(queries.entries(scope).filter(institution_id=code))
    return File(
        lines=[_line(one, day) for one in lines],
        papers=[_paper(one, day) for one in papers],
        people=list(scope.rows(vendor.vendorpersons.all())),
        devices=list(scope.rows(vendor.vendordevices.all())),
        facts=[{"one": one, "name": _name(one.kind)} for one in scope.rows(vendor.vendorfacts.order_by("-on", "-pk"))],
        cases=about,
        hits=list(hits.values()),
        timeline=_timeline(vendor, lines, papers, about, entries),
    )


def _name(kind: str) -> str:
    book = library.kinds()
    criteria = {one.id: one for each in book.kinds for one in each.capability}
    found = book.facts.get(kind) or criteria.get(kind)
    return named(found) if found else kind


def _line(line: ServiceLine, day: date) -> dict[str, Any]:
    """A line with why it takes no new orders today, if it does not."""
    return {"line": line, "refusal": queries.refusal_of(line, day)}


def _paper(paper: VendorPaper, day: date) -> dict[str, Any]:
    document = library.kinds().documents.get(paper.kind)
    end = assessing.ends_on(paper, document) if document else paper.valid_to
    return {"paper": paper, "document": document, "ends_on": end, "left": (end - day).days if end else None}


def _timeline(
    vendor: Vendor,
    lines: list[ServiceLine],
    papers: list[VendorPaper],
    about: list[Case],
    entries: list[NegativeEntry],
) -> list[Moment]:
    book = library.kinds()
    kinds = {one.id: one for one in book.kinds}
    found = [Moment(vendor.registered_at.astimezone(SHANGHAI).date(), "vendor", said("登记", "Registered"))]
    for line in lines:
        word = named(kinds[line.kind]) if line.kind in kinds else line.kind
        found += [
            Moment(date.fromisoformat(on), "line", f"{word} · {LineState(state).label}")
            for on, state, _number in line.history
        ]
    for paper in papers:
        word = named(book.documents[paper.kind]) if paper.kind in book.documents else paper.kind
        found.append(Moment(paper.told_at.astimezone(SHANGHAI).date(), "paper", f"{word} {paper.number}"))
    for case in about:
        opened = case.opened_at.astimezone(SHANGHAI).date()
        found.append(Moment(opened, "case", f"{named(case.life)} {case.number}", case.pk))
    found += [Moment(one.valid_from, "listed", one.ground, one.case_id) for one in entries]
    return sorted(found, key=lambda one: one.on, reverse=True)


def entries(scope: Scope, day: date) -> list[dict[str, Any]]:
    """Return the entries of the site in view, those in force first."""
    names = dict(queries.vendors(scope).values_list("institution_id", "name"))
    found = [
        {"one": one, "name": names.get(one.institution_id, ""), "holds": _holds(one, day)}
        for one in queries.entries(scope)
    ]
    return sorted(found, key=lambda one: not one["holds"])


def _holds(one: NegativeEntry, day: date) -> bool:
    return one.valid_from <= day < one.valid_to and (one.struck_on is None or one.struck_on > day)


def met(scope: Scope, day: date) -> list[tuple[Vendor, list[Hit]]]:
    """Return the vendors in view that are met by a negative list today, with the entries."""
    return [(one.vendor, one.hits) for one in rows(scope, day) if one.hits]


def short_form(code: str, day: date) -> bool:
    """Whether a vendor may enter by the short form."""
    return assessing.rated_for_years(library.kinds(), queries.dossier(code), day)
