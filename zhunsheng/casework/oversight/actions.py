"""Writers of the oversight of vendors: the pool, rounds of draws, complaints of the public, the survey.

Each leaves evidence in its own transaction. What a person without an account does is done by a process (``PUBLIC``).
What follows from steps of cases stands below: a line is stopped, put to
its exit and ended by the same people who decided it, in the transaction of their step.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import date
from functools import partial
from typing import Any

from zhunsheng.casework import sealed
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.bodies.scope import members
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases import together
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.oversight import drawing, library, policies
from zhunsheng.casework.oversight.lines import line_of
from zhunsheng.casework.oversight.models import (
    ExitStep,
    PoolMember,
    Round,
    Sanction,
    SurveyAnswer,
    SurveyCode,
    VendorCheck,
    VendorComplaint,
)
from zhunsheng.casework.oversight.states import OFFICE, Appeal, Background, Field, Role, RoundState, Seat, StepState
from zhunsheng.casework.oversight.survey import TOPICS
from zhunsheng.casework.tips import receipts
from zhunsheng.casework.tips.policies import plain
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import SERVING, LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

PUBLIC = Process("public")
#: A line that can be put to its exit.
EXITABLE = frozenset({*SERVING, LineState.SUSPENDED})
#: Codes that are issued at once, and places that a pool holds at most.
MOST_CODES, MOST_PLACES = 60, 500
RESPONDENTS = ("patient", "staff")


@deed
def add_member(actor: User, given: dict[str, Any], ties: dict[str, str] | None = None) -> PoolMember:
    """Add a person to the pool of the actor's body. Raises Problem ZS702, ZS842."""
    policies.check_oversees(actor)
    role = policies.one_of(given.get("role"), Role.values, "身份", "Role")
    if role == Role.CENTRE and actor.body.kind != BodyKind.HEALTH_AUTHORITY:
        raise policies.wrong("身份", "Role", "监管中心设在卫生健康部门", "the centre is a health authority's")
    of_expert, of_committee, of_office = role == Role.EXPERT, role == Role.COMMITTEE, role in OFFICE
    known = [policies.one_of(one, Background.values, "专业背景", "Background") for one in given.get("background", [])]
    if of_office and not known:
        raise policies.wrong("专业背景", "Background", "监督人员须填写", "is asked of a supervisor")
    made = PoolMember.objects.create(
        body=actor.body,
        role=role,
        field=policies.one_of(given.get("field"), Field.values, "专业领域", "Field") if of_expert else "",
        seat=policies.one_of(given.get("seat"), Seat.values, "席位", "Seat") if of_committee else "",
        user=_colleague(actor, given.get("user")) if of_office else None,
        name=policies.text_of(given.get("name"), "姓名或者机构名称", "Name", 120),
        unit=policies.text_of(given.get("unit", ""), "工作单位", "Works at", 120, 0),
        background=known,
        full_time=_full_time(given) if of_office else None,
        ties={code: policies.text_of(why, "关联说明", "Why tied", 200, 2) for code, why in (ties or {}).items()},
        since=now().date(),
    )
    told = {"role": role, "field": made.field, "seat": made.seat, "ties": sorted(made.ties)}
    append(actor, "pool_member.added", f"pool_member:{made.pk}", told)
    return made


def _full_time(given: dict[str, Any]) -> bool | None:
    """Return whether a supervisor does nothing else; None where nobody says, which is not full-time."""
    told = policies.one_of(given.get("full_time") or "", ("", "yes", "no"), "专职", "Full-time")
    return None if not told else told == "yes"


def _colleague(actor: User, number: Any) -> User | None:
    """Return the account of a supervisor, where one is named: of the actor's own body."""
    if not number:
        return None
    text = str(number)
    found = User.objects.filter(pk=int(text), body=actor.body) if text.isdecimal() and len(text) < 19 else None
    if not found or not found.exists():
        raise policies.wrong("账号", "Account", "须为本单位账号", "takes an account of the own body")
    return found.get()


