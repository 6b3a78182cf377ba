"""Reads of tip-offs: the queue of a body, one tip-off, what resembles it, and what a receipt opens.

A tip-off is seen by the body that handles it and by nobody else: not by whom it is about, not by a body of a wider
region. A receipt opens the own tip-off alone. Of a case it was merged into it tells the state, the own part of a reward
with the day up to which it is claimed, and whether the reward goes to another who came first; nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any

from django.db.models import Q, QuerySet

from zhunsheng.book.rewards import Reward, Scheme, reward_of
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import Scope, prefix
from zhunsheng.casework.cases import computing, files, library
from zhunsheng.casework.cases.computing import received_on
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.tips.models import SealedIdentity, TipFile, TipKey, TipOff, Unsealing, UnsealState
from zhunsheng.casework.tips.policies import KINDS, claim_until, is_stale
from zhunsheng.casework.tips.receipts import receipt_digest, typed
from zhunsheng.casework.tips.similar import ALIKE, alike
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now

#: Tip-offs that one is compared with: those of the same institution, newest first.
COMPARED = 500
WAITING, PROVED = ("received", "verifying"), ("established", "rewarded", "answered")
#: An amount of which each of several gets something, where each gets a part at all.
MUCH = 1_000_000_000
#: What a list shows by its name.
SHOWS: dict[str, Q] = {
    "new": Q(case__state="received"),
    "verifying": Q(case__state="verifying"),
    "established": Q(case__state="established"),
    "done": Q(case__closed_at__isnull=False),
    "all": Q(),
    # where figures lead
    "proved": Q(case__state__in=PROVED),
    "verified": Q(case__state__in=(*PROVED, "unfounded", "transferred", "merged")),
    "followed": Q(case__followed_by__isnull=False),
}


@dataclass(frozen=True, slots=True)
class Sought:
    """Which tip-offs a list shows; ``month`` of receipt is as 2026-11, or 2026 for the year."""

    show: str = "new"
    channel: str = ""
    act: str = ""
    institution: str = ""
    state: str = ""
    month: str = ""

    @property
    def given(self) -> dict[str, str]:
        """What is asked for, as an address holds it."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a tip-off stands for who reported it: the state of the last case that it was merged into."""

    state: str
    merged: bool
    number: str


@dataclass(frozen=True, slots=True)
class Alike:
    """Another tip-off that reads alike, in 1/1000."""

    tip: TipOff
    likeness: int


@dataclass(frozen=True, slots=True)
class Trial:
    """A reward as the scheme of the day of receipt gives it."""

    scheme: Scheme
    value_fen: int
    subject: str
    grade: str
    reward: Reward


def tips(scope: Scope, user: User) -> QuerySet[TipOff]:
    """Return the tip-offs of the reader's own body, newest first."""
    return scope.rows(TipOff.objects.select_related("case")).filter(body=user.body)


def sought(scope: Scope, user: User, wanted: Sought) -> QuerySet[TipOff]:
    """Return the tip-offs that a list shows. Raises Problem ZS709 for a word that is none."""
    late = Q(case__closed_at__isnull=True, case__due_on__lt=now().date())
    shows = SHOWS | {"late": late}
    if wanted.show not in shows:
        raise Problem("ZS709", name="show", value=wanted.show)
    narrowed = {
        "channel": wanted.channel, "act": wanted.act,
        "case__institution_id": wanted.institution, "case__state": wanted.state,
    }  # fmt: skip
    found = tips(scope, user).filter(shows[wanted.show], **{key: value for key, value in narrowed.items() if value})
    found = found.distinct() if wanted.show == "followed" else found
    if wanted.month:
        first, end = _month(wanted.month)
        found = found.filter(case__opened_at__gte=first, case__opened_at__lt=end)
    return found


def _month(text: str) -> tuple[datetime, datetime]:
    if len(text) == 4 and text.isascii() and text.isdigit() and text >= "2000":
        return year_of(int(text))
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError as error:
        raise Problem("ZS709", name="month", value=text) from error
    end = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return datetime.combine(first, time(), SHANGHAI), datetime.combine(end, time(), SHANGHAI)


def year_of(year: int) -> tuple[datetime, datetime]:
    """Return the first moment of a year and that of the next."""
    return datetime(year, 1, 1, tzinfo=SHANGHAI), datetime(year + 1, 1, 1, tzinfo=SHANGHAI)


