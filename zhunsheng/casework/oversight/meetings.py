"""Joint meetings: what calling one asks, what follows from each of its steps, and when it may close.

A meeting is a case of who calls it. Each body that is invited has a case of its own (``meeting_opinion``), each
resolution one of the body responsible (``resolution``): their clocks, inbox and evidence are those of the engine. What
follows from a step of the meeting is written by the run in its transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from zhunsheng.casework.alerts.actions import RUN
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.oversight import queries
from zhunsheng.casework.oversight.states import OPINION, RESOLUTION
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.kernel.time import SHANGHAI

#: What becomes of the invited bodies' cases with a step of the meeting, where it is the same for all of them.
SAME = {"postpone": "reschedule", "cancel": "call_off"}


def _meeting_invites(step: Step) -> None:
    if isinstance(step.actor, User) and step.actor.body_id in step.fields["invited"]:
        raise step.refuse("召集单位自己不列入邀请单位", "the body that calls the meeting is not among those invited")


def _agenda_in_view(step: Step) -> None:
    """What a meeting speaks of is in view of who calls it: vendors, and open cases about one of them."""
    given, told = step.fields.get("vendors", []), step.fields.get("matters", [])
    if not given and not told:
        raise step.refuse("须列出涉及的第三方服务机构或者事项", "names a vendor or a case that it is about")
    if not isinstance(step.actor, User):
        raise step.refuse("须由召集单位的人员发起", "is called by a person of the body that calls it")
    view = scope(step.actor).own
    known = set(vendors.vendors(view).values_list("institution_id", flat=True))
    if strange := [code for code in given if code not in known]:
        raise step.refuse(f"查不到第三方服务机构 {strange[0]}", f"no vendor {strange[0]} is in view")
    offered = {queries.matter_key(one) for one in queries.matters_offered(view)}
    if strange := [key for key in told if key not in offered]:
        raise step.refuse(
            f"{strange[0]} 不是可见的、未办结的第三方服务事项", f"{strange[0]} is no open case about a vendor in view"
        )


def _held_since_called(step: Step) -> None:
    called = step.case.opened_at.astimezone(SHANGHAI).date() if step.case else step.day
    if step.fields["held_on"] < str(called):
        raise step.refuse(f"召开日期不得早于召集之日 {called}", f"was called on {called} and not held before")


def _present_invited(step: Step) -> None:
    if set(step.fields.get("present", [])) - _invited(step):
        raise step.refuse("到会单位须为邀请单位", "only bodies that were invited are listed as present")


def _resolution_owner(step: Step) -> None:
    own = {step.case.body_id} if step.case else set()
    if set(step.fields["owner"]) - _invited(step) - own:
        raise step.refuse("责任单位须为召集单位或者邀请单位", "the body responsible calls the meeting or is invited")


def _invited(step: Step) -> set[int]:
    return set(step.before[0]["invited"])


def _resolutions_done(step: Step) -> None:
    found = case_queries.followers(step.case.pk, RESOLUTION).filter(closed_at=None) if step.case else ()
    left = sorted(one.number for one in found)
    if left:
        raise step.refuse(f"议定事项未办结：{'、'.join(left)}", f"resolutions still open: {', '.join(left)}")


def _accepted_apart(step: Step) -> None:
    reported = case_queries.who_took(step.case, "report_done") if step.case else set()
    if {one.pk for one in (step.actor, step.behalf) if isinstance(one, User)} & reported:
        raise step.refuse("报告完成的人不得核对", "who reported it done does not check it")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "meeting_invites": _meeting_invites,
    "agenda_in_view": _agenda_in_view,
    "held_since_called": _held_since_called,
    "present_invited": _present_invited,
    "resolution_owner": _resolution_owner,
    "resolutions_done": _resolutions_done,
    "accepted_apart": _accepted_apart,
}


def moved(_actor: Any, case: Case, event: CaseEvent) -> None:
    """Ask each invited body for its opinion, tell it what becomes of the meeting, and hand out resolutions."""
    told = event.fields
    if event.kind == EventKind.OPENED:
        given = {"subject": told["subject"], "needed_by": told["planned_on"], "place": told["place"]}
        for body in Body.objects.filter(pk__in=told["invited"]).order_by("pk"):
            cases.open_case(RUN, OPINION, given, body=case.body, subject_body=body, origin=case)
    elif event.kind != EventKind.MOVED:
        return
    elif event.about == "resolve":
        given = {"deed": told["deed"], "due_on": told["due_on"]}
        owner = Body.objects.get(pk=told["owner"][0])
        cases.open_case(RUN, RESOLUTION, given, body=case.body, subject_body=owner, origin=case)
    elif event.about == "hold":
        present = set(told.get("present", []))
        for one in _asked(case):
            _take(one, "attend" if one.subject_body_id in present else "stay_away", {})
    elif event.about in SAME:
        given = {"needed_by": told["planned_on"], "place": told["place"]} if event.about == "postpone" else {}
        for one in _asked(case):
            _take(one, SAME[event.about], given)


def _asked(case: Case) -> Iterable[Case]:
    return list(case_queries.followers(case.pk, OPINION).filter(closed_at=None).order_by("pk"))


def _take(one: Case, name: str, given: dict[str, str]) -> None:
    cases.move(RUN, one, name, given, version=one.version)
