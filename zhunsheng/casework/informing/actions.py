"""Writers of notices. Each leaves evidence in its own transaction; the receipt code is told once and not kept."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.informing import facts, policies
from zhunsheng.casework.informing.models import ServiceNotice
from zhunsheng.casework.informing.policies import MOST, Sender, Told
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.casework.tips import receipts
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one order of a list: the notice with its code, or why it was not taken."""

    number: int
    order_id: str
    notice: ServiceNotice | None = None
    code: str = ""
    problem: Problem | None = None


def inform_all(by: Sender, scope: Scope, rows: Iterable[Mapping[str, str]]) -> list[Outcome]:
    """Record a notice for each order of a list; a wrong one is told by its number, and the right ones are kept.

    Raises Problem ZS864 for none, or more than are taken at once.
    """
    given = list(rows)
    if not 0 < len(given) <= MOST:
        raise Problem("ZS864", most=MOST, given=len(given))
    return [_outcome(by, scope, number, row) for number, row in enumerate(given, 1)]


def _outcome(by: Sender, scope: Scope, number: int, row: Mapping[str, str]) -> Outcome:
    name = str(row.get("order_id", ""))[:60]
    try:
        notice, code = inform(by, scope, row)
    except Problem as problem:
        return Outcome(number, name, problem=problem)
    return Outcome(number, name, notice, code)


def inform(by: Sender, scope: Scope, given: Mapping[str, str]) -> tuple[ServiceNotice, str]:
    """Record that a patient was told of an order and chose; return the notice and its receipt code.

    A notice of the same order that stands gives way, and its receipt opens nothing from then on. Raises Problem ZS701,
    ZS860, ZS861.
    """
    told = policies.read(given, by, now().date())
    policies.check_order(told, facts.order(scope.own, told.vendor_id, told.order_id))
    code = receipts.code_of(secrets.token_hex(32))
    return _record(by, told, receipts.receipt_digest(code)), code


@deed
def _record(by: Sender, told: Told, receipt: str) -> ServiceNotice:
    moment = now()
    values: dict[str, Any] = {name: getattr(told, name) for name in told.__slots__}
    same = {name: values[name] for name in ("vendor_id", "order_id", "institution_id")}
    with walls.within(walls.SITE):  # one that the consortium recorded gives way to one of its member, and the reverse
        vendor = Body.objects.filter(kind=BodyKind.VENDOR, institution_code=told.vendor_id).first()
        before = ServiceNotice.objects.filter(**same, replaced_at=None).update(replaced_at=moment)
        made = ServiceNotice.objects.create(
            **values, body=by.body, vendor_body=vendor, receipt=receipt, told_by=by.user, actor_key=by.who.actor_key,
            told_at=moment,
        )  # fmt: skip
    said = {**values, "told_on": str(told.told_on), "receipt": receipt, "replaced": bool(before)}
    append(by.who, "notice.recorded", f"notice:{made.pk}", said)
    return made