def one(scope: Scope, user: User, pk: int) -> TipOff | None:
    """Return a tip-off of the reader's own body, or None."""
    return tips(scope, user).filter(pk=pk).first()


def told(tip: TipOff) -> dict[str, Any]:
    """Return what was reported: the fields of the event that opened the case."""
    return dict(tip.case.events.get(kind="opened").fields)


def resembling(scope: Scope, user: User, tip: TipOff) -> list[Alike]:
    """Return at most five tip-offs about the same institution (or about none) that read alike, the likest first."""
    others = tips(scope, user).exclude(pk=tip.pk).exclude(case__state="merged")
    others = others.filter(case__institution_id=tip.case.institution_id).prefetch_related("case__events")
    text = told(tip).get("content", "")
    found = [Alike(other, alike(text, _content(other))) for other in others[:COMPARED]]
    return sorted((one for one in found if one.likeness >= ALIKE), key=lambda one: (-one.likeness, one.tip.pk))[:5]


def _content(tip: TipOff) -> str:
    return next((str(one.fields.get("content", "")) for one in tip.case.events.all() if one.kind == "opened"), "")


def sealed(tip: TipOff) -> list[dict[str, Any]]:
    """Return the sealed identities of a tip-off with the request that waits for a second person, and past ones."""
    found = []
    for box in tip.sealed.select_related("key"):
        asked = list(box.unsealings.select_related("asked_by", "settled_by"))
        waiting = next((one for one in asked if one.state == UnsealState.ASKED), None)
        found.append({"box": box, "asked": asked, "waiting": waiting, "stale": bool(waiting and is_stale(waiting))})
    return found


def box_of(tip: TipOff, pk: int) -> SealedIdentity | None:
    """Return a sealed identity of a tip-off, or None."""
    return tip.sealed.select_related("key", "tip").filter(pk=pk).first()


def waiting_unsealing(tip: TipOff, pk: int) -> Unsealing | None:
    """Return a request to open a seal of a tip-off, or None."""
    return Unsealing.objects.filter(pk=pk, sealed__tip=tip).select_related("sealed", "sealed__key").first()


def file_of(tip: TipOff, pk: int) -> TipFile | None:
    """Return a file of a tip-off whose bytes are there, or None."""
    found = tip.files.filter(pk=pk).first()
    return found if found and files.path_of(found.digest).exists() else None


def unsealings(scope: Scope, user: User) -> list[Unsealing]:
    """Return the requests that wait for the reader as the second person."""
    asked = Unsealing.objects.filter(state=UnsealState.ASKED, sealed__tip__in=tips(scope, user).order_by())
    return list(asked.exclude(asked_by=user).select_related("sealed__tip__case", "asked_by"))


def key_in_use(body: Body) -> TipKey | None:
    """Return the key to which identities are sealed for a body, or None."""
    return TipKey.objects.filter(body=body, retired_at=None).first()


def behind(body: Body) -> walls.Wall:
    """Return the wall for a page without a login: the tip-offs of one body, and no institution's rows."""
    return walls.Wall("", str(body.pk))


def receivers() -> list[Body]:
    """Return the bodies to which the public reports: the authorities of the site, or its agencies where none is."""
    for kind in KINDS:
        found = list(Body.objects.filter(kind=kind).order_by("-region", "name"))
        if found:
            return found
    return []


def body_named(name: str) -> Body | None:
    """Return the body of a name that handles tip-offs, or None."""
    return Body.objects.filter(kind__in=KINDS, name=name).first()


def places() -> list[lake.Place]:
    """Return every institution of the current run by name: their names are public. Empty before the first run."""
    try:
        file = lake.current_run()
    except Problem:
        return []
    return sorted(file.places.values(), key=lambda place: place.name) if file else []


def receiver_of(institution_id: str, known: Iterable[lake.Place]) -> Body | None:
    """Return the authority of an institution: the one with the narrowest region that holds it; else the first."""
    bodies = receivers()
    region = next((place.region or "" for place in known if place.institution_id == institution_id), "")
    fitting = [body for body in bodies if region and body.region and region.startswith(prefix(body.region))]
    return (fitting or bodies or [None])[0]


