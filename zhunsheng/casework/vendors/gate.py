"""Whether a vendor takes a new order on a day, as a pure function over what is held of it: no query, no clock.

The desk asks this while somebody waits, the check of the interface before an order is sent. Nothing that settles work
done asks it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from zhunsheng.book.vendors import Kind, prohibitions_on
from zhunsheng.casework.bodies.models import BodyKind
from zhunsheng.casework.bodies.scope import REGIONAL
from zhunsheng.casework.vendors import assessing, library
from zhunsheng.casework.vendors.models import NegativeEntry, ServiceLine
from zhunsheng.casework.vendors.states import OVER, SERVING, Answer, LineState, Mark


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
class Held:
    """What is held of a vendor: its file, and the entries of the site's negative lists about it."""

    dossier: assessing.Dossier
    entries: Sequence[NegativeEntry]


@dataclass(frozen=True, slots=True)
class Gate:
    """What new orders are judged by: lines by vendor and kind, what is held by vendor, members by lead hospital."""

    lines: Mapping[tuple[str, str], Sequence[ServiceLine]]
    held: Mapping[str, Held]
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def refused(
        self, vendor_id: str, service_kind: str, day: date, *, member: str = "", item: str = ""
    ) -> Refusal | None:
        """Return why a new order may not go to a vendor on a day, or None where it may. Raises Problem ZS651."""
        kind = library.kinds().kind(service_kind)
        rows = [line for line in self.lines.get((vendor_id, kind.id), ()) if not member or self._serves(line, member)]
        told = [of_line(line, kind, day, item, self.held[vendor_id]) for line in rows]
        if not told:
            return _refusal(
                "not_entered", "该第三方服务机构未办理这一服务种类的准入", "the vendor has not entered for this service"
            )
        return None if None in told else told[-1]

    def serving(self, member: str) -> list[ServiceLine]:
        """Return the lines that an institution may think of sending an order to, also those that now refuse it."""
        found = [line for lines in self.lines.values() for line in lines if line.state not in OVER]
        return [line for line in found if self._serves(line, member)]

    def _serves(self, line: ServiceLine, member: str) -> bool:
        return serves(line, member, self.members.get(line.body.institution_code, frozenset()))


def serves(line: ServiceLine, member: str, members: frozenset[str]) -> bool:
    """Whether a line is for an institution: one that it names, or one of its consortium's ``members`` where it names
    none.
    """
    if line.members:
        return member in line.members
    return line.body.kind != BodyKind.CONSORTIUM or member in members


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


def of_line(line: ServiceLine, kind: Kind, day: date, item: str, held: Held) -> Refusal | None:
    """Return why one line takes no new order on a day; ``item`` is what is ordered, empty where nobody says."""
    state = state_on(line, day)
    if state not in SERVING:
        reason, zh, en = _STATES[state]
        return _refusal(reason, zh, en, line)
    if state == LineState.PART_SUSPENDED and (not item or item in line.suspended_items):
        zh = "该项目已暂停" if item else "部分项目已暂停，须写明项目"
        return _refusal("suspended", zh, "the item is suspended" if item else "partly suspended: name the item", line)
    found = hits(line.institution_id, kind.id, day, held, line.body_id)
    if found:
        one = found[0]
        return Refusal("negative_list", f"负面清单：{one.zh}", f"negative list: {one.en}", one.cite, one.cite_en)
    return _of_papers(kind, day, held)


def state_on(line: ServiceLine, day: date) -> str:
    """Return where a line stood at the end of a day; empty before it was applied for."""
    past = [state for on, state, _number in line.history if date.fromisoformat(on) <= day]
    return past[-1] if past else ""


def _of_papers(kind: Kind, day: date, held: Held) -> Refusal | None:
    """At the end of a required paper the line is blocked from that day on, whether or not any job has run."""
    review = assessing.review(library.kinds(), kind, held.dossier, day)
    points = [p for p in review.of("qualification") if p.mark != Mark.MET]
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


def hits(code: str, kind: str, day: date, held: Held, body: int | None) -> list[Hit]:
    """Return what of the negative lists meets a vendor on a day for a kind; ``body``: whose own entries count."""
    found = [*_of_book(code, kind, day, held), *_of_site(kind, day, held, body)]
    return sorted(found, key=lambda one: one.id)


def _of_book(code: str, kind: str, day: date, held: Held) -> list[Hit]:
    book, found = library.kinds(), []
    for listed, entry in prohibitions_on(library.negative(), day):
        if entry.kinds and kind not in entry.kinds:
            continue
        told = assessing.latest(held.dossier, entry.fact, day) if entry.fact else None
        by_fact = told is not None and told.value == Answer.SOME and assessing.stands(book.facts[entry.fact], told, day)
        if code in entry.codes or by_fact:
            cite = listed.cites[entry.cite]
            found.append(Hit(entry.id, entry.zh, entry.en, cite.zh, cite.en, entry.valid_to))
    return found


def _of_site(kind: str, day: date, held: Held, body: int | None) -> list[Hit]:
    rows = [one for one in held.entries if one.valid_from <= day < one.valid_to]
    rows = [one for one in rows if one.struck_on is None or one.struck_on > day]
    return [
        Hit(one.case.number, one.ground, one.ground, f"{one.body} {one.case.number}", one.case.number, one.valid_to)
        for one in rows
        if (one.body.kind in REGIONAL or one.body_id == body) and (not one.kinds or kind in one.kinds)
    ]