@deed
def end_member(actor: User, member: PoolMember) -> None:
    """Take a person out of the pool from today on. Raises Problem ZS702."""
    held = _own_member(actor, member)
    if held.until is None:
        held.until = now().date()
        held.save(update_fields=["until"])
        append(actor, "pool_member.ended", f"pool_member:{held.pk}", {})


@deed
def train(actor: User, member: PoolMember, year: str, topics: list[str]) -> PoolMember:
    """Record the yearly training of a supervisor. Raises Problem ZS702, ZS842."""
    held, today = _own_member(actor, member), now().date()
    if not (year.isdecimal() and 2000 <= int(year) <= today.year):
        raise policies.wrong("年度", "Year", "须为已经开始的年度", "takes a year that has begun")
    known = library.checks().training.topics
    told = sorted({policies.one_of(one, known, "培训内容", "Topic") for one in topics})
    held.trained = held.trained | {year: sorted({*held.trained.get(year, []), *told})}
    held.save(update_fields=["trained"])
    append(actor, "pool_member.trained", f"pool_member:{held.pk}", {"year": year, "topics": told})
    return held


def _own_member(actor: User, member: PoolMember) -> PoolMember:
    policies.check_oversees(actor)
    found = PoolMember.objects.select_for_update(of=("self",)).filter(pk=member.pk, body=actor.body).first()
    if found is None:
        raise Problem("ZS702")
    return found


@deed
def commit_round(actor: User) -> Round:
    """Freeze the pools of all checks of the actor's body that wait for a draw, and commit to a secret.

    Raises Problem ZS702, ZS843 where none waits or a round is open, ZS844.
    """
    policies.check_oversees(actor)
    if Round.objects.select_for_update().filter(body=actor.body, state=RoundState.COMMITTED).exists():
        raise Problem(
            "ZS843", reason=said("已有封存的批次待抽取", "a round is committed already and waits for its draw")
        )
    waiting = [one for one in _undrawn(actor.body) if library.checks().check(one.check_kind).draws]
    if not waiting:
        raise Problem("ZS843", reason=said("没有待抽取的检查", "no check waits for a draw"))
    made = Round(body=actor.body)
    made.subjects = [_subject(one) for one in waiting]
    known = [(one["vendor"], one["name"]) for one in made.subjects]
    drawn = PoolMember.objects.filter(body=actor.body, until=None).exclude(role__in=(Role.COMMITTEE, Role.CENTRE))
    held = drawn.select_related("user")
    made.people = [
        {"code": one.code, "name": one.name, "as": one.drawn_as, "ties": drawing.ties(one, known)} for one in held
    ]
    policies.check_pools(made)
    sealed.freeze(made, actor, partial(drawing.committed, made))
    made.save()
    told = {"commitment": made.commitment, "checks": len(made.subjects), "people": len(made.people)}
    append(actor, "check_round.committed", f"check_round:{made.pk}", told)
    return made


def _undrawn(body: Body) -> list[VendorCheck]:
    found = VendorCheck.objects.filter(body=body, round=None, case__state="due")
    return list(found.select_related("line__vendor", "line__body", "case").order_by("pk"))


def _subject(held: VendorCheck) -> dict[str, Any]:
    check, line = library.checks().check(held.check_kind), held.line
    places = sorted(line.members or members(line.body.institution_code))[:MOST_PLACES]
    return {
        "check": held.code, "vendor": held.institution_id, "name": line.vendor.name, "places": places,
        "count": min(check.places, len(places)), "people": dict(check.people),
    }  # fmt: skip


