"""Whether points and rulings are as the scheme allows: the guards of their life-cycles, and what is due."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

from zhunsheng.book.points import Scheme, Threshold, load_schemes, scheme_on
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.points.models import PointEntry
from zhunsheng.casework.points.standing import Decision, add_months, standing
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook


def scheme(day: date) -> Scheme:
    """Return the scheme that holds on a day. Raises Problem ZS947 where none does."""
    found = scheme_on(load_schemes(rulebook()), day)
    if found is None:
        raise Problem("ZS947", day=day)
    return found


def decision_of(entry: PointEntry) -> Decision:
    """Return an entry that is in force, or was, as the pure functions take it. Its case must be at hand."""
    repaired = tuple((date.fromisoformat(on), int(points)) for on, points, _ in entry.credits)
    start = entry.from_on or date.max
    return Decision(entry.case.number, entry.institution_id, start, entry.points, entry.ended_on, repaired)


def own_decisions(practitioner_id: str) -> list[Decision]:
    """Return what the bodies of this site decided about a person, wherever it works."""
    with walls.within(walls.SITE):
        held = PointEntry.objects.filter(practitioner_id=practitioner_id).exclude(from_on=None)
        return [decision_of(one) for one in held.select_related("case")]


def due_ruling(practitioner_id: str, day: date) -> Threshold | None:
    """Return the suspension or termination that a person's points of a day ask for, None where they ask for none."""
    found = standing(own_decisions(practitioner_id), (), day, scheme(day)).gravest
    return found if found is not None and found.does != "watch" else None


def _follows_decision(step: Step) -> None:
    """The institution was punished, or measures taken, in the case that these points follow."""
    origin, known = step.origin, scheme(step.day)
    held = origin is not None and origin.institution_id == step.institution_id and any(
        origin.cycle == one.cycle
        and origin.events.filter(kind="moved", about=one.move).exists()
        for one in known.follows
    )  # fmt: skip
    if not held:
        raise step.refuse(
            "须由对该机构已作出行政处罚或者协议处理的事项发起",
            "opened from a case in which the institution was punished",
        )


def _points_of_scheme(step: Step) -> None:
    said, known = step.fields, scheme(step.day)
    limits = known.limits(said["article"], said["severity"], said["responsibility"])
    if limits is None:
        raise step.refuse("记分办法未规定该条款的这一情节", "the scheme gives no points for this article and severity")
    if not limits[0] <= said["points"] <= limits[1]:
        told = f"{limits[0]} 至 {limits[1]}", f"{limits[0]} to {limits[1]}"
        raise step.refuse(f"该责任与情节应记 {told[0]} 分", f"this responsibility and severity take {told[1]} points")


def _entry_this_year(step: Step) -> None:
    """Registered on its day or after it: the threshold is looked at once, when points enter into force."""
    start = date.fromisoformat(step.fields["from_on"])
    if start.year != step.day.year or start > step.day:
        raise step.refuse("生效日须在本年度内且不晚于今日", "points enter into force within this year, today at last")


def _credit_of_scheme(step: Step) -> None:
    """Each activity gives so much, and a person's year so much at most, whatever decisions it is taken off."""
    repair = scheme(step.day).repair
    who = step.before[0]["practitioner"]
    held = [on for one in own_decisions(who) for on in one.credits if on[0].year == step.day.year]
    if step.fields["credit"] > repair.each or sum(points for _, points in held) + step.fields["credit"] > repair.most:
        raise step.refuse(
            f"每次修复 {repair.each} 分，本人本年度合计不超过 {repair.most} 分",
            f"{repair.each} point each time, {repair.most} in a year at most",
        )


def _follows_points(step: Step) -> None:
    """A ruling is opened from points in force of the same person that reach what it does."""
    origin = step.origin
    entry = PointEntry.objects.filter(case=origin).first() if origin else None
    who, does = step.fields["practitioner"], step.fields["status"]
    due = due_ruling(who, step.day) if entry and entry.from_on and entry.practitioner_id == who else None
    if due is None or (does == "terminated" and due.does != "terminated"):
        raise step.refuse("本人当年累计记分未达到这一处理", "the points of the year do not reach this ruling")
    if does == "terminated" and step.fields.get("no_return_months") != due.no_return_months:
        told = due.no_return_months
        raise step.refuse(f"终止后 {told} 个月内不得再登记", f"a termination bars registration for {told} months")


def _ruling_of_scheme(step: Step) -> None:
    """A ruling never acts backwards; a suspension is as long as the scheme allows, a termination has no end."""
    opened, months = step.before[0], step.fields.get("months")
    _still_reached(step, opened)
    if date.fromisoformat(step.fields["start_on"]) < step.day:
        raise step.refuse("起始日不得早于今日", "the first day cannot lie before today")
    if opened["status"] == "terminated":
        if months:
            raise step.refuse("终止不填暂停月数", "a termination has no months")
        return
    least, most = next(one.months for one in scheme(step.day).thresholds if one.months)
    if not months or not least <= months <= most:
        raise step.refuse(f"暂停 {least} 至 {most} 个月", f"a suspension takes {least} to {most} months")


def _still_reached(step: Step, opened: dict[str, Any]) -> None:
    """Points withdrawn since the ruling was proposed no longer carry it; repaired ones and those of last year do."""
    day = step.done[0].day
    held = [replace(one, credits=()) for one in own_decisions(opened["practitioner"]) if one.ended_on is None]
    due = standing(held, (), day, scheme(day)).gravest
    if due is None or due.does not in ("terminated", opened["status"]):
        raise step.refuse("据以处理的记分已撤回，达不到这一处理", "the points were withdrawn: they reach it no longer")


def _lift_of_scheme(step: Step) -> None:
    opened = step.before[0]
    start = next(date.fromisoformat(one["start_on"]) for one in step.before if "start_on" in one)
    lifted = date.fromisoformat(step.fields["lifted_on"])
    wait = opened.get("no_return_months", 0) if opened["status"] == "terminated" else 0
    earliest = max(step.day, add_months(start, wait) if wait else start)
    if lifted < earliest:
        raise step.refuse(f"恢复日不得早于 {earliest}", f"not before {earliest}")
    until = _until(step)
    if until is not None and lifted > until:
        raise step.refuse(f"恢复日不得晚于 {until}", f"not after {until}")


def _until(step: Step) -> date | None:
    decided = next(one for one in step.before if "start_on" in one)
    months = decided.get("months")
    return add_months(date.fromisoformat(decided["start_on"]), months) if months else None


def _ruling_over(step: Step) -> None:
    until = _until(step)
    if until is None or step.day < until:
        told = (str(until), str(until)) if until else ("无期限", "no end")
        raise step.refuse(f"尚未到期：{told[0]}", f"not over yet: {told[1]}")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "follows_decision": _follows_decision,
    "points_of_scheme": _points_of_scheme,
    "entry_this_year": _entry_this_year,
    "credit_of_scheme": _credit_of_scheme,
    "follows_points": _follows_points,
    "ruling_of_scheme": _ruling_of_scheme,
    "lift_of_scheme": _lift_of_scheme,
    "ruling_over": _ruling_over,
}
