"""Whether a step of a case may be taken now, whoever asks, and the guards that life-cycles name."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Q

from zhunsheng.book.cycles import Cycle, Extension, Move
from zhunsheng.book.rewards import reward_of
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.cases import library, money
from zhunsheng.casework.cases.clocks import Running
from zhunsheng.casework.cases.computing import GRADED, LATE, received_on
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.cases.states import CHANGING, EventKind, ProposalState
from zhunsheng.casework.cases.words import about, named, said
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import part, yuan
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.sampling.draws import draw

REASON_LENGTH = 2000
#: In which ways a decision can leave its grade, in words.
WAYS = {"grade": ("档次", "grade"), "measures": ("措施", "measures"), "fine": ("罚款幅度", "range of the fine")}


@dataclass(frozen=True, slots=True)
class Step:
    """What a guard looks at: the step, its fields, the steps before it, oldest first, who takes it and on which day.

    ``behalf`` is for whom that person acts, if anybody. A case that is being opened is not there yet: ``origin`` is the
    one it follows, ``body`` the one that will handle it.
    """

    cycle: Cycle
    name: str
    fields: dict[str, Any]
    case: Case | None = None
    done: tuple[money.Done, ...] = ()
    actor: Actor | None = None
    day: date = date.min
    origin: Case | None = None
    institution_id: str = ""
    behalf: User | None = None
    body: Body | None = None

    @property
    def before(self) -> tuple[dict[str, Any], ...]:
        """The fields of the steps before, oldest first."""
        return tuple(one.fields for one in self.done)

    @property
    def book(self) -> money.Book:
        """The money of the case before the step."""
        found = money.read(self.cycle, self.done)
        if found is None:
            raise ValueError(f"{self.cycle.name} names a guard of money and no account")
        return found

    def refuse(self, zh: str, en: str) -> Problem:
        """Return the Problem with which a guard refuses."""
        return Problem("ZS913", move=self.name, reason=said(zh, en))


def owed(before: tuple[dict[str, Any], ...]) -> int | None:
    """Return what is still to be paid in fen where no ledger is kept; None while nothing was reported."""
    due: int | None = None
    for fields in before:
        if "recover_fen" in fields:
            due = int(fields["recover_fen"])
        elif due is not None:
            due -= int(fields.get("paid_fen", 0))
    return due


def _nothing_owed(step: Step) -> None:
    left = owed(step.before)
    if left is None or left > 0:
        told = "尚未决定" if left is None else yuan(left)
        raise step.refuse(f"未缴金额：{told}", f"still owed: {'not decided' if left is None else yuan(left)}")


def _voucher_new(step: Step) -> None:
    """A voucher stands for one transfer: it is booked once at an account, unless what it was booked for was reversed.

    Case and the kind of separator make no other voucher of it; where one stands does.
    """
    undone = {int(one.fields["payment"]) for one in step.done if "payment" in one.fields}
    for one in step.done:
        told = one.fields.get("voucher", "")
        same = told and _voucher(told) == _voucher(step.fields["voucher"]) and one.sequence not in undone
        if same and one.fields.get("account") == step.fields.get("account"):
            raise step.refuse(
                f"凭证号 {told} 已在第 {one.sequence} 步登记；另有一笔的，请填写该笔自己的凭证号",
                f"voucher {told} was booked by step {one.sequence}; another transfer takes its own voucher number",
            )


def _voucher(text: str) -> str:
    return re.sub(r"[-_/.: ]+", "-", text).casefold()


def _within_owed(step: Step) -> None:
    _voucher_new(step)
    left = owed(step.before) or 0
    if int(step.fields["paid_fen"]) > left:
        raise step.refuse(f"超过未缴金额 {yuan(left)}", f"more than the {yuan(left)} owed")


def _balanced(step: Step) -> None:
    book = step.book
    left, over = book.balance(), sum(book.over.values())
    if not book.decided or left > 0:
        told = yuan(left) if book.decided else "尚未决定"
        raise step.refuse(f"未缴金额：{told}", f"still owed: {yuan(left) if book.decided else 'not decided'}")
    if over:
        raise step.refuse(f"多缴 {yuan(over)} 尚未退还", f"{yuan(over)} paid too much is not given back yet")


def _within_account(step: Step) -> None:
    _voucher_new(step)
    account = step.fields["account"]
    left = step.book.left(account)
    if int(step.fields["paid_fen"]) > left:
        name = next(one for one in step.cycle.recovery.accounts if one.id == account)  # type: ignore[union-attr]
        raise step.refuse(
            f"超过{name.zh}未缴金额 {yuan(left)}", f"more than the {yuan(left)} owed to the {name.en.lower()}"
        )


def _plan_sums(step: Step) -> None:
    """Days follow each other, within what a plan may last, and each account gets what it is owed, to the fen."""
    book, rows, recovery = step.book, step.fields["plan"], step.book.recovery
    days = [date.fromisoformat(row["on"]) for row in rows]
    if days != sorted(set(days)) or days[0] <= step.day:
        raise step.refuse("各期缴款日须晚于今日并依次递增", "the days must lie after today, each after the one before")
    if (days[-1] - step.day).days > recovery.plan_days:
        raise step.refuse(
            f"末期不得晚于 {recovery.plan_days} 日之后", f"the last lies more than {recovery.plan_days} days ahead"
        )
    for account in recovery.accounts:
        given, left = sum(int(row.get(account.id, 0)) for row in rows), book.left(account.id)
        if given != left:
            raise step.refuse(
                f"{account.zh}各期合计 {yuan(given)}，未缴金额 {yuan(left)}",
                f"{account.en}: the parts come to {yuan(given)}, owed are {yuan(left)}",
            )


def _payment_stands(step: Step) -> None:
    if not money.payment(step.book, int(step.fields["payment"])):
        raise step.refuse("没有这一笔缴款，或者已经冲正", "there is no such payment, or it was reversed")


def _within_overpaid(step: Step) -> None:
    _voucher_new(step)
    book, account = step.book, step.fields["account"]
    over = sum(fen for key, fen in book.over.items() if book.recovery.charge(key).account == account)
    if int(step.fields["refund_fen"]) > over:
        raise step.refuse(f"该账户多缴金额为 {yuan(over)}", f"{yuan(over)} was paid too much to this account")


def _late_as_computed(step: Step) -> None:
    most = int(step.fields[LATE]["open_fen"])
    if int(step.fields["surcharge_fen"]) > most:
        raise step.refuse(f"按规定至今日可加处 {yuan(most)}", f"{yuan(most)} can be charged up to today")


def _late_within_fine(step: Step) -> None:
    """A changed fine takes its late penalty along: that is never raised here, and never more than the fine allows."""
    book, late = step.book, step.book.recovery.late
    charged = money.late_sum(book, step.day).charged_fen
    left = int(step.fields.get(book.recovery.charge(late.charge).field, charged))
    most = min(charged, part(int(step.fields[book.recovery.charge(late.of).field]), late.most_e4, 10_000))
    if left > most:
        raise step.refuse(
            f"已加处罚款 {yuan(charged)}，变更后至多 {yuan(most)}",
            f"a late penalty of {yuan(charged)} was charged; {yuan(most)} at most may stand",
        )


def _fine_stated(step: Step) -> None:
    """A fine is stated as an amount or as a multiple of the loss; where both are, they agree."""
    fields = step.fields
    if "fine_fen" not in fields:
        raise step.refuse("须填写罚款倍数或者罚款金额", "a multiple or an amount of the fine is needed")
    if "multiple" in fields:
        worth = part(int(fields["loss_fen"]), int(fields["multiple"]), 10_000)
        if worth != int(fields["fine_fen"]):
            raise step.refuse(f"按所填倍数罚款应为 {yuan(worth)}", f"by the multiple the fine is {yuan(worth)}")


def _grade_fits(step: Step) -> None:
    """A decision outside the grade that follows from the rule book says why."""
    found = step.fields[GRADED]["outside"]
    if found and not step.fields.get("departure"):
        grade = next(one for one in library.grades().grades if one.id == step.fields[GRADED]["grade"])
        zh, en = "、".join(WAYS[key][0] for key in found), ", ".join(WAYS[key][1] for key in found)
        raise step.refuse(
            f"超出适用档次“{grade.zh}”（{zh}），须写明理由", f"outside the grade '{grade.en}' ({en}): say why"
        )


def _cause_known(step: Step) -> None:
    """A cause of the form must be one of the reasons that the rule book counts by."""
    if step.fields["cause"] not in {one.id for one in library.overturning().reasons}:
        raise step.refuse("原因不在推翻理由之列", "the cause is none of the reasons of overturning")


def _reviewer_apart(step: Step) -> None:
    """Who handled a case, or had it handled, does not review it, and nobody reviews it in that person's name."""
    if not isinstance(step.actor, User) or step.case is None:
        return
    voices = {one.pk for one in (step.actor, step.behalf) if one}
    named_ = {number for fields in step.before for number in fields.get("officers", ())}
    by = Q(actor__in=voices) | Q(on_behalf_of__in=voices)
    if (
        voices & named_
        or CaseEvent.objects.filter(by, case=step.case, kind__in=CHANGING | {EventKind.PROPOSED}).exists()
    ):
        raise step.refuse("法制审核员不得办理过本案", "the legal reviewer must not have handled the case")


