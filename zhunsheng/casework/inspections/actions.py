"""Writers of inspections: the library, plans, their draw by two people, what is collected on site, the problems.

Each leaves evidence in its own transaction. The secret of a plan is made when its pools are frozen and told with the
draw; its digest over secret and pools is evidence from the first moment on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any

from zhunsheng.book.checklists import load_checklist
from zhunsheng.casework import sealed
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.fields import officers
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.cases.states import EventKind
from zhunsheng.casework.cases.words import said
from zhunsheng.casework.inspections import policies
from zhunsheng.casework.inspections.models import InspectionPlan, Inspector, ItemVersion, ListedProblem, Visit
from zhunsheng.casework.inspections.states import PlanState, Result, Role
from zhunsheng.casework.inspections.words import listed, problem_words
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.sampling import draws


@deed
def add_inspector(actor: User, given: dict[str, Any], ties: dict[str, str]) -> Inspector:
    """Add a person to the library of the actor's body; an inspector needs an account that may be named as officer.

    Raises Problem ZS702, ZS931.
    """
    policies.check_plans(actor)
    role = Role.EXPERT if given.get("role") == Role.EXPERT else Role.INSPECTOR
    user = _officer(actor, given) if role == Role.INSPECTOR else None
    told = {key: policies.text_of(why, "关联说明", "Why tied", 200, 2) for key, why in ties.items()}
    made = Inspector.objects.create(
        body=actor.body,
        role=role,
        user=user,
        name=user.display_name if user else policies.text_of(given.get("name"), "姓名", "Name", 60),
        field=policies.text_of(given.get("field", ""), "专业", "Field", 60, 0),
        unit=policies.text_of(given.get("unit", ""), "工作单位", "Works at", 120, 0),
        ties=told,
        since=now().date(),
    )
    append(actor, "inspector.added", f"inspector:{made.pk}", {"role": role, "user": user.pk if user else None,
                                                              "ties": sorted(told)})  # fmt: skip
    return made


def _officer(actor: User, given: dict[str, Any]) -> User:
    """Return the account that a form names. Raises Problem ZS931 for one that may not, or stands there."""
    number = str(given.get("user", ""))
    known = officers(actor.body, now().date())
    found = known.filter(pk=int(number)).first() if number.isdecimal() and len(number) < 19 else None
    if found is None or Inspector.objects.filter(body=actor.body, user=found, until=None).exists():
        told = "须为本单位现任审核员或负责人，且尚未入库", "takes a reviewer or head of the body who is not listed yet"
        raise policies.wrong("人员", "Person", *told)
    return found


@deed
def end_inspector(actor: User, inspector: Inspector) -> None:
    """Take a person out of the library from today on. Raises Problem ZS702."""
    policies.check_plans(actor)
    held = Inspector.objects.select_for_update().get(pk=inspector.pk, body=actor.body)
    if held.until is None:
        held.until = now().date()
        held.save(update_fields=["until"])
        append(actor, "inspector.ended", f"inspector:{held.pk}", {})


def library_on(actor: User, day: date) -> list[Inspector]:
    """Return the library of the actor's body on a day."""
    held = Inspector.objects.filter(body=actor.body, since__lte=day).select_related("user")
    return [one for one in held if one.until is None or one.until > day]


@deed
def make_plan(actor: User, given: dict[str, Any]) -> InspectionPlan:
    """Write a plan. Raises Problem ZS702, ZS931."""
    policies.check_plans(actor)
    fields = policies.plan_of(given)
    plan = InspectionPlan.objects.create(body=actor.body, made_by=actor, made_at=now(), **fields)
    append(actor, "inspection_plan.made", _subject(plan), {"content": digest(canonical(fields))})
    return plan


def _subject(plan: InspectionPlan) -> str:
    return f"inspection_plan:{plan.pk}"


@deed
def commit(actor: User, plan: InspectionPlan, subjects: Iterable[tuple[str, str]]) -> InspectionPlan:
    """Freeze the pools of a plan and commit to a secret. ``subjects``: institution and name.

    Raises Problem ZS702, ZS931, ZS932, ZS934.
    """
    policies.check_plans(actor)
    plan = _locked(actor, plan)
    policies.check_state(plan, PlanState.OPEN, "封存", "Commit")
    chosen = [{"id": key, "name": name} for key, name in sorted(dict(subjects).items())]
    people = [_person(one) for one in library_on(actor, now().date()) if _may_go(actor, one.user_id)]
    policies.check_pools(plan, chosen, people)
    plan.subjects, plan.people = chosen, people
    sealed.freeze(plan, actor, partial(committed, plan))
    plan.state = PlanState.COMMITTED
    plan.save()
    told = {"commitment": plan.commitment, "subjects": len(chosen), "people": len(people)}
    append(actor, "inspection_plan.committed", _subject(plan), told)
    return plan


