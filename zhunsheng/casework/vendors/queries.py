"""Reads of vendors: who sees whom, their file, their review of a day, the negative list, whether work is refused."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import QuerySet

from zhunsheng.book.vendors import Kind
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.bodies.scope import members as members_of
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import assessing, gate, library
from zhunsheng.casework.vendors.gate import Gate, Held, Hit, Refusal
from zhunsheng.casework.vendors.models import (
    Assessment,
    NegativeEntry,
    ServiceLine,
    Vendor,
    VendorDevice,
    VendorFact,
    VendorPaper,
    VendorPerson,
)
from zhunsheng.casework.vendors.states import OVER, SERVING, LineState
from zhunsheng.kernel.errors import Problem

#: Life-cycles of its own entry and service, of routine checks, complaints, agreements and ratings: none of them speaks
#: against a vendor, and an agreement stays open for its whole term. No "open case elsewhere".
OWN_CYCLES = (
    "vendor_entry", "service_line", "vendor_review", "vendor_check", "vendor_complaint", "service_agreement",
    "vendor_rating", "price_exception",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expiry:
    """A paper that ends, with the first day on which it no longer counts, and the days left (negative: ended)."""

    paper: VendorPaper
    zh: str
    en: str
    ends_on: date
    left: int


def codes_for(leads: frozenset[str]) -> frozenset[str]:
    """Return the codes of the vendors that serve, served or apply to the consortia led by some institutions.

    Asked while a reader's scope is being found, so before there is a wall to ask behind.
    """
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(body__institution_code__in=leads).exclude(body__institution_code="")
        return frozenset(found.values_list("institution_id", flat=True).distinct())


@dataclass(frozen=True, slots=True)
class Licence:
    """A paper as the public learns of it; ``holds`` is whether it counted on the day, None where none is on file."""

    zh: str
    en: str
    number: str
    issuer: str
    valid_from: date | None
    ends_on: date | None
    holds: bool | None


def vendors(scope: Scope) -> QuerySet[Vendor]:
    """Return the vendors in view, by name."""
    return scope.rows(Vendor.objects.all())


def codes(scope: Scope) -> set[str]:
    """Return the codes of the vendors in view: the names of all are open, the file of one is not."""
    return set(vendors(scope).order_by().values_list("institution_id", flat=True))


def registered(code: str) -> Vendor:
    """Return the vendor of a code, whoever asks. Raises Problem ZS701 for a code that nobody registered."""
    with walls.within(walls.SITE):
        found = Vendor.objects.filter(institution_id=code).first()
    if found is None:
        raise Problem("ZS701")
    return found


def one(scope: Scope, code: str) -> Vendor | None:
    """Return a vendor in view by its code, or None."""
    return vendors(scope).filter(institution_id=code).first()


def lines(scope: Scope) -> QuerySet[ServiceLine]:
    """Return the service lines in view with vendor, consortium and cases."""
    return scope.rows(ServiceLine.objects.select_related("vendor", "body", "entry", "life"))


def papers(scope: Scope) -> QuerySet[VendorPaper]:
    """Return the papers in view."""
    return scope.rows(VendorPaper.objects.select_related("vendor", "told_by", "checked_by"))


def people(scope: Scope, code: str) -> QuerySet[VendorPerson]:
    """Return the people of a vendor in view."""
    return scope.rows(VendorPerson.objects.filter(institution_id=code))


def entries(scope: Scope) -> QuerySet[NegativeEntry]:
    """Return the entries of negative lists in view."""
    return scope.rows(NegativeEntry.objects.select_related("case", "body"))


def dossier(code: str) -> assessing.Dossier:
    """Return a vendor's file as the review takes it, whoever asks: a case is judged by the whole of it."""
    return dossiers([code])[code]


def dossiers(codes: list[str]) -> dict[str, assessing.Dossier]:
    """Return the files of several vendors as the review takes them, whoever asks."""
    with walls.within(walls.SITE):
        parts = [_by_code(model, codes) for model in (VendorPaper, VendorPerson, VendorDevice, VendorFact)]
        about = cases.every_about(*codes).filter(closed_at=None, party_sees=True).exclude(cycle__in=OWN_CYCLES)
        open_cases = Counter(about.values_list("institution_id", flat=True))
    return {code: assessing.Dossier(*(part[code] for part in parts), open_cases[code]) for code in codes}


def _by_code(model: type[Any], codes: list[str]) -> dict[str, list[Any]]:
    found = defaultdict(list)
    for one in model.objects.filter(institution_id__in=codes):
        found[one.institution_id].append(one)
    return found


def review(code: str, kind: Kind, day: date) -> assessing.Review:
    """Return the three-dimensional review of a vendor for a kind of service on a day."""
    return assessing.review(library.kinds(), kind, dossier(code), day)


def serving(code: str, kind: str) -> ServiceLine | None:
    """Return a line of a vendor through which it may be reviewed: one that serves or is suspended."""
    with walls.within(walls.SITE):
        wanted = {*SERVING, LineState.SUSPENDED}
        return ServiceLine.objects.filter(institution_id=code, kind=kind, state__in=wanted).first()