def _within_bands(step: Step) -> None:
    """Some band must speak of the value, and the number lie within it: what no band speaks of is not decided by us."""
    known = [band for band in step.cycle.bands if band.field in step.fields and band.when in step.fields]
    for band in known:
        if not f"{step.fields[band.when]}/".startswith(f"{band.equals}/"):
            continue
        base = int(step.fields[band.times_of]) if band.times_of else 1
        low, high, value = band.least * base, band.most * base, int(step.fields[band.field])
        if low <= value <= high:
            return
        shown = yuan if band.field.endswith("_fen") else str
        cite = step.cycle.cites[band.cite]
        raise step.refuse(
            f"{cite.zh}：应在 {shown(low)} 至 {shown(high)} 之间",
            f"{cite.en}: between {shown(low)} and {shown(high)}",
        )
    raise step.refuse("所选条款没有可用的幅度", "no band speaks of the chosen value")


def _credits(step: Step) -> int:
    return sum(int(fields.get("credit", 0)) for fields in step.before)


def _points(step: Step) -> int:
    return next(int(fields["points"]) for fields in step.before if "points" in fields)


def _credits_left(step: Step) -> None:
    """What one credit may hold at most is what all of them may, as the life-cycle prints it."""
    limit = next(one.most for move in step.cycle.moves for one in move.needs if one.id == "credit")
    most = min(limit or 0, _points(step))
    if _credits(step) + int(step.fields["credit"]) > most:
        raise step.refuse(f"修复合计不得超过 {most} 分", f"at most {most} points are repaired in all")


