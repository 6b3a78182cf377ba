"""A vendor as pages show it: the list with the worst first, and the file with its timeline."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.casework.alerts import queries as alerts
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.words import named
from zhunsheng.casework.ratings import queries as ratings
from zhunsheng.casework.ratings.models import Rating
from zhunsheng.casework.vendors import assessing, library, queries
from zhunsheng.casework.vendors.models import NegativeEntry, ServiceLine, Vendor, VendorPaper
from zhunsheng.casework.vendors.queries import Expiry, Hit
from zhunsheng.casework.vendors.states import OVER, SERVING, LineState

SHOWS = ("ending", "ended", "listed", "open")
#: What a vendor's light can be; without any data of the run it is unknown, and without an alert it is normal.
LIGHTS = ("red", "yellow", "blue", "normal", "unknown")
RATINGS = ("AAA", "AA", "A", "B", "C", "unrated")


@dataclass(frozen=True, slots=True)
class Row:
    """A vendor of the list: its lines, gravest open alert, rating, papers ended or ending soon, hits and open cases.

    ``rating`` is the one in force, ``draft`` a later one that is not in force yet, as far as the reader sees them.
    """

    vendor: Vendor
    lines: list[ServiceLine]
    alerts: list[Alert]
    has_data: bool
    rating: Rating | None
    draft: Rating | None
    ended: int
    ending: int
    hits: list[Hit]
    open_cases: int

    @property
    def alert(self) -> Alert | None:
        """The gravest open alert."""
        return self.alerts[0] if self.alerts else None

    @property
    def light(self) -> str:
        """The colour of the gravest open alert; one that is not graded yet counts as blue."""
        if self.alert:
            return self.alert.colour or "blue"
        return "normal" if self.has_data else "unknown"

    @property
    def standing(self) -> str:
        """The standing in force."""
        return self.rating.standing if self.rating else "unrated"

    @property
    def stopped(self) -> bool:
        """Whether a line is suspended, in whole or in part."""
        return any(one.state in (LineState.SUSPENDED, LineState.PART_SUSPENDED) for one in self.lines)

    @property
    def worse(self) -> tuple[Any, ...]:
        """What comes first: the gravest light, listed, papers ended, work stopped, papers that end, cases in hand."""
        rank = {"red": 0, "yellow": 1, "blue": 2}.get(self.light, 3)
        return (
            rank,
            -len(self.hits),
            -self.ended,
            not self.stopped,
            -self.ending,
            -len(self.alerts),
            -self.open_cases,
            self.vendor.name,
        )


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the list is wanted; an empty word wants all. ``kind``, ``tier``, ``state``, ``member`` are of a line."""

    kind: str = ""
    tier: str = ""
    state: str = ""
    member: str = ""
    light: str = ""
    rating: str = ""
    show: str = ""

    @property
    def of_line(self) -> bool:
        """Whether a vendor must have a line that fits."""
        return bool(self.kind or self.tier or self.state or self.member)

    def fits(self, line: ServiceLine) -> bool:
        """Whether a line is of the wanted kind, tier and state, for the wanted member."""
        plain = all(not wanted or getattr(line, name) == wanted
                    for name, wanted in (("kind", self.kind), ("tier", self.tier), ("state", self.state)))  # fmt: skip
        return plain and (not self.member or queries.serves(line, self.member))

    def keeps(self, row: Row) -> bool:
        """Whether a row has the wanted light and rating, and what it should be shown for."""
        ails = {"ended": row.ended, "ending": row.ending, "listed": row.hits, "open": row.open_cases}
        return (
            (not self.light or row.light == self.light)
            and (not self.rating or row.standing == self.rating)
            and (not self.show or bool(ails[self.show]))
        )


def rows(scope: Scope, day: date, wanted: Wanted | None = None) -> list[Row]:
    """Return the vendors in view, the worst first, narrowed as wanted. So many queries for all, none for each."""
    wanted = wanted or Wanted()
    every, ends, held = _lines(scope), _ends(scope, day), _ratings(scope)
    lit, counted = _alerts(scope), with_data(scope)
    current = (line for lines in every.values() for line in lines if line.state not in OVER)
    hits, open_cases = queries.hits_by_vendor(current, day), _open_cases(scope)
    furthest, found = max(library.kinds().watch), []
    for vendor in queries.vendors(scope):
        code = vendor.institution_id
        lines = [line for line in every[code] if wanted.fits(line)]
        if wanted.of_line and not lines:
            continue
        ended = sum(one.left <= 0 for one in ends[code])
        ending = sum(0 < one.left <= furthest for one in ends[code])
        rating, draft = held.get(code, (None, None))
        found.append(
            Row(vendor, lines, lit[code], code in counted, rating, draft, ended, ending, hits.get(code, []),
                open_cases[code])
        )  # fmt: skip
    return sorted((one for one in found if wanted.keeps(one)), key=lambda one: one.worse)


