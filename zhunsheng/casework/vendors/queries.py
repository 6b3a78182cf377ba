"""Reads of vendors: who sees whom, their file, their review of a day, the negative list, whether work is refused."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from zhunsheng.book.vendors import Kind, prohibitions_on
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import REGIONAL, Scope
from zhunsheng.casework.bodies.scope import members as members_of
from zhunsheng.casework.cases import queries as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.vendors import assessing, library
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
from zhunsheng.casework.vendors.states import OVER, SERVING, Answer, LineState, Mark
from zhunsheng.kernel.errors import Problem

#: Life-cycles of its own entry and service, of routine checks and complaints: no "open case elsewhere".
OWN_CYCLES = ("vendor_entry", "service_line", "vendor_review", "vendor_check", "vendor_complaint")


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry of a negative list that meets a vendor: what it says, where it stands, and until when."""

    id: str
    zh: str
    en: str
    cite: str
    cite_en: str
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why no new work may be given to a vendor: a word for programs, a sentence, and where it stands."""

    reason: str
    zh: str
    en: str
    cite: str
    cite_en: str


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


def vendors(scope: Scope) -> QuerySet[Vendor]:
    """Return the vendors in view, by name."""
    return scope.rows(Vendor.objects.all())


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


def entries(scope: Scope) -> QuerySet[NegativeEntry]:
    """Return the entries of negative lists in view."""
    return scope.rows(NegativeEntry.objects.select_related("case", "body"))


def dossier(code: str) -> assessing.Dossier:
    """Return a vendor's file as the review takes it, whoever asks: a case is judged by the whole of it."""
    with walls.within(walls.SITE):
        mine = {"institution_id": code}
        about = cases.every_about(code).filter(closed_at=None, party_sees=True).exclude(cycle__in=OWN_CYCLES)
        return assessing.Dossier(
            list(VendorPaper.objects.filter(**mine)),
            list(VendorPerson.objects.filter(**mine)),
            list(VendorDevice.objects.filter(**mine)),
            list(VendorFact.objects.filter(**mine)),
            about.count(),
        )


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
    hits = [*_of_book(code, kind, day), *_of_site(code, kind, day, body)]
    return sorted(hits, key=lambda one: one.id)


def _of_book(code: str, kind: str, day: date) -> list[Hit]:
    book, file = library.kinds(), dossier(code)
    found = []
    for listed, entry in prohibitions_on(library.negative(), day):
        if entry.kinds and kind not in entry.kinds:
            continue
        told = assessing.latest(file, entry.fact, day) if entry.fact else None
        by_fact = told is not None and told.value == Answer.SOME and assessing.stands(book.facts[entry.fact], told, day)
        if code in entry.codes or by_fact:
            cite = listed.cites[entry.cite]
            found.append(Hit(entry.id, entry.zh, entry.en, cite.zh, cite.en, entry.valid_to))
    return found


def _of_site(code: str, kind: str, day: date, body: Body | None) -> list[Hit]:
    with walls.within(walls.SITE):
        rows = NegativeEntry.objects.filter(institution_id=code, valid_from__lte=day, valid_to__gt=day)
        rows = rows.select_related("body", "case")
        held = [one for one in rows if one.struck_on is None or one.struck_on > day]
        held = [one for one in held if one.body.kind in REGIONAL or (body is not None and one.body_id == body.pk)]
        return [
            Hit(one.case.number, one.ground, one.ground, f"{one.body} {one.case.number}", one.case.number, one.valid_to)
            for one in held
            if not one.kinds or kind in one.kinds
        ]


def state_on(line: ServiceLine, day: date) -> str:
    """Return where a line stood at the end of a day; empty before it was applied for."""
    past = [state for on, state, _number in line.history if date.fromisoformat(on) <= day]
    return past[-1] if past else ""


def refused(vendor_id: str, service_kind: str, day: date, *, member: str = "", item: str = "") -> Refusal | None:
    """Return why a new order of a kind of service may not go to a vendor on a day, or None where it may.

    ``member``: the institution that orders, whose consortium's line then counts; ``item``: what is ordered, for a line
    that is suspended in part. Work done before is settled whatever this says. Raises Problem ZS651.
    """
    kind = library.kinds().kind(service_kind)
    with walls.within(walls.SITE):
        rows = ServiceLine.objects.filter(institution_id=vendor_id, kind=service_kind).select_related("body", "life")
        found = [line for line in rows if not member or _serves(line, member)]
        told = [(line, _of_line(line, kind, day, item)) for line in found]
    if not told:
        return _refusal(
            "not_entered", "该第三方服务机构未办理这一服务种类的准入", "the vendor has not entered for this service"
        )
    return None if any(why is None for _line, why in told) else told[-1][1]


