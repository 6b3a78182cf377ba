"""Whether a step of a case may be taken now, whoever asks, and the guards that life-cycles name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from zhunsheng.book.cycles import Cycle, Extension, Move
from zhunsheng.casework.cases.clocks import Running
from zhunsheng.casework.cases.models import Case, CaseEvent, Proposal
from zhunsheng.casework.cases.states import CHANGING, EventKind, ProposalState
from zhunsheng.casework.cases.words import about, named, said
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.money import yuan
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.sampling.draws import draw

REASON_LENGTH = 2000


@dataclass(frozen=True, slots=True)
class Step:
    """What a guard looks at: the step, its fields, and the fields of all steps before it, oldest first."""

    cycle: Cycle
    name: str
    fields: dict[str, Any]
    case: Case | None = None
    before: tuple[dict[str, Any], ...] = ()

    def refuse(self, zh: str, en: str) -> Problem:
        """Return the Problem with which a guard refuses."""
        return Problem("ZS913", move=self.name, reason=said(zh, en))


def step_of(cycle: Cycle, case: Case, name: str, fields: dict[str, Any]) -> Step:
    """Return a step with what happened before it."""
    done = CaseEvent.objects.filter(case=case, kind__in=(EventKind.OPENED, EventKind.MOVED)).order_by("sequence")
    return Step(cycle, name, fields, case, tuple(done.values_list("fields", flat=True)))


def owed(before: tuple[dict[str, Any], ...]) -> int | None:
    """Return what is still to be paid in fen by the last decision; None while nothing is decided."""
    due: int | None = None
    for fields in before:
        if "recover_fen" in fields:
            due = int(fields["recover_fen"]) + int(fields.get("fine_fen", 0))
        elif due is not None:
            due += int(fields.get("surcharge_fen", 0)) - int(fields.get("paid_fen", 0))
    return due


def _nothing_owed(step: Step) -> None:
    left = owed(step.before)
    if left is None or left > 0:
        told = "尚未决定" if left is None else yuan(left)
        raise step.refuse(f"未缴金额：{told}", f"still owed: {'not decided' if left is None else yuan(left)}")


def _within_owed(step: Step) -> None:
    left = owed(step.before)
    if left is None or int(step.fields["paid_fen"]) > left:
        told = yuan(left or 0)
        raise step.refuse(f"超过未缴金额 {told}", f"more than the {told} owed")


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


def _draw_repeats(step: Step) -> None:
    expected = draw(step.fields["pool"], step.fields["seed"], int(step.fields.get("count", 1)))
    if step.fields["drawn"] not in expected:
        told = " ".join(expected)
        raise step.refuse(f"按种子应抽中 {told}", f"the seed draws {told}")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "nothing_owed": _nothing_owed,
    "within_owed": _within_owed,
    "within_bands": _within_bands,
    "credits_left": _credits_left,
    "repaired_in_full": _repaired_in_full,
    "other_case_known": _other_case_known,
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