def _lines(scope: Scope) -> dict[str, list[ServiceLine]]:
    found = defaultdict(list)
    for line in queries.lines(scope):
        found[line.institution_id].append(line)
    return found


def _ends(scope: Scope, day: date) -> dict[str, list[Expiry]]:
    papers, found = queries.papers(scope).filter(accepted=True), defaultdict(list)
    for one in queries.expiries(papers, day):
        found[one.paper.institution_id].append(one)
    return found


def _open_cases(scope: Scope) -> Counter[str]:
    return Counter(cases.cases(scope).filter(closed_at=None).order_by().values_list("institution_id", flat=True))


def _alerts(scope: Scope) -> dict[str, list[Alert]]:
    found = defaultdict(list)
    for one in alerts.alerts(scope):
        found[one.institution_id].append(one)
    return found


def _ratings(scope: Scope) -> dict[str, tuple[Rating | None, Rating | None]]:
    """The rating in force of each vendor, and a later one that is not yet in force."""
    found: dict[str, tuple[Rating | None, Rating | None]] = {}
    for one in ratings.ratings(scope).exclude(outcome="withdrawn"):
        held, draft = found.get(one.institution_id, (None, None))
        if held is None:
            in_force = one.outcome == "in_force"
            found[one.institution_id] = (one if in_force else None, draft if in_force else draft or one)
    return found


def with_data(scope: Scope) -> frozenset[str]:
    """Return the vendors of which the current run has counted anything in view; none before the first run."""
    if scope.file is None or "indicator_count" not in scope.file.tables:
        return frozenset()
    with scope.lake() as reader:
        rows = reader.rows("SELECT DISTINCT subject_id FROM indicator_count WHERE subject_kind = 'vendor'")
    return frozenset(row["subject_id"] for row in rows)


def counts(found: list[Row]) -> dict[str, int]:
    """Return how many vendors serve, are suspended, are listed, have papers that ended or end soon, or some light."""
    return {
        "serving": sum(any(line.state in SERVING for line in one.lines) for one in found),
        **{name: sum(any(line.state == name for line in one.lines) for one in found)
           for name in (LineState.SUSPENDED.value, LineState.PART_SUSPENDED.value)},
        "ended": sum(bool(one.ended) for one in found),
        "ending": sum(bool(one.ending) for one in found),
        "listed": sum(bool(one.hits) for one in found),
        **Counter(one.light for one in found),
    }  # fmt: skip


def lines_of(scope: Scope, vendor: Vendor, day: date) -> list[dict[str, Any]]:
    """Return the lines of a vendor, each with why it takes no new orders on a day, a suspended part left out."""
    lines = list(queries.lines(scope).filter(vendor=vendor))
    told = queries.refusals_of(lines, day, item="-")
    return [{"line": one, "refusal": told[one.pk]} for one in lines]


def hits_of(lines: Iterable[ServiceLine], day: date) -> list[Hit]:
    """Return what of the negative lists meets a vendor through its lines on a day."""
    return [hit for hits in queries.hits_by_vendor(lines, day).values() for hit in hits]


def papers_of(scope: Scope, vendor: Vendor, day: date) -> list[dict[str, Any]]:
    """Return the papers of a vendor with their ends and the days left on a day."""
    return [_paper(one, day) for one in queries.papers(scope).filter(vendor=vendor)]


def facts_of(scope: Scope, vendor: Vendor) -> list[dict[str, Any]]:
    """Return the dated values on file with their names, the latest first."""
    found = scope.rows(vendor.vendorfacts.select_related("told_by").order_by("-on", "-pk"))
    return [{"one": one, "name": _name(one.kind)} for one in found]


def _name(kind: str) -> str:
    book = library.kinds()
    criteria = {one.id: one for each in book.kinds for one in each.capability}
    found = book.facts.get(kind) or criteria.get(kind)
    return named(found) if found else kind


def _paper(paper: VendorPaper, day: date) -> dict[str, Any]:
    document = library.kinds().documents.get(paper.kind)
    end = assessing.ends_on(paper, document) if document else paper.valid_to
    return {"paper": paper, "document": document, "ends_on": end, "left": (end - day).days if end else None}


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
