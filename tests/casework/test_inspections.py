"""Unannounced inspections: the draw by two people, what two inspectors collect, and the list of problems."""

from __future__ import annotations

import hashlib
import json

import pytest

from tests.casework.walking import POOL, person, staff
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inspections import actions, queries
from zhunsheng.casework.inspections.models import InspectionPlan, ItemVersion, ListedProblem, Visit
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical

pytestmark = pytest.mark.django_db
PLAN = {"title": "2026 年度飞行检查", "kind": "annual", "trigger": "plan", "outline": "随机抽取两家", "count": "2",
        "team": "2", "experts": "1"}  # fmt: skip
JPEG = b"\xff\xd8\xff\xe0" + b"a photo of a ward"


@pytest.fixture
def crew(db):
    people = staff()
    people |= {login: person(login, people["one"].body, DutyName.REVIEWER) for login in ("three", "four")}
    for login in ("one", "two", "three", "four"):
        ties = {POOL[0]: "配偶在该院任职"} if login == "four" else {}
        actions.add_inspector(people["one"], {"user": str(people[login].pk)}, ties)
    actions.add_inspector(people["one"], {"role": "expert", "name": "专家甲", "field": "骨科"}, {})
    return people


def refused(code, act):
    with pytest.raises(Problem) as caught:
        act()
    assert caught.value.code == code


@pytest.fixture
def drawn(crew):
    plan = actions.make_plan(crew["one"], PLAN)
    actions.commit(crew["one"], plan, [(key, f"机构{key[-1]}") for key in POOL])
    return actions.draw(crew["two"], plan, "第 2026135 期 04 11 17 23 28 33 09")


def test_two_people_draw_and_anybody_recomputes_it(crew, drawn):
    before = EvidenceOutbox.objects.get(kind="inspection_plan.committed")
    told = EvidenceOutbox.objects.get(kind="inspection_plan.drawn")
    assert json.loads(before.payload)["commitment"] == drawn.commitment and before.pk < told.pk
    assert hashlib.sha256(canonical(actions.committed(drawn, drawn.secret))).hexdigest() == drawn.commitment
    seed = hashlib.sha256(f"{drawn.secret}\x1f{drawn.words}".encode()).hexdigest()
    by_hand = sorted(POOL, key=lambda code: hashlib.sha256(f"{seed}\x1f{code}".encode()).hexdigest())[:2]
    assert [one.institution_id for one in queries.visits(scope(crew["one"])).order_by("pk")] == by_hand
    for visit in Visit.objects.all():
        codes = {one["code"]: one for one in drawn.people if one["role"] == "inspector"}
        left = [code for code, one in codes.items() if visit.institution_id not in one["ties"]]
        order = sorted(
            left, key=lambda c: hashlib.sha256(f"{seed}\x1f{visit.institution_id}\x1f{c}".encode()).hexdigest()
        )
        assert visit.team == order[:2] and len(visit.experts) == 1
        assert list(visit.recused.values()) == (["配偶在该院任职"] if visit.institution_id == POOL[0] else [])
    assert set(Case.objects.values_list("state", flat=True)) == {"planned"}
    refused("ZS909", lambda: actions.confirm_draw(crew["two"], drawn))
    assert actions.confirm_draw(crew["one"], drawn) == 2 and actions.confirm_draw(crew["one"], drawn) == 0
    assert set(Case.objects.values_list("state", "institution_id")) == {("drawn", key) for key in by_hand}


def test_nobody_steers_a_draw_alone(crew):
    plan = actions.make_plan(crew["one"], PLAN)
    refused("ZS932", lambda: actions.draw(crew["two"], plan, "words of two"))
    refused("ZS931", lambda: actions.commit(crew["one"], plan, [(POOL[0], "机构")]))
    plan = actions.commit(crew["one"], plan, [(key, key) for key in POOL])
    assert not plan.secret and not plan.seed and plan.locked
    refused("ZS933", lambda: actions.draw(crew["one"], plan, "words of one"))
    refused("ZS932", lambda: actions.commit(crew["one"], plan, [(key, key) for key in POOL]))
    refused("ZS702", lambda: actions.draw(crew["away"], plan, "words of another body"))
    refused("ZS702", lambda: actions.make_plan(crew["office"], PLAN))
    actions.abandon(crew["two"], plan, "不再需要")
    refused("ZS932", lambda: actions.draw(crew["two"], plan, "words of two"))
    assert EvidenceOutbox.objects.filter(kind="inspection_plan.abandoned").exists()


