"""Whether a grant may be asked for, given, narrowed or ended now, in these terms."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.scope import held
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.grants.models import Grant
from zhunsheng.casework.grants.states import GrantState, Opens
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept

PURPOSE_LENGTH, MOST_PLACES, MOST_DAYS = 500, 50, 366
CODE = re.compile(r"[A-Za-z0-9_-]{1,40}")
#: Who does not ask: they see no fact, or are nobody's body.
APART = frozenset({BodyKind.DATA_AUTHORITY, BodyKind.PUBLIC})
#: Whose findings and sums others may be shown: those who see them by their own office.
OWNERS = frozenset({BodyKind.INSURANCE_AUTHORITY, BodyKind.INSURANCE_AGENCY, BodyKind.HEALTH_AUTHORITY})
#: Who can be asked: they, and the authorities that handle cases.
ASKED = OWNERS | {
    BodyKind.FINANCE, BodyKind.MARKET, BodyKind.CIVIL_AFFAIRS, BodyKind.POLICE, BodyKind.DISCIPLINE,
    BodyKind.HUMAN_RESOURCES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Terms:
    """What of a grant may be narrowed: institutions, whether the internal part is seen, days (half-open)."""

    institutions: tuple[str, ...]
    internal: bool
    valid_from: date
    valid_to: date


@dataclass(frozen=True, slots=True)
class Request:
    """What a body asks for."""

    opens: str
    purpose: str
    terms: Terms
    number: str = ""
    cycle: str = ""
    duty: str = ""
    person: User | None = None


def codes_of(text: str) -> tuple[str, ...]:
    """Return the codes of institutions in a text, each once, in order. Raises Problem ZS991."""
    found = tuple(dict.fromkeys(filter(None, re.split(r"[\s,，、;；]+", kept(text)))))
    if len(found) > MOST_PLACES or not all(CODE.fullmatch(one) for one in found):
        limit = f"至多 {MOST_PLACES} 个，由字母与数字组成"
        raise wrong("机构代码", "Codes", limit, f"at most {MOST_PLACES}, of letters and digits")
    return found


def wrong(field: object, field_en: object, reason: object, reason_en: object) -> Problem:
    """Return the Problem of a field, in the reader's language."""
    return Problem("ZS991", field=said(str(field), str(field_en)), reason=said(str(reason), str(reason_en)))


def check_request(actor: User, owner: Body | None, asked: Request, known: Collection[str], today: date) -> None:
    """Raise Problem ZS991 for terms that are not complete; ``known`` are the life-cycles of the rule book."""
    _check_sides(actor, owner, asked)
    one, codes = asked.opens == Opens.CASE, asked.terms.institutions
    faults = (
        (asked.opens not in Opens.values, "查看内容", "Opens", "请选择一项", "choose one"),
        (
            not 0 < len(asked.purpose) <= PURPOSE_LENGTH,
            *("用途", "Purpose", f"须为 1 至 {PURPOSE_LENGTH} 字", f"1 to {PURPOSE_LENGTH} characters"),
        ),
        (
            one == (not asked.number) or len(asked.number) > 40,
            *("事项编号", "Number", "查看一件事项时必填，其他情况不填", "for one case, and only then"),
        ),
        (one == bool(codes), "机构代码", "Codes", "至少一个；查看一件事项时不填", "at least one; none for one case"),
        (
            bool(asked.cycle) and (asked.opens != Opens.CASES or asked.cycle not in known),
            *("事项种类", "Kind", "只用于机构的事项", "for cases about institutions only"),
        ),
        (bool(asked.duty) and asked.duty not in DutyName.values, "职责", "Duty", "没有这一职责", "no such duty"),
        (
            asked.person is not None and asked.person.body_id != actor.body_id,
            *("人员", "Person", "须为本单位人员", "must be of the own body"),
        ),
    )
    for at_fault, *words in faults:
        if at_fault:
            raise wrong(*words)
    check_days(asked.terms, today)


def _check_sides(actor: User, owner: Body | None, asked: Request) -> None:
    """Raise Problem ZS991 unless one body may ask the other for it."""
    words = ("授权单位", "Owner")
    if owner is None:
        raise wrong(*words, "请选择一项", "choose one")
    if owner.pk == actor.body_id or owner.kind not in ASKED or actor.body is None or actor.body.kind in APART:
        raise wrong(*words, "须为有权授权的其他单位", "must be another body that may grant")
    if asked.opens in (Opens.FINDINGS, Opens.AMOUNTS) and owner.kind not in OWNERS:
        raise wrong(*words, "该单位不管理疑点", "that body does not answer for findings")


def check_days(terms: Terms, today: date) -> None:
    """Raise Problem ZS991 unless a period has days, not all of them past, and not more than a year."""
    days = terms.valid_to - terms.valid_from
    if days <= timedelta(0) or terms.valid_to <= today or days > timedelta(days=MOST_DAYS):
        limit = f"止日晚于起日且晚于今天，至多 {MOST_DAYS} 天"
        raise wrong("期间", "Period", limit, f"ends after start and today, {MOST_DAYS} days at most")


def check_state(grant: Grant, *wanted: GrantState) -> None:
    """Raise Problem ZS992 unless a grant is in one of some states."""
    if grant.state not in wanted:
        raise Problem("ZS992", number=grant.pk, state=GrantState(grant.state).label)


def check_two(actor: User, grant: Grant) -> None:
    """Raise Problem ZS993 where who asked would give."""
    if actor.pk == grant.asked_by_id:
        raise Problem("ZS993")


def check_side(actor: User, *bodies: int) -> None:
    """Raise Problem ZS702 unless an actor is of one of some bodies."""
    if actor.body_id not in bodies:
        raise Problem("ZS702")


def check_narrower(grant: Grant, terms: Terms) -> None:
    """Raise Problem ZS996 for terms that open more than a grant does: what is asked for is never widened."""
    places = set(terms.institutions) <= set(grant.institutions) and bool(terms.institutions) == bool(grant.institutions)
    days = grant.valid_from <= terms.valid_from < terms.valid_to <= grant.valid_to
    if not places or not days or (terms.internal and not grant.internal):
        raise Problem("ZS996")


def check_owned(grant: Grant, institutions: Collection[str]) -> None:
    """Raise Problem ZS995 for findings or sums of an institution that the owner does not see by itself."""
    seen = held(grant.body)
    if grant.opens in (Opens.FINDINGS, Opens.AMOUNTS) and seen is not None:
        outside = [one for one in institutions if one not in seen]
        if outside:
            raise Problem("ZS995", place=outside[0])


def reason_of(text: str) -> str:
    """Return a reason, trimmed. Raises Problem ZS991 for none, or one that is too long."""
    told = kept(text)
    if not 0 < len(told) <= PURPOSE_LENGTH:
        raise wrong("理由", "Reason", f"须为 1 至 {PURPOSE_LENGTH} 字", f"1 to {PURPOSE_LENGTH} characters")
    return told
