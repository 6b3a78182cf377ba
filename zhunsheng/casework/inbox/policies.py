"""Whether a delegation may be given, a mail address kept, a notice sent."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from zhunsheng.casework.bodies.models import DutyName, User
from zhunsheng.casework.bodies.permissions import ADMINISTRATORS, ALLOWED, CERTIFIED, Verb, duties_held, verbs_of
from zhunsheng.casework.inbox.models import Delegation
from zhunsheng.casework.inbox.offers import SOURCES
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import Period

#: A delegation bridges an absence; what lasts longer is a duty of its own.
MOST_DAYS = 180
REASON_LENGTH = 200
#: Wrong codes after which an address has to be asked for again.
MOST_TRIES = 5


def delegable(user: User) -> list[DutyName]:
    """Return the duties that a person can delegate today: held in person, on cases, and not bound to a certificate."""
    apart = ADMINISTRATORS | CERTIFIED
    return sorted(one for one in duties_held(user) if one not in apart and Verb.READ_CASES in ALLOWED[one])


def check_taker(giver: User, taker: User) -> None:
    """Raise Problem ZS951 unless a person can act for another: of the same body, reads cases, no administrator."""
    stands = taker.pk != giver.pk and taker.body_id == giver.body_id and taker.is_active
    if not stands or Verb.READ_CASES not in verbs_of(taker) or duties_held(taker) & ADMINISTRATORS:
        raise Problem("ZS951", person=taker.display_name)


def check_duties(giver: User, duties: Collection[str], kinds: Collection[str]) -> None:
    """Raise Problem ZS952 for no duty, or one that cannot be delegated, or a kind of task that nobody knows."""
    unknown = set(kinds) - {kind for source in SOURCES.values() for kind in source.kinds()}
    wrong = set(duties) - set(delegable(giver))
    if not duties or wrong or unknown:
        names = [DutyName(one).label if one in DutyName.values else one for one in sorted(wrong)]
        raise Problem("ZS952", what="、".join(map(str, [*names, *sorted(unknown)]))[:80])


def period_of(valid_from: date, valid_to: date, today: date) -> Period:
    """Return the days of a delegation. Raises Problem ZS106 for none, ZS953 for past or too many days."""
    period = Period(valid_from, valid_to)
    if valid_from < today or valid_to - valid_from > timedelta(days=MOST_DAYS):
        raise Problem("ZS953", days=MOST_DAYS)
    return period


def reason_of(text: str) -> str:
    """Return a reason, trimmed. Raises Problem ZS719 for none or a long one."""
    told = kept(text)
    if not 0 < len(told) <= REASON_LENGTH:
        raise Problem("ZS719", limit=REASON_LENGTH)
    return told


def check_may_end(user: User, delegation: Delegation) -> None:
    """Raise Problem ZS702 unless a delegation is the user's, given or taken."""
    if user.pk not in (delegation.giver_id, delegation.taker_id):
        raise Problem("ZS702")


def mail_of(text: str) -> str:
    """Return a mail address, or nothing for nothing. Raises Problem ZS954 for what is none."""
    told = kept(text)
    try:
        if told:
            validate_email(told)
    except ValidationError as error:
        raise Problem("ZS954") from error
    if len(told) > 254:
        raise Problem("ZS954")
    return told