def _may_go(actor: User, user: int | None) -> bool:
    """An inspector who has left the duty since the entry was made is no officer of a case any more."""
    return user is None or officers(actor.body, now().date()).filter(pk=user).exists()


def _person(one: Inspector) -> dict[str, Any]:
    return {"code": one.code, "name": one.name, "role": one.role, "user": one.user_id, "ties": one.ties}


def committed(plan: InspectionPlan, secret: str) -> dict[str, Any]:
    """Return all that a draw rests on and that is fixed before it, as it is digested."""
    return {
        "secret": secret, "subjects": [one["id"] for one in plan.subjects],
        "people": [[one["code"], one["role"], sorted(one["ties"])] for one in plan.people],
        "count": plan.count, "team": plan.team, "experts": plan.experts,
    }  # fmt: skip


@deed
def draw(actor: User, plan: InspectionPlan, words: str) -> InspectionPlan:
    """Draw subjects and people by the secret and the words of a second person, and open a case for each subject.

    Whoever committed cannot draw, so nobody alone steers it. Each case waits for its draw to be confirmed.
    Raises Problem ZS702, ZS931, ZS932, ZS933, and what opening a case raises.
    """
    policies.check_plans(actor)
    plan = _locked(actor, plan)
    policies.check_state(plan, PlanState.COMMITTED, "抽取", "Draw")
    policies.check_other(actor, plan.committed_by)
    if not all(_may_go(actor, one["user"]) for one in plan.people):
        # asked of the whole pool: a draw that fails by whom it draws could be repeated until it fits
        told = "封存后有人离任，须放弃本计划重新封存", "somebody has left since: abandon the plan and commit anew"
        raise policies.wrong("检查人员", "People", *told)
    sealed.reveal(plan, actor, policies.text_of(words, "抽取用语", "Words for the draw", 200, 6))
    plan.state = PlanState.DRAWN
    plan.save()
    pool = [one["id"] for one in plan.subjects]
    chosen = draws.draw(pool, plan.seed, plan.count)
    told = {"secret": plan.secret, "words": plan.words, "seed": plan.seed, "drawn": chosen}
    append(actor, "inspection_plan.drawn", _subject(plan), told)
    for institution in chosen:
        _visit(actor, plan, pool, institution)
    return plan


def team_of(plan: InspectionPlan, role: Role, institution: str) -> draws.Team:
    """Return whom the seed of a plan draws for a subject."""
    ties = {one["code"]: one["ties"] for one in plan.people if one["role"] == role}
    return draws.team(ties, plan.seed, institution, plan.team if role == Role.INSPECTOR else plan.experts)


def _visit(actor: User, plan: InspectionPlan, pool: list[str], institution: str) -> None:
    team, experts = (team_of(plan, role, institution) for role in (Role.INSPECTOR, Role.EXPERT))
    users = {one["code"]: one["user"] for one in plan.people}
    opening = {"trigger": plan.trigger, "plan": f"{plan.title}\n{plan.outline}"[:5000]}
    case = cases.open_case(actor, "inspection", opening, body=plan.body, key=f"plan-{plan.pk}-{institution}"[:64])
    given = {
        "pool": pool, "seed": plan.seed, "count": str(plan.count), "drawn": institution,
        "officers": [str(users[code]) for code in team.drawn],
    }  # fmt: skip
    cases.propose(actor, case, "draw", given, version=case.version, key=f"draw-{plan.pk}-{institution}"[:64])
    Visit.objects.create(
        plan=plan, case=case, institution_id=institution, team=list(team.drawn), experts=list(experts.drawn),
        recused={**team.recused, **experts.recused},
    )  # fmt: skip


