"""What the site works out for a step: the fine by its multiple, the grade, the next day due, the parts of a reward.

It is kept beside the fields of the step, so that whoever confirms it, and whoever reads it years later, sees what was
known then. ``GRADED``, ``LATE``, ``PLANNED`` and ``SHARES`` are names that no field of a life-cycle has: no inputs.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.book.cycles import Band, Cycle, Move
from zhunsheng.book.handling import Grade, Grades
from zhunsheng.book.rewards import parted
from zhunsheng.casework.cases import library, money
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.kernel.money import part
from zhunsheng.kernel.time import SHANGHAI

#: Under these names what was worked out is kept with the fields of a step.
GRADED, LATE, PLANNED, SHARES = "graded", "late", "planned", "shares"
WORKED_OUT = frozenset({GRADED, LATE, PLANNED, SHARES})
_PLAN_MOVES = frozenset({"plan", "payment", "reversal", "refund", "adjustment"})


def typed(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields without what was worked out."""
    return {name: value for name, value in fields.items() if name not in WORKED_OUT}


def done_of(case: Case) -> tuple[money.Done, ...]:
    """Return the steps of a case, oldest first."""
    steps = CaseEvent.objects.filter(case=case, kind__in=(EventKind.OPENED, EventKind.MOVED)).order_by("sequence")
    return tuple(money.Done(one.about, one.sequence, one.day, one.fields) for one in steps)


