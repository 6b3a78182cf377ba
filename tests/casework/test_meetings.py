"""Joint meetings: called, answered, held, minuted, followed up and closed; who reads of them, and what is refused."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.casework.overseeing import fresh, serving, set_clock
from tests.casework.vendoring import CODE, step, two
from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.bodies.sights import Sight, Sights
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.clocks import Happened, replay
from zhunsheng.casework.cases.models import AT_TABLE, Case, CaseEvent
from zhunsheng.casework.documents import actions as documents
from zhunsheng.casework.documents import queries as paper_queries
from zhunsheng.casework.inbox.models import Notice
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.oversight import actions, meeting_demo, people, queries
from zhunsheng.casework.oversight.states import MEETING, OPINION, RESOLUTION
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

DAY, MEETS = date(2026, 11, 2), date(2026, 11, 9)
DONE = {"done_on": str(MEETS), "account": "已现场核查。"}
db = pytest.mark.django_db
#: Other bodies and their heads: two are invited, the others are not.
BODIES = {
    "market": ("market", "青禾县市场监督管理局", "330781"),
    "insurer": ("insurance_authority", "青禾县医疗保障局", "330781"),
    "whole": ("insurance_authority", "全域医疗保障局", ""),
    "treasury": ("finance", "青禾县财政局", "330781"),
    "far": ("health_authority", "邻县卫生健康局", "330782"),
}


@pytest.fixture
def clock(monkeypatch, db):
    return set_clock(monkeypatch, DAY)


@pytest.fixture
def table(clock):
    """People of all bodies, and an open check of the vendor that can be spoken of."""
    found, line = serving(clock)
    clock.day = DAY
    for login, (kind, name, region) in BODIES.items():
        found[login] = person(login, bodies.create_body(ACTOR, kind, name, region=region), DutyName.HEAD)
    found["check"] = actions.open_check(found["clerk"], line, "spot_check", date(2026, 12, 31))
    return found


def asked(found, *guests, **more):
    matter = queries.matter_key(found["check"])
    told = {
        "subject": "病理检验报告超时", "planned_on": str(MEETS), "place": "三楼会议室", "agenda": "通报，讨论。",
        "invited": [str(found[one].body_id) for one in guests], "vendors": [CODE], "matters": [matter],
    }  # fmt: skip
    return told | more


def called(found, *guests, **more):
    given_ = asked(found, *(guests or ("market", "insurer", "clerk")), **more)
    return cases.open_case(found["bureau"], MEETING, given_, body=found["bureau"].body)


def held(found, clock, case, *present):
    clock.day = MEETS
    return step(found["bureau2"], case, "hold", held_on=str(MEETS), chair="何静",
                present=[str(found[one].body_id) for one in present])  # fmt: skip


def seat(case, user):
    return Case.objects.get(cycle=OPINION, origin=case, subject_body=user.body)


def resolved(found, case, owner, due_on=date(2026, 11, 20)):
    step(
        found["bureau"],
        case,
        "resolve",
        owner=[str(found[owner].body_id)],
        deed="核查检验科室资质。",
        due_on=str(due_on),
    )
    return Case.objects.filter(cycle=RESOLUTION, origin=case).latest("pk")


def refused_as(code, act):
    with pytest.raises(Problem) as refused:
        act()
    assert refused.value.code == code, refused.value
    return str(refused.value)


@db
def test_a_meeting_is_called_answered_held_minuted_and_closes_after_its_last_resolution(table, clock):
    assert {MEETING, OPINION, RESOLUTION} == set(AT_TABLE)
    case = called(table)
    assert Case.objects.filter(cycle=OPINION, origin=case).count() == 3
    assert {one.due_on for one in Case.objects.filter(cycle=OPINION)} == {MEETS}
    mine = seat(case, table["market"])
    assert mine in case_queries.waiting(scope(table["market"]), table["market"])
    step(table["market"], mine, "state_opinion", comes="comes", opinion="建议联合检查。")
    assert step(table["market"], mine, "state_opinion", comes="comes", opinion="建议先约谈。").state == "answered"
    step(table["insurer"], seat(case, table["insurer"]), "state_opinion", comes="comes", opinion="同意。")
    held(table, clock, case, "market", "clerk")
    states = {one.subject_body_id: one.state for one in Case.objects.filter(cycle=OPINION)}
    assert states == {table["market"].body_id: "attended", table["insurer"].body_id: "absent",
                      table["clerk"].body_id: "attended"}  # fmt: skip
    theirs, own = resolved(table, case, "market"), resolved(table, case, "bureau")
    assert (theirs.due_on, theirs.state) == (date(2026, 11, 20), "agreed")
    assert step_two(table, case, "minute", minutes="会议讨论了报告超时的原因并形成两项议定事项。").state == "following"
    told = refused_as("ZS913", lambda: step(table["bureau"], case, "close", result="均已落实。"))
    assert theirs.number in told and own.number in told
    step(table["market"], theirs, "report_done", **DONE)
    step_two(table, theirs, "send_back", reason="缺少照片", due_on="2026-11-25")  # another day takes two
    assert fresh(theirs).due_on == date(2026, 11, 25)
    step(table["market"], theirs, "report_done", **DONE)
    assert step(table["bureau"], theirs, "accept", opinion="属实。").state == "done"
    step(table["bureau"], own, "report_done", **DONE)
    assert "不得核对" in refused_as("ZS913", lambda: step(table["bureau"], own, "accept", opinion="属实。"))
    told = refused_as("ZS913", lambda: step(table["bureau"], case, "close", result="均已落实。"))
    assert theirs.number not in told and own.number in told
    step(table["bureau2"], own, "accept", opinion="属实。")
    assert step(table["bureau"], case, "close", result="均已落实。").state == "closed"
    (read,) = queries.meetings(scope(table["market"]))
    assert (read.open, read.minutes[:4], read.ending) == (0, "会议讨论", "均已落实。")
    said = {(one.comes, one.opinion) for one in read.seats}
    assert said == {("comes", "建议先约谈。"), ("comes", "同意。"), ("", "")}
    evidence_agrees()


def step_two(found, case, name, **given_):
    return two(found["bureau"], found["bureau2"], case, name, **given_)


def evidence_agrees():
    """Each event of meetings, opinions and resolutions has its row of evidence, and makes its case again."""
    for one in Case.objects.filter(cycle__in=AT_TABLE):
        events = list(CaseEvent.objects.filter(case=one).order_by("sequence"))
        rows = EvidenceOutbox.objects.filter(subject=f"case:{one.pk}").order_by("sequence")
        assert [row.pk for row in rows] == [event.evidence for event in events]
        assert replay(one.life, [event.happened for event in events]) == one.standing


@db
def test_who_was_not_invited_reads_nothing_and_neither_does_a_vendor(table, clock):
    case = called(table, "market", "insurer")
    held(table, clock, case, "market")
    task = resolved(table, case, "market")
    asked_ = {
        "held_on": str(DAY),
        "place": "三楼",
        "chair": "何静",
        "present": "市场局",
        "content": "讨论。",
        "resolution": "一项。",
    }
    paper = documents.draft(table["bureau"], case, "meeting_minutes", asked_)
    assert paper_queries.one(scope(table["bureau2"]), paper.pk) == paper
    for login in ("whole", "treasury", "far", "lab", "lab_head", "clerk", "head"):
        view = scope(table[login])
        with walls.within(walls.wall_of(view)):
            assert queries.meetings(view) == [] == queries.meetings_about(view, CODE), login
            assert not case_queries.cases(view).filter(cycle__in=AT_TABLE).exists(), login
            assert paper_queries.one(view, paper.pk) is None
            assert case_queries.one(view, task.pk) is None and queries.meeting_of(view, case.pk) is None
        refused_as("ZS904", lambda login=login: step(table[login], task, "report_done", **DONE))
    for login in ("bureau", "market", "insurer"):
        view = scope(table[login])
        with walls.within(walls.wall_of(view)):
            (read,) = queries.meetings(view)
            assert len(read.seats) == 2 and [one.case.pk for one in read.resolutions] == [task.pk]
            assert queries.meetings_about(view, CODE) == [read] and queries.meetings_about(view, "X") == []
    seen = {login: set(case_queries.cases(scope(table[login])).filter(cycle__in=AT_TABLE)) for login in BODIES}
    assert seen["market"] == {seat(case, table["market"]), task}  # of the table's cases the own ones alone
    assert seen["insurer"] == {seat(case, table["insurer"])}
    refused_as("ZS904", lambda: step(table["insurer"], task, "report_done", **DONE))


@db
def test_a_body_of_the_whole_site_sits_where_it_is_invited(table):
    case = called(table, "whole")
    assert [one.case for one in queries.meetings(scope(table["whole"]))] == [case]
    mine = seat(case, table["whole"])
    assert step(table["whole"], mine, "state_opinion", comes="stays_away", opinion="无意见。").state == "answered"
    assert not case_queries.sees_all(scope(table["whole"]), mine)  # a guest, also where it sees the site
    assert case_queries.sees_all(scope(table["bureau2"]), mine)
    assert queries.meetings(scope(table["market"])) == []


@db
def test_what_is_late_is_told_to_who_must_act_and_to_the_heads_of_who_called(table, clock):
    case = called(table)
    step(table["bureau"], case, "postpone", planned_on="2026-11-12", place="二楼", reason="领导出差")
    assert {one.due_on for one in Case.objects.filter(cycle__in=(MEETING, OPINION))} == {date(2026, 11, 12)}
    cases.tick(date(2026, 11, 13))
    assert fresh(case).escalated_on == date(2026, 11, 13)
    assert Notice.objects.filter(user=table["market"], kind="case_late").exists()
    clock.day = date(2026, 11, 13)
    step(table["bureau"], case, "hold", held_on="2026-11-13", chair="何静", present=[str(table["market"].body_id)])
    task = resolved(table, case, "market")
    Notice.objects.all().delete()
    cases.tick(date(2026, 11, 20))
    assert not Notice.objects.filter(kind__in=("case_late", "case_escalated")).filter(number=task.number).exists()
    cases.tick(date(2026, 11, 21))
    told = set(Notice.objects.filter(kind__in=("case_late", "case_escalated")).values_list("user__login", "kind"))
    assert {("market", "case_late"), ("bureau", "case_escalated")} <= told
    assert queries.meetings(scope(table["bureau"]))[0].late(date(2026, 11, 21)) == 1


@db
def test_a_meeting_that_is_called_off_tells_every_seat_and_asks_nothing_more(table):
    case = called(table)
    assert step_two(table, case, "cancel", reason="问题已解决").state == "cancelled"
    assert set(Case.objects.filter(cycle=OPINION).values_list("state", flat=True)) == {"called_off"}
    assert not case_queries.waiting(scope(table["market"]), table["market"]).filter(cycle__in=AT_TABLE).exists()


@db
@pytest.mark.parametrize(
    ("changed", "code", "words"),
    [
        ({"invited": ["999999"]}, "ZS906", "邀请单位"),
        ({"invited": ["甲"]}, "ZS906", "邀请单位"),
        ({"invited": []}, "ZS906", "必填"),
        ({"invited": [True, {}]}, "ZS906", "邀请单位"),
        ({"invited": ["1" * 400]}, "ZS906", "邀请单位"),
        ({"planned_on": str(DAY)}, "ZS906", "会议日期"),
        ({"planned_on": "2026-02-30"}, "ZS906", "会议日期"),
        ({"vendors": ["NOBODY"], "matters": []}, "ZS913", "NOBODY"),
        ({"matters": ["1/FK2020-00001"]}, "ZS913", "FK2020-00001"),
        ({"matters": ["' OR 1=1"]}, "ZS906", "事项"),
        ({"vendors": [], "matters": []}, "ZS913", "须列出"),
        ({"subject": "议" * 121}, "ZS906", "120"),
        ({"agenda": "\x00"}, "ZS906", "议程"),
        ({"extra": "1"}, "ZS906", "extra"),
    ],
)
def test_a_call_that_says_too_little_or_too_much_is_refused_in_words(table, changed, code, words):
    assert words in refused_as(code, lambda: called(table, "market", **changed))
    assert not Case.objects.filter(cycle__in=AT_TABLE).exists()


@db
def test_only_bodies_that_may_sit_are_invited_and_none_calls_itself_or_a_vendor(table):
    for login, code, words in (("lab", "ZS906", "邀请单位"), ("bureau", "ZS913", "召集单位")):
        told = {"invited": [str(table[login].body_id)]}
        assert words in refused_as(code, lambda told=told: called(table, **told))
    for login in ("market", "clerk", "lab"):  # who calls a meeting is a regulator
        asked_ = asked(table, "bureau")
        refused_as("ZS904", lambda login=login, asked_=asked_: cases.open_case(
            table[login], MEETING, asked_, body=table[login].body))  # fmt: skip
    away = asked(table, "insurer")  # bodies of another region, and vendors out of view, are nobody's to name
    refused_as("ZS906", lambda: cases.open_case(table["far"], MEETING, away, body=table["far"].body))
    out_of_view = asked(table, "whole", matters=[])
    told = refused_as("ZS913", lambda: cases.open_case(table["far"], MEETING, out_of_view, body=table["far"].body))
    assert CODE in told
    for name, told in ((OPINION, {"subject": "冒充", "needed_by": str(MEETS), "place": "某处"}),
                       (RESOLUTION, {"deed": "冒充", "due_on": str(MEETS)})):  # fmt: skip
        refused_as("ZS904", lambda name=name, told=told: cases.open_case(
            table["bureau"], name, told, body=table["bureau"].body, subject_body=table["market"].body))  # fmt: skip


@db
def test_attendance_and_resolutions_keep_to_who_was_invited(table, clock):
    case = called(table, "market")
    clock.day = MEETS
    told = {"held_on": str(MEETS), "chair": "何静"}
    guest = [str(table["insurer"].body_id)]
    assert "须为邀请单位" in refused_as("ZS913", lambda: step(table["bureau"], case, "hold", **told, present=guest))
    early = told | {"held_on": "2026-11-01"}
    assert "不得早于" in refused_as("ZS913", lambda: step(table["bureau"], case, "hold", **early))
    refused_as("ZS906", lambda: step(table["bureau"], case, "hold", **(told | {"held_on": "2026-11-10"})))
    step(table["bureau"], case, "hold", **told)  # nobody came: all who were invited are absent
    assert set(Case.objects.filter(cycle=OPINION).values_list("state", flat=True)) == {"absent"}
    late = {"deed": "核查。", "due_on": "2026-11-20"}
    assert "责任单位" in refused_as("ZS913", lambda: step(table["bureau"], case, "resolve", owner=guest, **late))
    both = [*guest, str(table["market"].body_id)]
    refused_as("ZS906", lambda: step(table["bureau"], case, "resolve", owner=both, **late))
    refused_as("ZS907", lambda: step(table["bureau"], case, "minute", minutes="一个人确认的会议纪要。"))
    refused_as("ZS903", lambda: step(table["bureau"], case, "close", result="直接办结"))
    assert not Case.objects.filter(cycle=RESOLUTION).exists()


@given(days=st.lists(st.integers(1, 400), min_size=1, max_size=6))
def test_a_planned_day_is_the_last_one_that_a_step_named(days):
    cycle, told = library.cycle(MEETING), [DAY + timedelta(days=one) for one in days]
    events = [Happened("opened", MEETING, "called", DAY, {"planned_on": str(told[0])})]
    events += [Happened("moved", "postpone", "called", DAY, {"planned_on": str(one)}) for one in told[1:]]
    (running,) = replay(cycle, events).clocks
    assert (running.clock, running.due_on) == ("holding", told[-1])
    entered = Happened("moved", "hold", "held", DAY, {"held_on": str(DAY)})
    assert [one.clock for one in replay(cycle, [*events, entered]).clocks] == ["minuting"]


@db
def test_the_supervision_centre_is_the_health_authoritys_and_keeps_its_people_as_supervisors_are_kept(table, clock):
    told = {"role": "centre", "name": "监管员甲", "background": ["law"], "full_time": "yes"}
    assert "卫生健康部门" in refused_as("ZS842", lambda: actions.add_member(table["clerk"], told))
    refused_as("ZS842", lambda: actions.add_member(table["bureau"], told | {"background": []}))
    made = actions.add_member(table["bureau"], told)
    found = people.standing(scope(table["bureau"]), table["bureau"].body, DAY)
    assert (found.is_centre, found.supervisors, found.full_time, found.empty_seats) == (True, 1, 1, ())
    assert found.missing and [gap.member for gap in found.gaps] == [made]
    topics = list(actions.library.checks().training.topics)
    actions.train(table["bureau"], made, str(DAY.year), topics)
    for word in ("medical", "management"):
        other = actions.add_member(table["bureau"], told | {"name": f"监管员{word}", "background": [word]})
        actions.train(table["bureau"], other, str(DAY.year), topics)
    today = made.since  # entered on the site's day
    assert people.standing(scope(table["bureau"]), table["bureau"].body, today).complete


@db
def test_the_demo_tells_of_a_meeting_with_one_resolution_done_and_one_open_and_tells_it_once(table, clock):
    clock.day = now().date()
    ServiceLine.objects.update(kind=meeting_demo.KIND)
    assert meeting_demo.tell() is None  # accounts are missing
    of = {"health-head": "bureau", "health-office": "bureau", "bureau-head": "insurer", "consortium": "clerk"}
    for login, colleague in of.items():
        person(login, table[colleague].body, DutyName.HEAD)
    case = meeting_demo.tell()
    (read,) = queries.meetings(scope(table["market"]))
    assert (read.case, read.case.state, len(read.resolutions), read.open) == (case, "following", 2, 1)
    assert {one.case.state for one in read.seats} == {"attended", "absent"} and read.minutes
    assert len(read.opening["matters"]) == 1
    assert meeting_demo.tell() is None
    evidence_agrees()


def test_a_grant_opens_the_case_it_names_and_no_seat_at_the_table(table):
    case = called(table, "market", "insurer")
    opinion = Case.objects.filter(cycle=OPINION, origin=case).first()

    def sees(pk):
        sight = Sight(1, "case", table["bureau"].body_id, case=pk, internal=True)
        return replace(scope(table["whole"]), granted=Sights((sight,)))

    view = sees(opinion.pk)
    assert view.rows(Case.objects.all()).filter(pk=opinion.pk).exists()
    assert queries.meetings(view) == [] and queries.meeting_of(view, case.pk) is None
    assert not case_queries.sees_all(scope(table["whole"]), case)
    assert case_queries.sees_all(sees(case.pk), case) and case_queries.sights(sees(case.pk), case)