def test_a_draw_fails_for_the_whole_pool_or_not_at_all(crew):
    """Else whoever draws would try words until nobody is drawn who has left."""
    plan = actions.commit(crew["one"], actions.make_plan(crew["one"], PLAN), [(key, key) for key in POOL])
    crew["three"].duties.update(valid_to="2026-01-02")
    for words in ("words of two", "other words", "third words", "fourth words"):
        refused("ZS931", lambda words=words: actions.draw(crew["two"], plan, words))
    assert InspectionPlan.objects.get().state == "committed"


def test_a_pool_that_recusal_empties_is_refused(crew):
    actions.end_inspector(crew["one"], queries.inspectors(scope(crew["one"])).get(user=crew["three"]))
    plan = actions.make_plan(crew["one"], PLAN | {"team": "3"})
    refused("ZS934", lambda: actions.commit(crew["one"], plan, [(key, key) for key in POOL]))
    assert InspectionPlan.objects.get().state == "open"


def on_site(crew, drawn):
    """The first visit with its team by login, arrived on site."""
    actions.confirm_draw(crew["one"], drawn)
    visit = Visit.objects.first()
    case = visit.case
    case.refresh_from_db()
    cases.move(crew["one"], case, "arrive", {"arrived_on": "2026-01-05"}, version=case.version)
    users = {one["code"]: one["user"] for one in drawn.people}
    return visit, [next(p for p in crew.values() if p.pk == users[code]) for code in visit.team]


def sent(item, key, bases=(), **content):
    content = {"result": "established", "article": "reg-735/38/3", "check": "duplicate", "note": "同日重复"} | content
    return {"item": item, "key": key, "bases": list(bases), "content": content, "at": "2026-03-02T09:30:00+08:00"}


def put(user, visit, *args, **content):
    return actions.put_item(user, visit, sent(*args, **content), frozenset({"f1"}))


def test_what_two_inspectors_write_stands_side_by_side_until_merged(crew, drawn):
    visit, (first, second) = on_site(crew, drawn)
    photo = actions.put_photo(first, visit, "病房.jpg", [JPEG])
    assert actions.put_photo(first, visit, "病房.jpg", [JPEG]) == photo
    made = put(first, visit, "item-0001", "key-0001", yuan="120.50", photos=[photo], finding="f1", signed=["张三"])
    assert (
        put(first, visit, "item-0001", "key-0001", yuan="120.50", photos=[photo], finding="f1", signed=["张三"]) == made
    )
    refused("ZS935", lambda: put(first, visit, "item-0001", "key-0001", yuan="1"))
    put(first, visit, "item-0001", "key-0002", ["key-0001"], yuan="130")
    put(second, visit, "item-0001", "key-0003", ["key-0001"], yuan="110", note="另一人的看法")
    assert {one.content["fen"] for one in queries.standing(visit)["item-0001"]} == {13_000, 11_000}
    case = Case.objects.get(pk=visit.case_id)
    refused("ZS936", lambda: actions.list_problems(first, visit, version=case.version, key="list"))
    put(second, visit, "item-0001", "key-0004", ["key-0002", "key-0003"], yuan="120", photos=[photo])
    put(first, visit, "item-0002", "key-0005", result="unknown", article="", note="凭证未取得")
    put(first, visit, "item-0003", "key-0006", note="写错了")
    put(first, visit, "item-0003", "key-0007", ["key-0006"], removed=True)
    assert ItemVersion.objects.count() == 7

    case = actions.list_problems(first, visit, version=case.version, key="list")
    assert case.state == "problems_listed"
    fields = case.events.get(about="list_problems").fields
    assert fields["articles"] == "reg-735/38/3" and fields["files"] == [photo]
    assert fields["problems"] == "1. 重复收费；同日重复（条例第 38 条第 3 项，金额 120.00 元）"
    assert ListedProblem.objects.count() == 1
    refused("ZS932", lambda: put(first, visit, "item-0004", "key-0008"))