def line_of(case: Case) -> ServiceLine | None:
    """Return the line that a case is about: of its entry, of its life, or of its review."""
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(institution_id=case.institution_id, body=case.body)
        if case.cycle == "vendor_entry":
            return found.filter(entry=case).first()
        if case.cycle == "service_line":
            return found.filter(life=case).first()
        opened = case.events.order_by("sequence").first()
        kind = opened.fields.get("kind", "") if opened else ""
        return found.filter(kind=kind).exclude(state__in=OVER).first()


def reviews(life: Case, *, open_only: bool = False) -> list[Case]:
    """Return the re-reviews of the line that a case of life is about, newest first; cancelled ones left out."""
    with walls.within(walls.SITE):
        found = cases.every_about(life.institution_id).filter(cycle="vendor_review", body=life.body)
        found = found.filter(closed_at=None) if open_only else found.exclude(state="cancelled")
        opened = life.events.order_by("sequence").first()
        kind = opened.fields.get("kind") if opened else ""
        told = found.prefetch_related("events").order_by("-opened_at", "-pk")
        return [one for one in told if any(event.fields.get("kind") == kind for event in one.events.all())]


def negative_hits(code: str, kind: str, day: date, body: Body | None = None) -> list[Hit]:
    """Return what of the negative lists meets a vendor on a day for a kind of service.

    Entries of an authority hold for all; those of a consortium for itself, or for nobody where none is named.
    """
    return gate.hits(code, kind, day, _held({code})[code], body.pk if body else None)


def hits_by_vendor(lines: Iterable[ServiceLine], day: date) -> dict[str, list[Hit]]:
    """Return what of the negative lists meets the vendors of some lines on a day, by vendor: few queries for all."""
    asked = list(lines)
    known, found = _held({line.institution_id for line in asked}), defaultdict(dict)
    for line in asked:
        met = gate.hits(line.institution_id, line.kind, day, known[line.institution_id], line.body_id)
        found[line.institution_id].update((hit.id, hit) for hit in met)
    return {code: sorted(hits.values(), key=lambda one: one.id) for code, hits in found.items()}


def serves(line: ServiceLine, member: str) -> bool:
    """Whether a line is for a member: one that it names, or any of its consortium where it names none."""
    lead = line.body.institution_code
    return gate.serves(line, member, members_of(lead) if line.body.kind == BodyKind.CONSORTIUM else frozenset())


def refused(vendor_id: str, service_kind: str, day: date, *, member: str = "", item: str = "") -> Refusal | None:
    """Return why a new order of a kind of service may not go to a vendor on a day, or None where it may.

    ``member``: the institution that orders, whose consortium's line then counts; ``item``: what is ordered, for a line
    that is suspended in part. Work done before is settled whatever this says. Raises Problem ZS651.
    """
    return held([vendor_id]).refused(vendor_id, service_kind, day, member=member, item=item)


def held(codes: Iterable[str] | None = None) -> Gate:
    """Return what new orders are judged by, of some vendors or of all, in a fixed number of queries; whoever asks."""
    with walls.within(walls.SITE):
        rows = ServiceLine.objects.select_related("vendor", "body", "life", "entry").order_by("vendor", "kind", "pk")
        found = list(rows if codes is None else rows.filter(institution_id__in=list(codes)))
    leads = {line.body.institution_code for line in found if line.body.kind == BodyKind.CONSORTIUM}
    lines = defaultdict(list)
    for line in found:
        lines[line.institution_id, line.kind].append(line)
    known = _held({one.institution_id for one in found})
    return Gate(dict(lines), known, {lead: members_of(lead) for lead in leads})


def _held(codes: set[str]) -> dict[str, Held]:
    named = sorted(codes)
    files, entries = dossiers(named), defaultdict(list)
    for one in _entries(named):
        entries[one.institution_id].append(one)
    return {code: Held(files[code], tuple(entries[code])) for code in named}


def _entries(codes: list[str]) -> list[NegativeEntry]:
    with walls.within(walls.SITE):
        return list(NegativeEntry.objects.filter(institution_id__in=codes).select_related("body", "case"))


def expiries(found: Iterable[VendorPaper], day: date) -> list[Expiry]:
    """Return the accepted papers with their ends, soonest first; of one kind and subject the one that lasts longest.

    A paper without an end is left out.
    """
    book, last = library.kinds(), {}
    for paper in found:
        document = book.documents.get(paper.kind)
        if document is None or not paper.accepted:
            continue
        end = assessing.ends_on(paper, document) or date.max
        key = (paper.institution_id, paper.kind, paper.subject)
        if key not in last or end > last[key].ends_on:
            last[key] = Expiry(paper, document.zh, document.en, end, (end - day).days)
    return sorted((one for one in last.values() if one.ends_on != date.max), key=lambda one: one.ends_on)