def filled(move: Move, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a decision with the fine that its multiple of the loss gives, where none was typed."""
    wanted = {one.id for one in move.needs}
    if move.books != "decision" or "fine_fen" not in wanted or "fine_fen" in fields or "multiple" not in fields:
        return fields
    return {**fields, "fine_fen": part(int(fields["loss_fen"]), int(fields["multiple"]), 10_000)}


def graded(cycle: Cycle, case: Case, move: Move, fields: dict[str, Any], day: date) -> dict[str, Any]:
    """Return the fields of a decision with its grade as it follows from the rule book and from earlier cases."""
    if move.books != "decision" or "grade" not in fields:
        return fields
    grades = library.grades()
    counted = repeats(case, fields["article"], grades.look_back.months, day)
    fitting = grades.fitting(
        fields["nature"],
        severe=fields["gravity"] == "severe",
        repeats=len(counted),
        self_reported=fields["self_reported"] == "yes",
    )
    told = {
        "grade": fitting.id,
        "repeats": [one["number"] for one in counted],
        "since": str(_months_before(day, grades.look_back.months)),
        "outside": outside(grades, fitting, cycle.bands, fields),
        "handling": grades.digest,
    }
    return {**fields, GRADED: told}


def outside(grades: Grades, fitting: Grade, bands: tuple[Band, ...], fields: dict[str, Any]) -> list[str]:
    """Return in which ways a decision leaves the grade that fits: another grade, a measure, the range of the fine."""
    chosen = grades.grade(fields["grade"])
    found = ["grade"] if chosen.id != fitting.id else []
    if set(fields.get("measures", ())) - set(fitting.measures):
        found.append("measures")
    if "fine_fen" in fields and not _in_range(fitting, bands, fields):
        found.append("fine")
    return found


def _in_range(fitting: Grade, bands: tuple[Band, ...], fields: dict[str, Any]) -> bool:
    """A fine that the law prints in yuan has no multiple: its band alone limits it."""
    article = fields["article"]
    band = next((one for one in bands if f"{article}/".startswith(f"{one.equals}/")), None)
    if band is not None and not band.times_of:
        return True
    known, loss = fitting.fine(article), int(fields["loss_fen"])
    if known is None:
        return False
    return part(loss, known.least_e4, 10_000) <= int(fields["fine_fen"]) <= part(loss, known.most_e4, 10_000)


def repeats(case: Case, article: str, months: int, day: date) -> list[dict[str, Any]]:
    """Return the cases of the same body and institution that were decided under the article within some months.

    A decision of which nothing was left on review is none.
    """
    if not case.institution_id:
        return []
    since, root = _months_before(day, months), _root(article)
    decisions = [move.id for move in case.life.moves if move.books == "decision"]
    events = CaseEvent.objects.filter(
        case__body=case.body_id, case__institution_id=case.institution_id, case__cycle=case.cycle, kind=EventKind.MOVED,
        about__in=decisions, day__gt=since, day__lte=day,
    )  # fmt: skip
    rows = events.exclude(case=case.pk).select_related("case").order_by("day", "pk")
    fallen = _fallen(case.life, {one.case_id for one in rows})
    return [
        {"case": one.case_id, "number": one.case.number, "day": one.day}
        for one in rows
        if _root(one.fields.get("article", "")) == root and one.case_id not in fallen
    ]


def _fallen(cycle: Cycle, cases: set[int]) -> set[int]:
    """Return the cases whose sums were last changed to nothing."""
    changes = [move.id for move in cycle.moves if move.books == "adjustment"]
    events = CaseEvent.objects.filter(case__in=cases, kind=EventKind.MOVED, about__in=changes).order_by("sequence")
    last = {one.case_id: one.fields for one in events}
    return {pk for pk, told in last.items() if not any(int(told[name]) for name in ("recover_fen", "fine_fen"))}


def _root(article: str) -> str:
    return "/".join(article.split("/")[:2])


def _months_before(day: date, months: int) -> date:
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    return money.day_of(year, month + 1, day.day)


def late(cycle: Cycle, move: Move, done: tuple[money.Done, ...], fields: dict[str, Any], day: date) -> dict[str, Any]:
    """Return the fields of a late penalty with how it was computed up to a day."""
    book = money.read(cycle, done) if move.books == "late" else None
    if book is None:
        return fields
    found = money.late_sum(book, day)
    told = {
        "until": str(day),
        "stretches": [[str(one.first), str(one.last), one.late_fen] for one in found.stretches],
        "accrued_fen": found.accrued_fen,
        "cap_fen": found.cap_fen,
        "charged_fen": found.charged_fen,
        "open_fen": found.open_fen,
    }
    return {**fields, LATE: told}


def planned(
    cycle: Cycle, move: Move, state: str, done: tuple[money.Done, ...], fields: dict[str, Any], day: date
) -> dict[str, Any]:
    """Return the fields of a step with the day on which the next instalment is due, where a plan runs after it."""
    if move.books not in _PLAN_MOVES or cycle.recovery is None:
        return fields
    clock = cycle.recovery.plan_clock
    if clock not in cycle.state(cycle.target(move, state)).clocks:
        return fields
    last = done[-1].sequence if done else 0
    book = money.read(cycle, (*done, money.Done(move.id, last + 1, day, fields)))
    on = book.next_on() if book else None
    return {**fields, PLANNED: {clock: str(on) if on else None}}


def received_on(case: Case) -> date:
    """Return the day of receipt: the reward scheme of that day holds."""
    return case.opened_at.astimezone(SHANGHAI).date()


def merged_with(case: Case) -> set[str]:
    """Return the numbers of the cases of its kind that were merged into a case, also by way of others, and its own."""
    numbers, fresh = {case.number}, {case.number}
    while fresh:
        steps = CaseEvent.objects.filter(case__body=case.body_id, case__cycle=case.cycle, kind="moved", about="merge")
        into = steps.filter(fields__other_case__in=sorted(fresh))
        fresh = set(into.values_list("case__number", flat=True)) - numbers
        numbers |= fresh
    return numbers


def shares(case: Case, amount_fen: int) -> list[tuple[str, int | None]]:
    """Return what of a reward goes to which case of those merged, the earliest first; None where people share it."""
    held = Case.objects.filter(body=case.body_id, number__in=merged_with(case)).order_by("opened_at", "pk")
    numbers, scheme = list(held.values_list("number", flat=True)), library.reward_scheme(received_on(case))
    alone = [amount_fen] if len(numbers) == 1 else None
    parts = alone or (parted(scheme, amount_fen, len(numbers)) if scheme else None) or [None] * len(numbers)
    return list(zip(numbers, parts, strict=True))


def shared(case: Case, fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a grant with its parts: whoever is merged later, or a scheme that changes, moves none."""
    if "reward_fen" not in fields:
        return fields
    return {**fields, SHARES: [list(one) for one in shares(case, int(fields["reward_fen"]))]}
