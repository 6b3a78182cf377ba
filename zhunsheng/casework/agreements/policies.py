"""Whether an agreement may be written, and the guards of its life-cycle."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from zhunsheng.casework.agreements import bands, queries
from zhunsheng.casework.agreements.models import Agreement
from zhunsheng.casework.agreements.states import OPEN, AgreementState
from zhunsheng.casework.bodies.models import Body, BodyKind, DutyName, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.policies import one_person
from zhunsheng.casework.vendors.states import OVER
from zhunsheng.kernel.errors import Problem

KEEPERS = frozenset({DutyName.HEAD, DutyName.HANDLER, DutyName.REVIEWER, DutyName.OFFICE})
BUYERS = frozenset({BodyKind.CONSORTIUM, BodyKind.HEALTH_AUTHORITY, BodyKind.INSTITUTION})


def writes(user: User, agreement: Agreement) -> bool:
    """Whether a user may write in an agreement: people of the body that buys."""
    return user.body_id == agreement.body_id and bool(duties_held(user) & KEEPERS)


def may_write(user: User, agreement: Agreement) -> bool:
    """Whether a user may write in an agreement as it stands."""
    return agreement.state in OPEN and writes(user, agreement)


def drafts(user: User) -> bool:
    """Whether a user may draft agreements at all."""
    return user.body is not None and user.body.kind in BUYERS and bool(duties_held(user) & KEEPERS)


def check_writes(user: User, agreement: Agreement) -> None:
    """Raise Problem ZS702 for who may not write in an agreement, ZS672 where it is neither drafted nor amended."""
    if not writes(user, agreement):
        raise Problem("ZS702")
    if agreement.state not in OPEN:
        raise Problem("ZS672", number=agreement.case.number, state=AgreementState(agreement.state).label)


def why_not(code: str, kind: str, body: Body, day: date) -> tuple[str, str] | None:
    """Return why no new agreement may be made with a vendor, in both languages, or None.

    The same condition as for new orders: entered and serving, on no negative list, papers in force. Agreements that
    hold, and what was done under them, are not asked.
    """
    hits = vendors.negative_hits(code, kind, day, body)
    if hits:
        one = hits[0]
        return f"负面清单：{one.zh}（{one.cite}）", f"negative list: {one.en} ({one.cite_en})"
    member = body.institution_code if body.kind in (BodyKind.CONSORTIUM, BodyKind.INSTITUTION) else ""
    refusal = vendors.refused(code, kind, day, member=member)
    return None if refusal is None else (f"{refusal.zh}（{refusal.cite}）", f"{refusal.en} ({refusal.cite_en})")


def agreement_of(step: Step) -> Agreement:
    """Return the agreement that a step is about."""
    return queries.of_case(step.case)


def _may_agree(step: Step) -> None:
    one = agreement_of(step)
    if told := why_not(one.institution_id, one.kind, one.body, step.day):
        raise step.refuse(*told)


def _clauses_complete(step: Step) -> None:
    blocking = [one for one in queries.check_of(agreement_of(step), step.day) if one.blocks]
    if blocking:
        zh = "、".join(one.clause.zh for one in blocking)
        raise step.refuse(
            f"必备条款不全：{zh}", "mandatory clauses are missing: " + ", ".join(one.clause.en for one in blocking)
        )


def _drafter_apart(step: Step) -> None:
    """Who sends to legal review does not clear it, by no second account."""
    if not isinstance(step.actor, User):
        return
    events = step.case.events.filter(kind=EventKind.MOVED, about="submit").select_related("actor") if step.case else ()
    if any(event.actor and one_person(step.actor, event.actor) for event in events):
        raise step.refuse("送审人不得审核", "whoever sent it to review does not clear it")


def _prices_in_band(step: Step) -> None:
    """The price of each item that would hold lies within the band of the day, or two people let it pass."""
    one = agreement_of(step)
    _values, prices = queries.parts(one)
    last = {price.item_code: price for price in reversed(prices)}
    told = bands.judged(one.vendor.institution_id, one.kind, one.body, last, step.day)
    above = [last[found.item_code] for found in told if found.refused(last[found.item_code].unit_price_e6)]
    if above:
        names = "、".join(price.item_name for price in above[:5])
        raise step.refuse(f"价格高于该供应商的议价上限：{names}", f"prices above the vendor's band: {names}")


def _term_sound(step: Step) -> None:
    if step.fields["until_on"] <= step.fields["from_on"]:
        raise step.refuse("期满日须晚于生效日", "the end lies after the first day")


def _term_over(step: Step) -> None:
    until = agreement_of(step).valid_to
    if until is None or step.day < until:
        raise step.refuse(f"合同至 {until} 期满", f"the agreement holds until {until}")


def _asks_for_own(step: Step) -> None:
    """A vendor asks for itself alone, of a body that it has a line of service with."""
    actor = step.actor
    if not isinstance(actor, User) or actor.body is None or actor.body.kind != BodyKind.VENDOR:
        return
    lines = vendors.lines_about(step.institution_id) if actor.body.institution_code == step.institution_id else []
    if not any(line.body_id == step.body.pk for line in lines if step.body and line.state not in OVER):
        raise step.refuse("只能就本机构、向有服务线的采购方申请", "a vendor asks for itself, of a body that it serves")


def _asked_once(step: Step) -> None:
    """One item is asked for once at a body until that has been decided."""
    waiting = queries.exceptions_asked(step.institution_id, step.body)
    if step.fields["item"] in waiting:
        number = waiting[step.fields["item"]]
        raise step.refuse(
            f"该项目已有待批准的申请 {number}，须先作决定", f"the item waits for a decision already: {number}"
        )


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "may_agree": _may_agree,
    "clauses_complete": _clauses_complete,
    "drafter_apart": _drafter_apart,
    "prices_in_band": _prices_in_band,
    "term_sound": _term_sound,
    "term_over": _term_over,
    "asks_for_own": _asks_for_own,
    "asked_once": _asked_once,
}