def by_receipt(code: str) -> TipOff | None:
    """Return the tip-off of a receipt code, or None. The one look that a page without a login takes over all bodies."""
    if typed(code) is None:
        return None
    with walls.within(walls.SITE):
        return TipOff.objects.filter(receipt=receipt_digest(code)).select_related("case", "body").first()


def followed(pk: int) -> TipOff | None:
    """Return a tip-off that a receipt has opened in this browser."""
    with walls.within(walls.SITE):
        return TipOff.objects.filter(pk=pk).select_related("case", "body").first()


def standing(tip: TipOff) -> Standing:
    """Return where a tip-off stands, through every case that it was merged into within its body."""
    case = _last_case(tip)
    state = case.state if case.cycle == tip.case.cycle else "elsewhere"
    return Standing(state, case.pk != tip.case_id, tip.case.number)


def _last_case(tip: TipOff) -> Case:
    """Return the case that a tip-off was merged into in the end; its own where it was not."""
    case, seen = tip.case, {tip.case_id}
    while case.state == "merged":
        number = case.events.filter(about="merge", kind="moved").latest("sequence").fields["other_case"]
        into = type(case).objects.filter(body=case.body_id, number=number).first()
        if into is None or into.pk in seen:
            break
        case = into
        seen.add(case.pk)
    return case


def together(case: Case) -> list[TipOff]:
    """Return the tip-off of a case and those merged into it, also by way of others, the earliest received first."""
    numbers = computing.merged_with(case)
    found = TipOff.objects.filter(case__body=case.body_id, case__number__in=numbers).select_related("case")
    return list(found.order_by("case__opened_at", "case_id"))


def parts_of(case: Case, amount_fen: int) -> list[tuple[TipOff, int | None]]:
    """Return what of a reward would go to whom, the earliest first; no amount where people share it out."""
    parts = dict(computing.shares(case, amount_fen))
    return [(one, parts[one.case.number]) for one in together(case)]


def _grant(tip: TipOff) -> tuple[Case, CaseEvent | None]:
    case = _last_case(tip)
    grants = case.events.filter(about="reward", kind="moved", case__cycle=tip.case.cycle)
    return case, grants.last()


def _fixed(case: Case, grant: CaseEvent) -> dict[str, int | None]:
    """Return the parts that were fixed with a grant, by number; one of before that was done is all of its own case."""
    return dict(grant.fields.get(computing.SHARES, [[case.number, int(grant.fields["reward_fen"])]]))


def rewarded(tip: TipOff) -> list[tuple[TipOff, int | None]]:
    """Return to whom a reward goes that was granted, the earliest first; nobody before."""
    case, grant = _grant(tip)
    parts = _fixed(case, grant) if grant else {}
    return [(one, parts.get(one.case.number, 0)) for one in together(case)] if grant else []


def granted(tip: TipOff) -> dict[str, Any]:
    """Return what was granted to a reporter: the own part, day and last day of claiming; empty before.

    ``amount_fen`` is 0 for who came later than another, and None where people share the reward out among several.
    """
    case, grant = _grant(tip)
    if grant is None:
        return {}
    fen = _fixed(case, grant).get(tip.case.number, 0)
    return {"amount_fen": fen, "day": grant.day, "until": claim_until(case, grant.day)}


def came_later(tip: TipOff) -> bool:
    """Whether the whole reward goes, or would go, to another who reported the same before."""
    case, grant = _grant(tip)
    if grant is not None:
        return _fixed(case, grant).get(tip.case.number, 0) == 0
    parts = parts_of(case, MUCH) if case.cycle == tip.case.cycle else []
    return any(one.pk == tip.pk and fen == 0 for one, fen in parts)


def trial(tip: TipOff, subject: str, grade: str) -> Trial | None:
    """Return what the scheme gives for the value that was established; None before, or where no scheme holds."""
    event = tip.case.events.filter(about="establish", kind="moved").last()
    day = received_on(tip.case)
    scheme = library.reward_scheme(day)
    if event is None or scheme is None:
        return None
    try:
        value = int(event.fields["value_fen"])
        return Trial(scheme, value, subject, grade, reward_of(scheme, day, value, subject, grade))
    except KeyError as error:
        raise Problem("ZS709", name="grade", value=f"{subject} {grade}"[:60]) from error
