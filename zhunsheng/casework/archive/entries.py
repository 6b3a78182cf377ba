"""Entries of a service archive: one line per thing that happened, whatever app keeps it. Nothing is kept here.

Each gatherer asks through the scope of the reader, so that the archive shows nobody more than the pages that it leads
to. What machines found and nobody confirmed is a lead, and is told as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from zhunsheng.casework.agreements import library as clauses
from zhunsheng.casework.agreements import queries as agreements
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.words import about, named
from zhunsheng.casework.vendors import library, queries
from zhunsheng.casework.vendors.models import Vendor, VendorPaper
from zhunsheng.casework.vendors.states import LineState, Mark
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import SHANGHAI

#: Kinds of entries in the order in which a filter offers them.
KINDS: dict[str, Any] = {
    "entry": gettext_lazy("准入"), "paper": gettext_lazy("证照"), "line": gettext_lazy("服务线"),
    "staff": gettext_lazy("人员与设备"), "agreement": gettext_lazy("合同"), "price": gettext_lazy("价格"),
    "check": gettext_lazy("检查"), "light": gettext_lazy("预警"), "finding": gettext_lazy("疑点"),
    "case": gettext_lazy("案件与决定"), "rectification": gettext_lazy("整改"), "complaint": gettext_lazy("投诉"),
    "incident": gettext_lazy("事件"), "survey": gettext_lazy("满意度"), "review": gettext_lazy("评估与复核"),
    "rating": gettext_lazy("信用评级"), "sanction": gettext_lazy("处理决定"), "negative": gettext_lazy("负面清单"),
    "conflict": gettext_lazy("利益冲突"), "exit": gettext_lazy("退出"), "report": gettext_lazy("报告"),
}  # fmt: skip
#: Under which kind the steps of a life-cycle stand; those of others are cases.
OF_CYCLE = {
    "vendor_entry": "entry", "service_line": "line", "vendor_review": "review", "negative_entry": "negative",
    "service_agreement": "agreement", "conflict_check": "conflict", "interest_declaration": "conflict",
    "vendor_alert": "light", "vendor_rating": "rating", "vendor_check": "check", "vendor_complaint": "complaint",
    "vendor_incident": "incident", "vendor_survey": "survey", "vendor_sanction": "sanction", "vendor_exit": "exit",
    "rectification": "rectification", "clue": "finding", "supervision_report": "report", "quality_paper": "report",
    "price_exception": "price",
}  # fmt: skip
#: States in which an alert is what a run found and nobody has acted on: a lead.
UNCONFIRMED = frozenset({"raised", "blue", "yellow", "red"})
#: How much of a reason a line of the archive quotes, in characters.
QUOTED = 120
#: Fields of a step that say most about it, the first that is there.
TELLING = (
    "opinion",
    "reason",
    "statement",
    "facts",
    "content",
    "finding",
    "measure",
    "what",
    "result",
    "note",
    "ground",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the archive.

    ``path`` names the page that it leads to with its arguments and the words of its address; empty for none.
    ``lead``: found by a machine and confirmed by nobody. ``evidence`` is the row of the log that proves it.
    """

    on: date
    kind: str
    words: str
    told: str = ""
    number: str = ""
    path: tuple[str, tuple[Any, ...]] | tuple[()] = ()
    query: str = ""
    lead: bool = False
    evidence: int | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of an archive is wanted: kinds (none: all), the first day and the last."""

    kind: str = ""
    since: date | None = None
    until: date | None = None

    def holds(self, entry: Entry) -> bool:
        """Whether an entry is wanted."""
        return (
            (not self.kind or entry.kind == self.kind)
            and (self.since is None or entry.on >= self.since)
            and (self.until is None or entry.on <= self.until)
        )


Gatherer = Callable[..., Iterable[Entry]]


def entries(scope: Scope, vendor: Vendor, wanted: Wanted, more: Iterable[Gatherer] = ()) -> list[Entry]:
    """Return the entries in view about a vendor in view, the latest first; ``more`` gather from elsewhere."""
    found = [
        entry for gather in (*GATHERERS, *more) for entry in gather(scope, vendor) if wanted.holds(entry)
    ]  # fmt: skip
    return _sorted(found)


def latest(scope: Scope, vendor: Vendor, most: int, more: Iterable[Gatherer] = ()) -> list[Entry]:
    """Return the latest entries in view about a vendor in view, the same as the first of ``entries``.

    Gatherers of much are asked for no more than their own latest.
    """
    found = [entry for gather in (*GATHERERS, *more) for entry in gather(scope, vendor, most)]
    return _sorted(found)[:most]


def _sorted(found: list[Entry]) -> list[Entry]:
    return sorted(found, key=lambda one: (one.on, one.order, one.number, one.words), reverse=True)


def _day(moment: datetime) -> date:
    return moment.astimezone(SHANGHAI).date()


def of_file(scope: Scope, vendor: Vendor, _most: int | None = None) -> Iterator[Entry]:
    """The registration, papers, people and devices, and the values on file."""
    code = vendor.institution_id
    yield Entry(_day(vendor.registered_at), "entry", _("登记"), vendor.name, path=("vendor", (code,)))
    book = library.kinds()
    for paper in queries.papers(scope).filter(vendor=vendor):
        known = book.documents.get(paper.kind)
        words = str(named(known)) if known else paper.kind
        told = _("有效期 {first} 至 {last}").format(first=paper.valid_from, last=paper.valid_to or _("未写明"))
        where: Any = ("vendor-part", (code, "papers"))
        yield Entry(_day(paper.told_at), "paper", _("录入 {paper}").format(paper=words), told, paper.number, where)
        if paper.checked_at:
            yield Entry(_day(paper.checked_at), "paper", _checked(paper, words), paper.reason, paper.number, where)
    where = ("vendor-part", (code, "people"))
    for person in scope.rows(vendor.vendorpersons.all()):
        yield Entry(person.valid_from, "staff", _("到岗"), f"{person.name} {person.profession}", path=where)
    for device in scope.rows(vendor.vendordevices.all()):
        yield Entry(device.valid_from, "staff", _("启用设备"), f"{device.name} {device.model}", path=where)


def _checked(paper: VendorPaper, words: str) -> str:
    told = _("核验通过 {paper}") if paper.accepted else _("核验未通过 {paper}")
    return told.format(paper=words)


def of_lines(scope: Scope, vendor: Vendor, _most: int | None = None) -> Iterator[Entry]:
    """How the service lines stood, day by day."""
    kinds = {one.id: str(named(one)) for one in library.kinds().kinds}
    for line in queries.lines(scope).filter(vendor=vendor):
        word = kinds.get(line.kind, line.kind)
        for on, state, number in line.history:
            told = f"{word} · {LineState(state).label}"
            path: Any = ("case", (line.life_id or line.entry_id,)) if line.life_id or line.entry_id else ()
            yield Entry(date.fromisoformat(on), "line", told, str(line.body), number, path, order=1)


def of_reviews(scope: Scope, vendor: Vendor, _most: int | None = None) -> Iterator[Entry]:
    """The three-dimensional reviews as they were kept."""
    for one in queries.kept_reviews(scope, vendor.institution_id):
        told = _("{mark}，能力 {low} 至 {high} 分").format(mark=Mark(one.mark).label, low=one.low, high=one.high)
        yield Entry(one.on, "review", _("三维评审"), told, one.case.number, ("vendor-review", (one.case_id,)), order=2)


def of_agreements(scope: Scope, vendor: Vendor, _most: int | None = None) -> Iterator[Entry]:
    """What was promised and priced in agreements, from the day on which it holds."""
    held = {one.pk: one for one in agreements.agreements(scope).filter(vendor=vendor)}
    units = clauses.clauses()
    promised, priced = agreements.parts_of(held.values())
    for value in promised:
        one = held[value.agreement_id]
        words = _("约定 {name}").format(name=_promised(units, value.indicator))
        yield Entry(value.valid_from, "agreement", words, plain(value.value_e4, 4), one.case.number,
                    ("agreement", (one.pk,)))  # fmt: skip
    for price in priced:
        one = held[price.agreement_id]
        told = f"{plain(price.unit_price_e6, 6)} {_('元')} {price.reason}".strip()
        words = _("合同价格 {item}").format(item=price.item_name)
        yield Entry(price.valid_from, "price", words, told, one.case.number, ("agreement", (one.pk,)))


def _promised(book: Any, indicator: str) -> str:
    found = next((one for one in getattr(book, "sla", ()) if one.id == indicator), None)
    return str(named(found)) if found else indicator


def of_cases(scope: Scope, vendor: Vendor, most: int | None = None) -> Iterator[Entry]:
    """The steps of all cases about the vendor that the reader may see, each with its row of evidence."""
    for case, event, whole in cases.steps_about(scope, vendor.institution_id, most):
        yield _step(case, event, whole=whole)


def _step(case: Case, event: CaseEvent, *, whole: bool) -> Entry:
    kind = OF_CYCLE.get(case.cycle, "case")
    name = _("立案") if event.kind == "opened" else str(about(case.life, event.about))
    lead = (kind == "light" and case.state in UNCONFIRMED) or (kind == "finding" and case.closed_at is None)
    return Entry(
        on=event.day,
        kind=kind,
        words=f"{named(case.life)} · {name}",
        told=_told(case, event, whole=whole),
        number=case.number,
        path=("case", (case.pk,)),
        lead=lead,
        evidence=event.evidence,
        order=event.sequence,
    )


def _told(case: Case, event: CaseEvent, *, whole: bool) -> str:
    """What a step says, shortened; of fields that are kept from the party nothing to the party."""
    life = case.life
    needs = life.opening.needs if event.about == life.name else _needs(life, event.about)
    open_ = {one.id: one for one in needs if whole or not one.internal}
    for name in TELLING:
        value = event.fields.get(name)
        if value and name in open_:
            one = open_[name]
            text = str(named(_Pair(*one.choices[value]))) if one.kind == "choice" else str(value)
            return f"{text[:QUOTED]}…" if len(text) > QUOTED else text
    return str(about(life, event.to_state))


def _needs(life: Any, move: str) -> tuple[Any, ...]:
    return next((one.needs for one in life.moves if one.id == move), ())


@dataclass(frozen=True, slots=True)
class _Pair:
    zh: str
    en: str


GATHERERS: tuple[Gatherer, ...] = (of_file, of_lines, of_reviews, of_agreements, of_cases)