@deed
def draw_round(actor: User, held: Round, words: str) -> Round:
    """Draw by the secret and the words of a second person, and record it in the case of each check.

    Raises Problem ZS702, ZS842, ZS843, ZS845, and those of the cases.
    """
    policies.check_oversees(actor)
    found = Round.objects.select_for_update(of=("self",)).filter(pk=held.pk, body=actor.body).first()
    if found is None:
        raise Problem("ZS702")
    if found.state != RoundState.COMMITTED:
        raise Problem("ZS843", reason=said("该批次已经抽取", "the round was drawn"))
    policies.check_second(actor, found.committed_by)
    sealed.reveal(found, actor, policies.text_of(words, "抽取用语", "Words for the draw", 200, 6))
    found.state = RoundState.DRAWN
    found.save()
    told = {"secret": found.secret, "words": found.words, "seed": found.seed}
    append(actor, "check_round.drawn", f"check_round:{found.pk}", told)
    waiting = {one.code: one for one in _undrawn(actor.body)}
    for subject in found.subjects:
        if subject["check"] in waiting:  # one that was cancelled since is drawn for nothing
            _record(actor, found, waiting[subject["check"]])
    return found


def _record(actor: User, held: Round, check: VendorCheck) -> None:
    drawn = drawing.drawn(held, check.code)
    check.round, check.places, check.people, check.recused = held, drawn.places, drawn.people, drawn.recused
    check.save(update_fields=["round", "places", "people", "recused"])
    given = {"seed": held.seed, "places": drawn.places, "people": drawn.people}
    cases.move(actor, check.case, "draw", given, version=check.case.version)


def complain(given: dict[str, str], line: ServiceLine, secret: str) -> tuple[VendorComplaint, str]:
    """Take a complaint of the public about a line and return it with its receipt code.

    The same form again gives the same, and changes nothing. Raises Problem ZS904, ZS906, ZS911.
    """
    told = {name: plain(text) for name, text in given.items()} | {"service_kind": line.kind}
    return _complain(told, line, secret)


@deed
def _complain(told: dict[str, str], line: ServiceLine, secret: str) -> tuple[VendorComplaint, str]:
    code = receipts.code_of(secret)
    once = hashlib.sha256(secret.encode()).hexdigest()
    case = cases.open_case(
        PUBLIC, "vendor_complaint", told, body=line.body, institution_id=line.institution_id, key=once
    )
    found = VendorComplaint.objects.select_for_update(of=("self",)).get(case=case)
    if not found.receipt:
        found.receipt = receipts.receipt_digest(code)
        found.save(update_fields=["receipt"])
    return found, code


@deed
def judge(complaint: VendorComplaint, *, satisfied: bool) -> VendorComplaint:
    """Record what who complained says of the answer. Raises Problem ZS847 where there is none to judge."""
    found = VendorComplaint.objects.select_for_update(of=("self",)).select_related("case").get(pk=complaint.pk)
    if found.case.state != "answered":
        raise Problem("ZS847")
    found.satisfied, found.judged_at = satisfied, now()
    found.save(update_fields=["satisfied", "judged_at"])
    told = {"number": found.case.number, "satisfied": satisfied}
    append(PUBLIC, "vendor_complaint.judged", f"case:{found.case_id}:satisfaction", told)
    return found


@deed
def issue_codes(actor: User, line: ServiceLine, given: dict[str, str]) -> list[str]:
    """Issue codes of the survey of a line for a month; they are told once and kept as digests alone.

    Raises Problem ZS702, ZS842.
    """
    policies.check_oversees(actor)
    if line.body_id != actor.body_id:
        raise Problem("ZS702")
    month = policies.month_of(given.get("month"), now().date())
    who = policies.one_of(given.get("respondent"), RESPONDENTS, "答卷人", "Respondent")
    text = given.get("count", "")
    count = int(text) if text.isdecimal() and len(text) < 4 else 0
    if not 1 <= count <= MOST_CODES:
        raise policies.wrong("份数", "Number", f"须为 1 至 {MOST_CODES}", f"takes 1 to {MOST_CODES}")
    codes = [receipts.code_of(secrets.token_hex(32)) for _ in range(count)]
    SurveyCode.objects.bulk_create(
        SurveyCode(
            body=line.body, line=line, month=month, respondent=who, receipt=receipts.receipt_digest(code),
            issued_by=actor, issued_at=now(),
        ) for code in codes
    )  # fmt: skip
    told = {"month": month, "respondent": who, "count": count}
    append(actor, "survey.codes_issued", f"service_line:{line.pk}", told)
    return codes