@deed
def confirm_draw(actor: User, plan: InspectionPlan) -> int:
    """Confirm the draw in every case of a plan that waits for it; return how many. Raises Problem ZS702, ZS909."""
    policies.check_plans(actor)
    done = 0
    for visit in Visit.objects.filter(plan=plan, plan__body=actor.body).select_related("case"):
        waiting = visit.case.proposals.filter(state="open", move="draw").first()
        if waiting:
            cases.confirm(actor, waiting, version=visit.case.version)
            done += 1
    return done


@deed
def abandon(actor: User, plan: InspectionPlan, reason: str) -> InspectionPlan:
    """Give up a plan before its draw. What was committed stays as evidence. Raises Problem ZS702, ZS931, ZS932."""
    policies.check_plans(actor)
    plan = _locked(actor, plan)
    if plan.state == PlanState.DRAWN:
        policies.check_state(plan, PlanState.OPEN, "放弃", "Abandon")
    plan.reason = policies.text_of(reason, "理由", "Reason", 2000, 2)
    plan.state, plan.locked = PlanState.ABANDONED, ""
    plan.save()
    append(actor, "inspection_plan.abandoned", _subject(plan), {"commitment": plan.commitment})
    return plan


def _locked(actor: User, plan: InspectionPlan) -> InspectionPlan:
    """Return the plan under a lock; one of another body is not written to."""
    found = InspectionPlan.objects.select_for_update(of=("self",)).filter(pk=plan.pk, body=actor.body).first()
    if found is None:
        raise Problem("ZS702")
    return found


@deed
def put_item(actor: User, visit: Visit, sent: Any, findings: frozenset[str]) -> ItemVersion:
    """Take one version of an item from a device. The same key again gives what it made before.

    Nothing is overwritten: a version replaces those that its author saw and stands beside any other.
    Raises Problem ZS702, ZS932, ZS935.
    """
    # the case is read once the visit is locked: its list may have been drawn up meanwhile
    visit = Visit.objects.select_for_update(of=("self",)).select_related("plan").get(pk=visit.pk)
    item, key, bases = policies.envelope_of(sent)
    content = policies.content_of(sent.get("content"), _around(visit, findings))
    key_digest = digest(canonical([item, bases, content]))
    made = ItemVersion.objects.filter(visit=visit, key=key).first()
    if made:
        if made.digest != key_digest or made.author_id != actor.pk:
            raise Problem("ZS935", reason=key)
        return made
    policies.check_collecting(actor, visit)
    known = set(ItemVersion.objects.filter(visit=visit, item=item, key__in=bases).values_list("key", flat=True))
    moment = now()
    row = append(actor, "inspection.item_kept", f"visit:{visit.pk}",
                 {"item": item, "key": key, "content": key_digest, "photos": content["photos"]})  # fmt: skip
    return ItemVersion.objects.create(
        visit=visit, item=item, key=key, bases=sorted(known), content=content, digest=key_digest, author=actor,
        written_at=_written(sent.get("at"), moment), received_at=moment, evidence=row.pk,
    )  # fmt: skip


def _written(value: Any, moment: datetime) -> datetime:
    """When the device says that it was written; its clock is believed up to now."""
    try:
        told = datetime.fromisoformat(str(value).replace("Z", "+00:00")).astimezone(SHANGHAI)
    except (ValueError, OverflowError):
        return moment
    return min(told, moment)


def _around(visit: Visit, findings: frozenset[str]) -> policies.Around:
    articles = {f"{law.id}/{number}" for law in library.laws().values() for number in law.articles}
    articles |= {
        f"{law.id}/{number}/{item}"
        for law in library.laws().values()
        for number, article in law.articles.items()
        for item in article.items
    }
    files = frozenset(visit.case.attachments.values_list("digest", flat=True))
    return policies.Around(load_checklist(rulebook()), frozenset(articles), findings, files)


def put_photo(actor: User, visit: Visit, name: str, chunks: Iterable[bytes]) -> str:
    """Keep a photo with the case, not shown to the party; return its digest. The same photo again changes nothing.

    Raises Problem ZS702, ZS914, ZS932.
    """
    policies.check_collecting(actor, visit)
    return cases.attach(actor, visit.case, name, chunks, internal=True).digest


@deed
def list_problems(actor: User, visit: Visit, *, version: int, key: str) -> Case:
    """Hand over what was collected as the list of problems. Raises Problem ZS931, ZS936, and those of the case."""
    items = _established(visit)
    if not items:
        raise policies.wrong("问题清单", "Problems", "没有成立的问题", "nothing is established")
    photos = sorted({photo for one in items for photo in one.content["photos"]})
    given: dict[str, Any] = {
        "articles": _main_article(items), "problems": listed(_words(items), items), "files": photos,
    }  # fmt: skip
    return cases.move(actor, visit.case, "list_problems", given, version=version, key=key)


