"""Who may take a step of a case: the side, the kind of body and the duty that its life-cycle names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from zhunsheng.book.cycles import Cycle, Who
from zhunsheng.casework.bodies.models import CODED, Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS, duties_held
from zhunsheng.casework.cases.models import Case, Proposal
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.inbox.queries import delegated_to
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


@dataclass(frozen=True, slots=True)
class Hat:
    """In whose duties a person acts: the own, or those that another has delegated, for all kinds of cases or some."""

    user: User
    holder: User
    duties: frozenset[str]
    cycles: frozenset[str] = frozenset()

    @property
    def behalf(self) -> User | None:
        """On whose behalf the person acts; None in the own name."""
        return None if self.holder.pk == self.user.pk else self.holder

    @property
    def voices(self) -> set[int]:
        """Who speaks in it: the person, and for whom the person acts."""
        return {self.user.pk, self.holder.pk}

    def fits(self, cycle: str) -> bool:
        """Whether it is for cases of a life-cycle."""
        return not self.cycles or cycle in self.cycles

    def holds(self, who: Who) -> bool:
        """Whether it has a duty, in a kind of body, that people are named by; the side is asked elsewhere.

        A duty of the trade gives nothing in a data authority, whatever kinds are named: it judges no fact.
        """
        body = self.user.body
        if body is None or body.kind == BodyKind.DATA_AUTHORITY:
            return False
        return (not who.bodies or body.kind in who.bodies) and bool(self.duties & set(who.duties))


def hats(user: User) -> list[Hat]:
    """Return in whose duties a person may act today, the own in front."""
    own = Hat(user, user, frozenset(duties_held(user)))
    if own.duties & ADMINISTRATORS or not user.is_active or user.body_id is None:
        return [own]
    return [own, *(Hat(user, *one) for one in delegated_to(user, now().date()))]


def check_acts(actor: Actor, case: Case, cycle: Cycle, keys: tuple[str, ...], move: str) -> Hat | None:
    """Return in whose duties a person takes a step, None for a process. Raises Problem ZS904 for no one of its people.

    What the own duties allow is done in the own name.
    """
    found = worn(actor, case, cycle.named(keys))
    if found is None and not is_clock(actor, cycle.named(keys)):
        raise Problem("ZS904", move=move, who=who_words(cycle.named(keys)))
    return found


def check_confirms(actor: User, proposal: Proposal, cycle: Cycle, keys: tuple[str, ...], move: str) -> Hat:
    """Return in whose duties a person confirms a proposal.

    Raises Problem ZS904, ZS909 for who proposed it, and ZS957 where both steps would be of one person's duties: the
    proposer's delegate, or who had it proposed by a delegate.
    """
    people = cycle.named(keys)
    if worn(actor, proposal.case, people) is None:
        raise Problem("ZS904", move=move, who=who_words(people))
    if proposal.proposed_by_id == actor.pk:
        raise Problem("ZS909")
    return check_apart(actor, proposal.case, people, {proposal.proposed_by_id, proposal.on_behalf_of_id})


def check_apart(actor: User, case: Case, people: Iterable[Who], voices: set[int | None]) -> Hat:
    """Return the hat in which a person acts on a case apart from people who acted before. Raises Problem ZS957."""
    people = list(people)
    fitting = (one for one in hats(actor) if _acts_in(one, case, people))
    found = next((one for one in fitting if not one.voices & voices), None)
    if found is None:
        raise Problem("ZS957")
    return found


def acts(actor: Actor, case: Case, people: Iterable[Who], wearing: list[Hat] | None = None) -> bool:
    """Whether an actor is one of the people on a case. A process acts for the clock alone."""
    people = list(people)
    return is_clock(actor, people) or worn(actor, case, people, wearing) is not None


def worn(actor: Actor, case: Case, people: Iterable[Who], wearing: list[Hat] | None = None) -> Hat | None:
    """Return the hat in which a person is one of the people on a case, the own where that is enough; else None."""
    if not isinstance(actor, User):
        return None
    people = list(people)
    return next((one for one in (wearing or hats(actor)) if _acts_in(one, case, people)), None)


def opens(actor: Actor, body: Body, people: Iterable[Who], cycle: str, wearing: list[Hat] | None = None) -> Hat | None:
    """Return the hat in which a person may open a case that a body then handles, or None."""
    if not isinstance(actor, User) or actor.body_id != body.pk:
        return None
    own = [one for one in people if one.side == "handling"]
    return next((h for h in wearing or hats(actor) if h.fits(cycle) and any(map(h.holds, own))), None)


def opens_about(actor: Actor, about: Body | None, people: Iterable[Who], cycle: str) -> Hat | None:
    """Return the hat in which a person may open a case about the own body that another body then handles, or None."""
    if not isinstance(actor, User) or about is None or actor.body_id != about.pk:
        return None
    own = [one for one in people if one.side == "party"]
    return next((h for h in hats(actor) if h.fits(cycle) and any(map(h.holds, own))), None)


def is_clock(actor: Actor, people: Iterable[Who]) -> bool:
    """Whether an actor is the clock, where the clock acts."""
    return actor.actor_key == "process:clock" and any(one.side == "clock" for one in people)


def is_public(actor: Actor, people: Iterable[Who]) -> bool:
    """Whether a process may open a case: one that the public may report."""
    return not isinstance(actor, User) and any(one.side == "public" for one in people)


def _acts_in(hat: Hat, case: Case, people: Iterable[Who]) -> bool:
    return hat.fits(case.cycle) and any(_is(hat, case, one) for one in people)


def _is(hat: Hat, case: Case, who: Who) -> bool:
    if who.side == "handling":
        return hat.user.body_id == case.body_id and hat.holds(who)
    return who.side == "party" and case.party_sees and is_party(hat.user, case) and hat.holds(who)


def is_party(user: User, case: Case) -> bool:
    """Whether a case is about the user's own body."""
    if user.body is None:
        return False
    own = user.body.kind in CODED and user.body.institution_code == case.institution_id != ""
    return own or user.body_id == case.subject_body_id


def about_own(user: User) -> Q:
    """Return the condition under which a case that may be seen is about the user's own body, as ``is_party`` says."""
    own = Q(subject_body=user.body_id) & Q(subject_body__isnull=False)
    if user.body is not None and user.body.kind in CODED and user.body.institution_code:
        own |= Q(institution_id=user.body.institution_code)
    return own & Q(party_sees=True)


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