def code_held(text: str) -> SurveyCode | None:
    """Return the unused code of a text, or None; asked by a page without a login, over all bodies."""
    if receipts.typed(text) is None:
        return None
    with walls.within(walls.SITE):
        found = SurveyCode.objects.filter(receipt=receipts.receipt_digest(text), used_at=None)
        return found.select_related("line__vendor", "body").first()


@deed
def answer(held: SurveyCode, given: dict[str, str]) -> SurveyAnswer:
    """Take one answer and use its code up; the two are not joined by anything kept. Raises Problem ZS842, ZS846."""
    code = SurveyCode.objects.select_for_update(of=("self",)).get(pk=held.pk)
    if code.used_at is not None:
        raise Problem("ZS846")
    scores = {name: _score(given.get(name, "")) for name in TOPICS}
    if not any(scores.values()):
        raise policies.wrong("评分", "Scores", "至少评一项", "takes one score at least")
    today = now()
    # to the day alone: the moment would join the answer to its code
    code.used_at = today.replace(hour=0, minute=0, second=0, microsecond=0)
    code.save(update_fields=["used_at"])
    made = SurveyAnswer.objects.create(
        body=code.body,
        line_id=code.line_id,
        month=code.month,
        respondent=code.respondent,
        answered_on=today.date(),
        **scores,
    )
    append(PUBLIC, "survey.answered", f"service_line:{code.line_id}", {"month": code.month, **scores})
    return made


def _score(text: str) -> int | None:
    if text == "":
        return None
    if text not in ("1", "2", "3", "4", "5"):
        raise policies.wrong("评分", "Scores", "须为 1 至 5", "takes 1 to 5")
    return int(text)


def open_check(actor: Actor, line: ServiceLine, kind: str, due_on: date, reason: str = "") -> Case:
    """Open a check of a line; of the calendar the same one again gives the same case. Raises as ``open_case``."""
    given = {"check": kind, "kind": line.kind, "due_on": due_on.isoformat()}
    key = f"check-{line.pk}-{kind}-{due_on}"
    if reason:
        given, key = given | {"reason": reason}, ""
    about = Body.objects.filter(kind="vendor", institution_code=line.institution_id).first()
    return cases.open_case(
        actor, "vendor_check", given, body=line.body, institution_id=line.institution_id, subject_body=about, key=key
    )


def _beside(case: Case) -> dict[str, Any]:
    return {"case": case, "body": case.body, "institution_id": case.institution_id}


def _opening(case: Case) -> dict[str, Any]:
    first = case.events.order_by("sequence").first()
    return first.fields if first else {}


def check_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the row of a check in step with its case; the vendor sees it from the check itself on."""
    if event.kind == EventKind.OPENED:
        told, line = event.fields, line_of(case)
        VendorCheck.objects.create(**_beside(case), line=line, check_kind=told["check"], due_on=told["due_on"])
    elif event.kind == EventKind.MOVED and event.about == "perform":
        VendorCheck.objects.filter(case=case).update(shown=True, result=event.fields["result"])


def complaint_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the row of a complaint in step with its case; a further answer is judged anew."""
    if event.kind == EventKind.OPENED:
        told = event.fields
        VendorComplaint.objects.create(**_beside(case), service_kind=told.get("service_kind", ""), about=told["about"])
    elif event.kind == EventKind.MOVED:
        changed: dict[str, Any] = {"shown": case.party_sees}
        if event.about == "reopen":
            changed |= {"satisfied": None, "judged_at": None}
        VendorComplaint.objects.filter(case=case).update(**changed)


