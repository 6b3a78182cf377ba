"""Whether a report, a code, a claim or the opening of a seal may be taken, whoever asks; and texts as they are kept."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings

from zhunsheng.book.cycles import Cycle
from zhunsheng.casework.bodies.models import BodyKind, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.bodies.policies import attempt_key
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.computing import received_on
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.tips.models import PublicTry, TipKey, TipMessage, TipOff, Unsealing, UnsealState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import now

#: Bodies that handle tip-offs.
KINDS = (BodyKind.INSURANCE_AUTHORITY, BodyKind.INSURANCE_AGENCY)
#: Signs that turn or hide text: nobody types them, and they make a line read as what it is not.
_HIDDEN = re.compile(
    r"[\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|[\U000e0000-\U000e0fff]"
)
#: Characters of each part of an identity, at most.
IDENTITY = {"name": 60, "contact": 60, "payment": 200}
MESSAGE_LENGTH = 2000
#: Messages and claims that one receipt may leave.
MOST_MESSAGES, MOST_CLAIMS = 50, 5
#: Hours for which a request to open a seal waits.
UNSEAL_HOURS = 24


def plain(text: str) -> str:
    """Return a text without control signs, and without signs that hide or turn what is written."""
    return kept(_HIDDEN.sub("", text))


def check_whom(institution_id: str, about: str) -> None:
    """Raise Problem ZS921 unless a report says whom it is about."""
    if not institution_id and not about:
        raise Problem("ZS921")


def check_tries(kind: str, address: str) -> None:
    """Raise Problem ZS924 while an address has sent too many reports, or wrong codes, within the hour."""
    done = PublicTry.objects.filter(kind=kind, address_key=attempt_key(address), hour__gte=this_hour())
    if done.count() >= settings.TIP_LIMITS[kind]:
        raise Problem("ZS924", minutes=60 - now().minute)


def this_hour() -> datetime:
    """Return the hour that is running now."""
    return now().replace(minute=0, second=0, microsecond=0)


def identity_of(given: Mapping[str, str], key: TipKey | None, *, payment: bool = False) -> dict[str, str] | None:
    """Return an identity, checked, or None for none; ``payment`` asks for a way to be paid besides a contact.

    Raises Problem ZS925 for one that is incomplete or too long, or where the body has no key to seal it to.
    """
    found = {name: plain(given.get(name, "")) for name in IDENTITY}
    if not any(found.values()) and not payment:
        return None
    if key is None:
        raise _no_identity("承办单位尚未设置密封公钥，只能匿名", "the handling body has no key yet, so stay anonymous")
    needed = ("payment",) if payment else ("name", "contact")
    if not all(found[name] for name in needed):
        paid, named = ("须写明领取方式", "say how to be paid"), ("须写明姓名和联系方式", "give name and contact")
        raise _no_identity(*(paid if payment else named))
    for name, most in IDENTITY.items():
        if len(found[name]) > most:
            raise _no_identity(f"每项不超过 {most} 字", f"at most {most} characters each")
    return found


def _no_identity(zh: str, en: str) -> Problem:
    return Problem("ZS925", reason=said(zh, en))


def message_of(tip: TipOff, text: str, *, counted: bool) -> str:
    """Return a message, trimmed. Raises Problem ZS906 for none, a long one, or one too many of a reporter."""
    told = plain(text)
    if not 0 < len(told) <= MESSAGE_LENGTH:
        reason = said(f"须为 1 至 {MESSAGE_LENGTH} 字", f"takes 1 to {MESSAGE_LENGTH:,} characters")
        raise Problem("ZS906", field=said("留言", "Message"), reason=reason)
    if counted and TipMessage.objects.filter(tip=tip, author=None).count() >= MOST_MESSAGES:
        reason = said(f"至多 {MOST_MESSAGES} 条", f"at most {MOST_MESSAGES} messages")
        raise Problem("ZS906", field=said("留言", "Message"), reason=reason)
    return told


def check_claim(tip: TipOff, standing: Any, until: date | None, day: date, *, later: bool) -> None:
    """Raise Problem ZS929 unless a reward can be claimed: proved true, first to report it, and in time."""
    if standing.state not in ("established", "rewarded"):
        raise Problem("ZS929", reason=said("尚未查证属实", "the tip-off has not been proved true"))
    if later:
        en = "several reported the same; the reward goes to another of them"
        raise Problem("ZS929", reason=said("同一线索由多人举报，奖励给予其他举报人", en))
    if until is not None and day > until:
        raise Problem("ZS929", reason=said(f"领取期限已于 {until} 届满", f"the time for claiming ended on {until}"))
    if tip.sealed.filter(kind="claim").count() >= MOST_CLAIMS:
        raise Problem("ZS929", reason=said("申领次数过多", "too many claims"))


def claim_until(case: Case, granted_on: date) -> date | None:
    """Return the last day on which a reward granted in a case can be claimed."""
    scheme = library.reward_scheme(received_on(case))
    return granted_on + timedelta(days=scheme.claim_days) if scheme else None


def check_handles(user: User, tip: TipOff) -> None:
    """Raise Problem ZS702 unless a user handles tip-offs, ZS701 unless this one is the own body's."""
    check_may(user, Verb.HANDLE_TIPS)
    if user.body_id != tip.body_id:
        raise Problem("ZS701")


def check_may_unseal(user: User, asked: Unsealing) -> None:
    """Raise Problem ZS927 unless a second person may open a seal on a request, now."""
    if asked.state != UnsealState.ASKED:
        raise _no_unsealing("申请已经办结", "the request has been settled")
    if asked.asked_by_id == user.pk:
        raise _no_unsealing("须由申请人以外的另一人打开", "another person than who asked opens it")
    if is_stale(asked):
        raise _no_unsealing(f"申请超过 {UNSEAL_HOURS} 小时，须重新申请", f"it was asked over {UNSEAL_HOURS} hours ago")


def is_stale(asked: Unsealing) -> bool:
    """Whether a request has waited for too long."""
    return asked.asked_at + timedelta(hours=UNSEAL_HOURS) < now()


def _no_unsealing(zh: str, en: str) -> Problem:
    return Problem("ZS927", reason=said(zh, en))


def check_files(files: list[Any], held: int = 0) -> None:
    """Raise Problem ZS923 for too many files, or one that is too large; names the file."""
    limits = settings.TIP_LIMITS
    if len(files) + held > limits["files"]:
        raise _no_files(f"至多 {limits['files']} 个文件", f"at most {limits['files']} files")
    most = limits["file_bytes"]
    for file in files:
        if file.size > most:
            size = most // 1024**2
            raise _no_files(f"“{file.name[:80]}”超过 {size} MB", f"'{file.name[:80]}' is larger than {size} MB")


def _no_files(zh: str, en: str) -> Problem:
    return Problem("ZS923", reason=said(zh, en))


def cycle() -> Cycle:
    """Return the life-cycle of tip-offs as the rule book holds it now."""
    return library.cycle("tip_off")