def _serves(line: ServiceLine, member: str) -> bool:
    if line.members:
        return member in line.members
    return line.body.kind != BodyKind.CONSORTIUM or member in members_of(line.body.institution_code)


_STATES = {
    LineState.APPLIED: ("not_entered", "准入尚在办理", "the entry is still in hand"),
    LineState.REFUSED: ("not_entered", "未获准入", "entry was refused"),
    LineState.WITHDRAWN: ("not_entered", "已撤回准入申请", "the application was withdrawn"),
    LineState.SUSPENDED: ("suspended", "服务线已暂停", "the line is suspended"),
    LineState.EXITING: ("exited", "正在退出，不接新单", "the vendor is leaving and takes no new work"),
    LineState.EXITED: ("exited", "已退出", "the vendor has left"),
    LineState.CANCELLED: ("exited", "准入已取消", "the entry was cancelled"),
    "": ("not_entered", "当日尚未申请准入", "no application had been made by that day"),
}


def _of_line(line: ServiceLine, kind: Kind, day: date, item: str) -> Refusal | None:
    state = state_on(line, day)
    if state not in SERVING:
        reason, zh, en = _STATES[state]
        return _refusal(reason, zh, en, line)
    if state == LineState.PART_SUSPENDED and (not item or item in line.suspended_items):
        zh = "该项目已暂停" if item else "部分项目已暂停，须写明项目"
        return _refusal("suspended", zh, "the item is suspended" if item else "partly suspended: name the item", line)
    hits = negative_hits(line.institution_id, kind.id, day, line.body)
    if hits:
        one = hits[0]
        told = f"负面清单：{one.zh}", f"negative list: {one.en}"
        return Refusal("negative_list", *told, one.cite, one.cite_en)
    return _of_papers(line, kind, day)


def _of_papers(line: ServiceLine, kind: Kind, day: date) -> Refusal | None:
    """At the end of a required paper the line is blocked from that day on, whether or not any job has run."""
    points = [p for p in review(line.institution_id, kind, day).of("qualification") if p.mark != Mark.MET]
    if not points:
        return None
    first = next((one for one in points if one.mark == Mark.UNMET), points[0])
    ended = first.mark == Mark.UNMET
    zh, en = ("已到期", "has ended") if ended else ("没有有效的核验记录", "has no checked one in force")
    return Refusal(
        "paper_ended" if ended else "paper_missing", f"{first.zh}{zh}", f"{first.en} {en}", first.cite, first.cite
    )


def _refusal(reason: str, zh: str, en: str, line: ServiceLine | None = None) -> Refusal:
    case = (line.life or line.entry) if line else None
    number = case.number if case else ""
    cite = ("《第三方服务准入》", "Entry of vendors")
    return Refusal(reason, zh, en, f"{cite[0]}{number}", f"{cite[1]} {number}".strip())


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
    with walls.within(walls.SITE):
        return _of_line(line, library.kinds().kind(line.kind), day, "-")


def assessments(scope: Scope, case: Case) -> QuerySet[Assessment]:
    """Return the reviews that were kept with the steps of a case, newest first."""
    return scope.rows(Assessment.objects.filter(case=case)).order_by("-pk")


def devices() -> list[VendorDevice]:
    """Return the devices of all vendors of the site, for what is counted and never shown."""
    return list(VendorDevice.objects.order_by("pk"))


def accepted_papers() -> list[VendorPaper]:
    """Return the accepted papers of all vendors of the site, for what is counted and never shown."""
    return list(VendorPaper.objects.filter(accepted=True))


def lines_about(code: str, kind: str, state: str = "") -> list[ServiceLine]:
    """Return the lines of a vendor for a kind of service, those in a state where one is named; whoever asks."""
    with walls.within(walls.SITE):
        found = ServiceLine.objects.filter(institution_id=code, kind=kind).select_related("life", "vendor", "body")
        return list(found.filter(state=state) if state else found)


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