def refusal_of(line: ServiceLine, day: date) -> Refusal | None:
    """Return why a line takes no new orders on a day, or None where it does; a part that is suspended is left out."""
    mine = _held({line.institution_id})[line.institution_id]
    return gate.of_line(line, library.kinds().kind(line.kind), day, "-", mine)


def refusals_of(lines: Iterable[ServiceLine], day: date, item: str = "") -> dict[int, Refusal | None]:
    """Return why each line takes no new work on a day, as for the whole of it, by line: few queries for all."""
    asked = list(lines)
    known = _held({line.institution_id for line in asked})
    return {
        line.pk: gate.of_line(line, library.kinds().kind(line.kind), day, item, known[line.institution_id])
        for line in asked
    }


def assessments(scope: Scope, case: Case) -> QuerySet[Assessment]:
    """Return the reviews that were kept with the steps of a case, newest first."""
    return scope.rows(Assessment.objects.filter(case=case)).order_by("-pk")


def devices() -> list[VendorDevice]:
    """Return the devices of all vendors of the site, for what is counted and never shown."""
    return list(VendorDevice.objects.order_by("pk"))


def accepted_papers() -> list[VendorPaper]:
    """Return the accepted papers of all vendors of the site, for what is counted and never shown."""
    return list(VendorPaper.objects.filter(accepted=True))


def lines_about(code: str, kind: str = "", state: str = "") -> list[ServiceLine]:
    """Return the lines of a vendor, of a kind and in a state where these are named; whoever asks."""
    asked = {name: value for name, value in (("kind", kind), ("state", state)) if value}
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(institution_id=code, **asked)
        return list(found.select_related("life", "vendor", "body"))


def line_of_life(life: int | None) -> ServiceLine | None:
    """Return the line whose life a case is, by its key; whoever asks."""
    with walls.within(walls.SITE):
        return ServiceLine.objects.filter(life=life).select_related("life", "vendor").first()


def lines_in(states: Iterable[str]) -> list[ServiceLine]:
    """Return the lines of the site in some states; whoever asks."""
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(state__in=list(states)).select_related("body", "vendor", "life")
        return list(found.order_by("pk"))


def lines_entered() -> list[ServiceLine]:
    """Return the lines of the site that serve or served, by the name of the vendor; whoever asks."""
    with walls.within(walls.SITE):
        found = ServiceLine.objects.exclude(entered_on=None).select_related("vendor", "body")
        return sorted(found, key=lambda line: (line.vendor.name, line.kind))


def revenue_of(code: str) -> int | None:
    """Return the yearly revenue of a vendor in fen, or None where it is not on file; whoever asks."""
    with walls.within(walls.SITE):
        return Vendor.objects.filter(institution_id=code).values_list("yearly_revenue_fen", flat=True).first()


def kinds_entered(code: str) -> tuple[str, ...]:
    """Return the kinds of service for which a vendor entered, now or before; whoever asks."""
    return tuple(sorted({line.kind for line in lines_entered() if line.institution_id == code}))


def name_of(code: str) -> str:
    """Return the name of a vendor, its code where it is not registered; whoever asks."""
    with walls.within(walls.SITE):
        return Vendor.objects.filter(institution_id=code).values_list("name", flat=True).first() or code


def licences(code: str, kind: str, day: date) -> list[Licence]:
    """Return the papers of a vendor that the rule book lets the public see, as they stood on a day; whoever asks.

    Of a kind of paper the one that counted then; where none did, the last one on file, which did not hold.
    """
    book = library.kinds()
    with walls.within(walls.SITE):
        known = list(VendorPaper.objects.filter(institution_id=code, subject="", accepted=True))
    named = [name for name in book.papers(book.kind(kind)) if book.documents[name].public]
    return [_licence(name, [one for one in known if one.kind == name], day) for name in named]


def _licence(name: str, papers: list[VendorPaper], day: date) -> Licence:
    document = library.kinds().documents[name]
    begun = [one for one in papers if one.valid_from <= day]
    good = [one for one in begun if assessing.counts(one, document, day)]
    best = max(good or begun, key=lambda one: (one.valid_from, one.pk), default=None)
    if best is None:
        return Licence(document.zh, document.en, "", "", None, None, None)
    end = assessing.ends_on(best, document)
    return Licence(document.zh, document.en, best.number, best.issuer, best.valid_from, end, bool(good))


def kept_reviews(scope: Scope, code: str) -> QuerySet[Assessment]:
    """Return the reviews of a vendor that were kept, in view."""
    return scope.rows(Assessment.objects.filter(institution_id=code)).select_related("case")


def entered_before(body: Body, day: date) -> set[str]:
    """Return the codes of the vendors that had entered at a body before a day; asked within the wall of the site."""
    found = ServiceLine.objects.filter(body=body, entered_on__lt=day)
    return set(found.values_list("institution_id", flat=True))


def names_of(codes: Iterable[str]) -> dict[str, str]:
    """Return the names of vendors by code; asked within the wall of the site."""
    found = Vendor.objects.filter(institution_id__in=set(codes)).order_by("institution_id")
    return dict(found.values_list("institution_id", "name"))
