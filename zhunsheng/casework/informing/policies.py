"""Whether a notice may be recorded: by whom, of which order, in which words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.bodies.scope import members
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.informing.states import Alternative, Choice
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import parse_date

#: Who talks to patients, or keeps the register for those who do.
INFORMERS = frozenset({DutyName.HEAD, DutyName.HANDLER, DutyName.REVIEWER, DutyName.OFFICE, DutyName.CLINICIAN})
BODIES = frozenset({BodyKind.CONSORTIUM, BodyKind.INSTITUTION})
#: Orders of one request: each makes a slow digest.
MOST = 60
NUMBER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,59}")


@dataclass(frozen=True, slots=True)
class Sender:
    """Who records, in the name of which body, for which institutions; ``own`` is meant where none is named."""

    who: Actor
    body: Body
    places: frozenset[str]
    own: str
    user: User | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """One notice as it is sent, checked."""

    vendor_id: str
    order_id: str
    institution_id: str
    choice: str
    alternative: str
    told_on: date


def informs(user: User) -> bool:
    """Whether a user may record notices: staff of a member or of its consortium."""
    return user.body is not None and user.body.kind in BODIES and bool(duties_held(user) & INFORMERS)


def sender(user: User) -> Sender:
    """Return a user as one who records. Raises Problem ZS702."""
    if not informs(user) or user.body is None:
        raise Problem("ZS702")
    own = user.body.institution_code
    places = members(own) if user.body.kind == BodyKind.CONSORTIUM else frozenset({own})
    return Sender(user, user.body, places - {""}, own, user)


def wrong(field: tuple[str, str], reason: tuple[str, str]) -> Problem:
    """Return the Problem of a field that cannot be taken."""
    return Problem("ZS860", field=said(*field), reason=said(*reason))


def read(given: Mapping[str, str], by: Sender, today: date) -> Told:
    """Return what is sent of one order. Raises Problem ZS860 for a wrong field, ZS701 for another's institution."""
    number = kept(given.get("order_id", ""))
    if not NUMBER.fullmatch(number):
        raise wrong(
            ("委托单号", "Order"), ("只能是字母、数字和 - _ . : /，不超过 60 位", "takes letters, digits and - _ . : /")
        )
    place = kept(given.get("institution_id", "")) or by.own
    if place not in by.places:
        raise Problem("ZS701")
    return Told(
        _vendor(kept(given.get("vendor_id", ""))), number, place,
        _choice(given.get("choice", ""), Choice.values, ("患者选择", "Choice")),
        _choice(given.get("alternative", ""), Alternative.values, ("替代方式", "Alternative")),
        _day(given.get("told_on", ""), today),
    )  # fmt: skip


def _vendor(code: str) -> str:
    """Return the code of a vendor that entered for any service; what it did may be told long after."""
    if code not in {line.institution_id for line in vendors.lines_entered()}:
        raise wrong(("供应商", "Vendor"), ("没有办理过准入", "has never entered"))
    return code


def _choice(value: str, known: list[str], field: tuple[str, str]) -> str:
    if value not in known:
        raise wrong(field, ("请选择", "choose one"))
    return value


def _day(value: str, today: date) -> date:
    field = "告知日期", "Told on"
    try:
        found = parse_date(kept(value))
    except Problem as problem:
        raise wrong(field, ("须为日期，如 2026-01-31", "takes a day such as 2026-01-31")) from problem
    if found > today:
        raise wrong(field, ("不得晚于今日", "does not lie ahead"))
    return found


def check_order(told: Told, known: Mapping[str, Any] | None) -> None:
    """Raise Problem ZS861 for an order that has no patient, or that another institution gave.

    An order that the facts do not know yet is taken: the patient is told before the data come.
    """
    if known is None:
        return
    if not known["has_patient"]:
        raise Problem("ZS861", order=told.order_id, reason=said("不涉及患者", "it concerns no patient"))
    if known["institution_id"] != told.institution_id:
        reason = said("由另一机构委托", "another institution gave it")
        raise Problem("ZS861", order=told.order_id, reason=reason)