def _established(visit: Visit) -> list[ItemVersion]:
    standing = policies.heads(list(ItemVersion.objects.filter(visit=visit).select_related("author")))
    return [one for one in policies.check_settled(standing) if one.content["result"] == Result.ESTABLISHED]


def _words(items: list[ItemVersion]) -> list[str]:
    names = load_checklist(rulebook())
    return [problem_words(names, one.content) for one in items]


def held_to_plan(actor: Actor, case: Case, event: CaseEvent) -> None:
    """Hold a case to its plan, also where a step is typed by hand: the draw is the plan's, the list what was collected.

    Raises Problem ZS931, ZS936. The visit is locked, so that nothing is collected while its list is drawn up.
    """
    step = event.about if event.kind == EventKind.MOVED else ""
    visit = Visit.objects.select_for_update(of=("self",)).select_related("plan").filter(case=case).first()
    if visit is None:
        return
    if step == "draw":
        team = sorted(policies.officers_of(visit))
        drawn = {"seed": visit.plan.seed, "drawn": visit.institution_id, "officers": team}
        if any(event.fields[name] != value for name, value in drawn.items()):
            raise policies.wrong("抽取", "Draw", "与检查计划的抽取结果不一致", "it is not what the plan drew")
    if step == "list_problems" and (items := _established(visit)):
        words = _words(items)
        if event.fields["problems"] != listed(words, items):
            raise policies.wrong("问题清单", "Problems", "与现场记录不一致", "it is not what was collected on site")
        _draw_up(actor, visit, items, words)


def _draw_up(actor: Actor, visit: Visit, items: list[ItemVersion], words: list[str]) -> None:
    ListedProblem.objects.bulk_create(
        ListedProblem(
            visit=visit, number=number, version=one, article=one.content["article"],
            amount_fen=one.content["fen"], words=words[number - 1], result=one.content["result"],
        )
        for number, one in enumerate(items, start=1)
    )  # fmt: skip
    told = {"versions": [one.key for one in items]}
    append(actor, "inspection.problems_drawn_up", f"visit:{visit.pk}", told)


def _main_article(items: list[ItemVersion]) -> str:
    """The article under which most money stands; of equal ones the first that was written."""
    totals: dict[str, int] = {}
    for one in items:
        totals[one.content["article"]] = totals.get(one.content["article"], 0) + (one.content["fen"] or 0)
    return max(totals, key=lambda key: totals[key])


@deed
def follow(actor: User, problem: ListedProblem, given: dict[str, Any]) -> Case:
    """Open a fund case on a listed problem, about the institution that was inspected and of the same body.

    Raises Problem ZS702, ZS939 and what opening a case raises.
    """
    problem = ListedProblem.objects.select_for_update(of=("self",)).select_related("visit__case").get(pk=problem.pk)
    origin = problem.visit.case
    if problem.followed_by_id is not None or origin.body_id != actor.body_id or not origin.institution_id:
        raise Problem("ZS939", number=origin.number)
    case = cases.open_case(
        actor, "fund_case", given, body=actor.body, institution_id=origin.institution_id, origin=origin,
        key=f"problem-{problem.pk}",
    )  # fmt: skip
    problem.followed_by = case
    problem.save(update_fields=["followed_by"])
    append(actor, "inspection.problem_followed", f"visit:{problem.visit_id}", {"problem": problem.number,
                                                                               "case": case.number})  # fmt: skip
    return case


def may_list(visit: Visit, user: User) -> bool:
    """Whether a user may hand over the list of problems now."""
    return any(one.move == "list_problems" for one in case_queries.allowed(visit.case, user))


def what(content: dict[str, Any]) -> str:
    """Return what an item is about, in words."""
    return problem_words(load_checklist(rulebook()), content)


def items_of(key: str) -> list[tuple[str, str]]:
    """Return the items of an article that is written ``instrument/article``, each with its words."""
    instrument, number = key.split("/")
    article = library.laws()[instrument].articles[number]
    return [(item, str(said(text, article.items_en.get(item, text)))) for item, text in article.items.items()]