def test_a_case_of_a_plan_takes_no_other_draw_and_no_other_list(crew, drawn):
    visit, other = Visit.objects.order_by("pk")
    waiting = visit.case.proposals.get(state="open")
    cases.refuse(crew["one"], waiting, "换一家")
    wanted = {**waiting.fields, "pool": [POOL[0]], "seed": "typed by hand", "drawn": POOL[0], "count": "1"}
    case = Case.objects.get(pk=visit.case_id)
    mine = cases.propose(crew["one"], case, "draw", wanted, version=case.version)
    refused("ZS931", lambda: cases.confirm(crew["two"], mine, version=case.version))
    cases.refuse(crew["two"], mine, "不是计划抽中的")

    actions.confirm_draw(crew["one"], drawn)
    case = Case.objects.get(pk=other.case_id)
    case = cases.move(crew["one"], case, "arrive", {"arrived_on": "2026-01-05"}, version=case.version)
    users = {one["code"]: one["user"] for one in drawn.people}
    team = [one for one in crew.values() if one.pk in {users[code] for code in other.team}]
    typed = {"articles": "reg-735/38/3", "problems": "1. 只有一项"}
    for number, writer in enumerate(team):
        put(writer, other, "item-0001", f"key-000{number}")
    refused("ZS936", lambda: cases.move(crew["one"], case, "list_problems", typed, version=case.version))
    put(team[0], other, "item-0001", "key-0009", ["key-0000", "key-0001"])
    refused("ZS931", lambda: cases.move(crew["one"], case, "list_problems", typed, version=case.version))
    assert not ListedProblem.objects.exists()


def test_a_problem_leads_to_one_fund_case_of_the_same_body(crew, drawn):
    visit, (first, second) = on_site(crew, drawn)
    put(first, visit, "item-0001", "key-0001", yuan="")
    case = Case.objects.get(pk=visit.case_id)
    actions.list_problems(first, visit, version=case.version, key="list")
    problem = ListedProblem.objects.get()
    assert (
        problem.amount_fen is None
        and "金额待核" in problem.visit.case.events.get(about="list_problems").fields["problems"]
    )
    given = {"officers": [str(first.pk), str(second.pk)], "article": problem.article, "reason": "检查发现"}
    refused("ZS939", lambda: actions.follow(crew["away"], problem, given))
    made = actions.follow(first, problem, given)
    assert made.origin_id == visit.case_id and made.institution_id == visit.institution_id
    refused("ZS939", lambda: actions.follow(first, problem, given))


@pytest.mark.parametrize(
    "broken",
    [
        None, [], {"item": "x"}, sent("../../etc/x", "key-0001"), sent("item-0001", "key-0001", ["<script>"]),
        sent("item-0001", "key-0001", result="pass"), sent("item-0001", "key-0001", article="reg-735/99"),
        sent("item-0001", "key-0001", article=""), sent("item-0001", "key-0001", yuan="1.005"),
        sent("item-0001", "key-0001", yuan="-1"), sent("item-0001", "key-0001", note="长" * 2001),
        sent("item-0001", "key-0001", photos=["a" * 64]), sent("item-0001", "key-0001", finding="f9"),
        sent("item-0001", "key-0001", check="no such"), sent("item-0001", "key-0001", signed="张三"),
    ],
)  # fmt: skip
def test_a_hostile_record_is_refused_in_words(crew, drawn, broken):
    visit, (first, _) = on_site(crew, drawn)
    refused("ZS935", lambda: actions.put_item(first, visit, broken, frozenset({"f1"})))
    assert not ItemVersion.objects.exists()


def test_who_is_not_of_the_team_collects_nothing(crew, drawn):
    visit, team = on_site(crew, drawn)
    stranger = next(crew[login] for login in ("one", "two", "three", "four") if crew[login] not in team)
    for user in (stranger, crew["away"], crew["office"]):
        refused("ZS702", lambda user=user: put(user, visit, "item-0001", "key-0001"))
        refused("ZS702", lambda user=user: actions.put_photo(user, visit, "a.jpg", [JPEG]))
    assert queries.visit(scope(crew["away"]), visit.pk) is None
    assert queries.visit(scope(crew["office"]), visit.pk) is None
    assert queries.plans(scope(crew["office"])).count() == 0