def incident_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Stop the lines of an incident as two people said, or put them to their exit."""
    if event.kind != EventKind.MOVED or event.about not in ("stop", "exit"):
        return
    for line in _lines(case):
        if event.about == "stop":
            _suspend(event, line, case)
        else:
            _begin_exit(event, line, case)


def survey_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Put a line to its exit after a failed rectification."""
    if event.kind == EventKind.MOVED and event.about == "exit":
        for line in _lines(case):
            _begin_exit(event, line, case)


def sanction_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Publish a decision, keep the state of its appeal beside it, and let the line follow its measures."""
    if event.kind != EventKind.MOVED:
        return
    if event.about == "decide":
        _decided(case, event)
        return
    states = {"appeal": Appeal.APPEALED, "uphold": Appeal.FINAL, "become_final": Appeal.FINAL}
    if event.about in states:
        Sanction.objects.filter(case=case).update(appeal=states[event.about])
    elif event.about == "revoke":
        told = {"correction": event.fields["correction"], "corrected_on": event.day}
        Sanction.objects.filter(case=case).update(appeal=Appeal.CORRECTED, **told)


def _decided(case: Case, event: CaseEvent) -> None:
    act, fields = library.sanctions().act(_opening(case)["act"]), event.fields
    Sanction.objects.create(
        **_beside(case), shown=True, act=act.id, grade=act.grade, measures=fields["measures"],
        fine_fen=fields.get("fine_fen"), revenue_fen=vendors.revenue_of(case.institution_id),
        decided_on=event.day, published_on=event.day,
    )  # fmt: skip
    for line in _lines(case):
        if "revocation" in fields["measures"]:
            _begin_exit(event, line, case)
        elif "suspension" in fields["measures"]:
            _suspend(event, line, case)


def line_moved(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Open the exit plan of a line that begins to exit, whoever put it to that."""
    if (
        event.kind != EventKind.MOVED
        or event.about != "begin_exit"
        or case_queries.followers(case.pk, "vendor_exit").exists()
    ):
        return
    kind, told = _opening(case)["kind"], event.fields
    ground = f"{told['ground']}\n{told['reason']}"
    cases.open_case(
        actor, "vendor_exit", {"kind": kind, "ground": ground}, body=case.body, institution_id=case.institution_id,
        subject_body=case.subject_body, origin=case,
    )  # fmt: skip


def exit_moved(_actor: Actor, case: Case, event: CaseEvent) -> None:
    """Keep the steps of a plan in step with its case, and end the line when the plan is closed."""
    if event.kind == EventKind.OPENED:
        steps = library.exit_plan().steps
        ExitStep.objects.bulk_create(
            ExitStep(**_beside(case), number=number, key=one.id) for number, one in enumerate(steps, start=1)
        )
    elif event.kind == EventKind.MOVED and event.about == "close":
        line = line_of(case)
        if line is not None and line.life is not None:
            together.take(event, line.life, "end_exit", {"statement": event.fields["statement"]})
    elif event.kind == EventKind.MOVED:
        _exit_step(case, event)


def _exit_step(case: Case, event: CaseEvent) -> None:
    held = ExitStep.objects.filter(case=case, key=event.fields.get("step", event.about))
    if event.about == "redo":
        held.update(state=StepState.OPEN, done_on=None, event=None)
    else:
        state = StepState.WAIVED if event.about == "waive" else StepState.DONE
        held.update(state=state, done_on=event.day, event=event)


def _lines(case: Case) -> list[ServiceLine]:
    found = vendors.lines_about(case.institution_id, _opening(case)["kind"])
    return [one for one in found if one.body_id == case.body_id and one.life is not None]


def _told(event: CaseEvent, case: Case) -> dict[str, str]:
    return {"ground": f"{case.life.zh} {case.number}", "reason": event.fields["reason"][:2000]}


def _suspend(event: CaseEvent, line: ServiceLine, case: Case) -> None:
    if line.state in SERVING:
        together.take(event, line.life, "suspend", _told(event, case))


def _begin_exit(event: CaseEvent, line: ServiceLine, case: Case) -> None:
    if line.state in EXITABLE:
        together.take(event, line.life, "begin_exit", _told(event, case))