def _repaired_in_full(step: Step) -> None:
    left = _points(step) - _credits(step)
    if left > 0:
        raise step.refuse(f"还有 {left} 分未修复", f"{left} points are not repaired yet")


def _other_case_known(step: Step) -> None:
    number = step.fields["other_case"]
    if (
        step.case is None
        or not Case.objects.filter(body=step.case.body, number=number).exclude(pk=step.case.pk).exists()
    ):
        raise step.refuse("本单位没有这一编号的其他事项", "the body has no other case of this number")


def _other_not_merged(step: Step) -> None:
    """Locked, so that no reward is granted meanwhile: its parts are fixed with the grant, and who is late has none."""
    held = Case.objects.select_for_update().filter(number=step.fields["other_case"])
    other = held.filter(body=step.case.body).first() if step.case is not None else None
    if other is not None and other.state == "merged":
        raise step.refuse("该事项自身已并入他案，请并入最终的事项", "it was merged itself: name where it went")
    if other is not None and reward_settled(other):
        raise step.refuse(
            "该举报已经奖励、已提议奖励或者已不予奖励办结，不能再并入；请单独办理",
            "its reward was granted or proposed, or it was closed without one: handle this tip-off by itself",
        )


def reward_settled(case: Case) -> bool:
    """Whether it is settled, or proposed, who is rewarded for a tip-off: none is merged into it any more."""
    return case.cycle == "tip_off" and (case.state in ("rewarded", "answered") or case.proposed_move == "reward")


def _as_scheme_gives(step: Step) -> None:
    """The reward is what the scheme of the day of the tip-off gives for the case value that two people established."""
    value = next((int(fields["value_fen"]) for fields in reversed(step.before) if "value_fen" in fields), None)
    day = received_on(step.case) if step.case is not None else None
    scheme = library.reward_scheme(day) if day else None
    if scheme is None or day is None or value is None or scheme.name != step.fields["scheme"]:
        name = scheme.name if scheme else "-"
        raise step.refuse(f"举报当日有效的奖励办法是 {name}", f"on the day of the tip-off {name} held")
    try:
        due = reward_of(scheme, day, value, step.fields["subject"], step.fields["grade"])
    except KeyError as error:
        raise step.refuse(f"办法中没有 {error}", f"the scheme does not name {error}") from error
    if due.amount_fen != int(step.fields["reward_fen"]):
        told = yuan(due.amount_fen)
        raise step.refuse(f"按办法应为 {told} 元", f"the scheme gives {told} yuan")


