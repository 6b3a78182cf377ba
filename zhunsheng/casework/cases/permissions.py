"""Who may take a step of a case: the side, the kind of body and the duty that its life-cycle names."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from zhunsheng.book.cycles import Cycle, Who
from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.kernel.errors import Problem


def check_acts(actor: Actor, case: Case, cycle: Cycle, keys: tuple[str, ...], move: str) -> None:
    """Raise Problem ZS904 unless the actor is among the people of a step."""
    if not acts(actor, case, cycle.named(keys)):
        raise Problem("ZS904", move=move, who=who_words(cycle.named(keys)))


def acts(actor: Actor, case: Case, people: Iterable[Who]) -> bool:
    """Whether an actor is one of the people on a case. A process acts for the clock alone."""
    if not isinstance(actor, User):
        return any(one.side == "clock" for one in people) and actor.actor_key == "process:clock"
    return any(_is(actor, case, one) for one in people)


def opens(actor: Actor, body: Body, people: Iterable[Who]) -> bool:
    """Whether an actor may open a case that a body then handles; a process opens what the public may report."""
    if not isinstance(actor, User):
        return any(one.side == "public" for one in people)
    return actor.body_id == body.pk and any(one.side == "handling" and holds(actor, one) for one in people)


def _is(user: User, case: Case, who: Who) -> bool:
    if who.side == "handling":
        return user.body_id == case.body_id and holds(user, who)
    return who.side == "party" and case.party_sees and is_party(user, case) and holds(user, who)


def is_party(user: User, case: Case) -> bool:
    """Whether a case is about the user's own body."""
    if user.body is None:
        return False
    own = user.body.kind == BodyKind.INSTITUTION and user.body.institution_code == case.institution_id != ""
    return own or user.body_id == case.subject_body_id


def about_own(user: User) -> Q:
    """Return the condition under which a case that may be seen is about the user's own body, as ``is_party`` says."""
    own = Q(subject_body=user.body_id) & Q(subject_body__isnull=False)
    if user.body is not None and user.body.kind == BodyKind.INSTITUTION and user.body.institution_code:
        own |= Q(institution_id=user.body.institution_code)
    return own & Q(party_sees=True)


def holds(user: User, who: Who) -> bool:
    """Whether a user has a duty, in a kind of body, that people are named by; the side is asked elsewhere.

    A duty of the trade gives nothing in a data authority, whatever kinds are named: it judges no fact.
    """
    if user.body is None or user.body.kind == BodyKind.DATA_AUTHORITY:
        return False
    of_kind = not who.bodies or user.body.kind in who.bodies
    return of_kind and bool(duties_held(user) & set(who.duties))


def who_words(people: Iterable[Who]) -> str:
    """Return people in words: side, kinds of bodies, duties."""
    told = [_words(one) for one in people]
    return said("；".join(zh for zh, _ in told), "; ".join(en for _, en in told))


SIDES = {
    "handling": ("承办单位", "the handling body"),
    "party": ("当事人", "the party"),
    "public": ("公众", "the public"),
    "clock": ("期限届满", "the clock"),
}


def _words(who: Who) -> tuple[str, str]:
    zh, en = SIDES[who.side]
    duties = [DutyName(name) for name in who.duties]
    return zh + "、".join(str(duty.label) for duty in duties), " ".join([en, ", ".join(duty.value for duty in duties)])