def _draw_repeats(step: Step) -> None:
    expected = draw(step.fields["pool"], step.fields["seed"], int(step.fields.get("count", 1)))
    if step.fields["drawn"] not in expected:
        told = " ".join(expected)
        raise step.refuse(f"按种子应抽中 {told}", f"the seed draws {told}")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "nothing_owed": _nothing_owed,
    "within_owed": _within_owed,
    "balanced": _balanced,
    "within_account": _within_account,
    "plan_sums": _plan_sums,
    "payment_stands": _payment_stands,
    "within_overpaid": _within_overpaid,
    "late_as_computed": _late_as_computed,
    "late_within_fine": _late_within_fine,
    "fine_stated": _fine_stated,
    "grade_fits": _grade_fits,
    "cause_known": _cause_known,
    "reviewer_apart": _reviewer_apart,
    "within_bands": _within_bands,
    "credits_left": _credits_left,
    "repaired_in_full": _repaired_in_full,
    "other_case_known": _other_case_known,
    "other_not_merged": _other_not_merged,
    "as_scheme_gives": _as_scheme_gives,
    "draw_repeats": _draw_repeats,
}


def check_guards(guards: tuple[str, ...], step: Step) -> None:
    """Raise Problem ZS913 for the first guard that refuses."""
    for name in guards:
        GUARDS[name](step)


def find_move(cycle: Cycle, case: Case, name: str) -> Move:
    """Return a move of the case's life-cycle. Raises Problem ZS903 for a name that it does not have."""
    found = next((move for move in cycle.moves if move.id == name), None)
    if found is None:
        raise Problem("ZS903", number=case.number, state=about(cycle, case.state), move=name[:40])
    return found


def check_follows(cycle: Cycle, case: Case, move: Move) -> None:
    """Raise Problem ZS903 unless a move leaves the state in which the case is."""
    if case.state not in move.source:
        raise Problem("ZS903", number=case.number, state=about(cycle, case.state), move=named(move))


def check_open(cycle: Cycle, case: Case, what: str) -> None:
    """Raise Problem ZS903 for a case that has ended."""
    if cycle.state(case.state).final:
        raise Problem("ZS903", number=case.number, state=about(cycle, case.state), move=what)


def check_fresh(cycle: Cycle, case: Case, version: int, *, inside: bool) -> None:
    """Raise Problem ZS905, naming who acted when, unless the case is as the form showed it.

    To those who are not ``inside`` the handling body, a step that the party does not see is told without its author.
    """
    if version == case.version:
        return
    last = CaseEvent.objects.filter(case=case, kind__in=CHANGING).select_related("actor").last()
    hidden = last is None or not (inside or last.shown)
    who = last.actor.display_name if last and last.actor and not hidden else said("系统", "the site")
    name = said("内部步骤", "an internal step") if last is None or hidden else about(cycle, last.about)
    at = f"{last.at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}" if last else ""
    raise Problem("ZS905", who=who, at=at, number=case.number, move=name)


def pending(case: Case) -> Proposal | None:
    """Return the proposal that waits for a second person, or None."""
    return case.proposals.filter(state=ProposalState.OPEN).select_related("proposed_by").first()


def check_none_pending(cycle: Cycle, case: Case) -> None:
    """Raise Problem ZS908 while a proposal waits for a second person."""
    found = pending(case)
    if found:
        raise Problem("ZS908", number=case.number, move=about(cycle, found.move), who=found.proposed_by.display_name)


def check_two(move: Move, *, proposing: bool) -> None:
    """Raise Problem ZS907 for a step of two people taken by one, ZS916 for one that needs no second person."""
    if move.two_person and not proposing:
        raise Problem("ZS907", move=named(move))
    if proposing and not move.two_person:
        raise Problem("ZS916", move=named(move))


def next_extension(cycle: Cycle, case: Case, key: str) -> tuple[Running, Extension]:
    """Return a running clock and the extension that is next. Raises Problem ZS912."""
    running = next((one for one in case.standing.clocks if one.clock == key and one.since), None)
    extensions = cycle.clock(key).extensions if running else ()
    if running is None or running.extended >= len(extensions):
        raise Problem("ZS912", clock=about(cycle, key[:40]))
    return running, extensions[running.extended]


def reason_of(text: str) -> str:
    """Return a reason, trimmed. Raises Problem ZS906 for none, or one that is too long."""
    told = kept(text)
    if not 0 < len(told) <= REASON_LENGTH:
        reason = said(f"须为 1 至 {REASON_LENGTH} 字", f"takes 1 to {REASON_LENGTH:,} characters")
        raise Problem("ZS906", field=said("理由", "Reason"), reason=reason)
    return told
