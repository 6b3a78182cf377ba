"""The live watch and the alarms that it raises: once for a cause, cleared by readings, decided by people."""

from datetime import timedelta

import pytest
from django.db import OperationalError

from tests.casework.tripping import (
    CODE,
    DEVICE,
    END,
    START,
    Line,
    cool,
    courier,
    course,
    device,
    messages,
    send,
    trip,
    warm,
)
from tests.casework.vendoring import step, two
from zhunsheng.casework.bodies.permissions import verbs_of
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inbox.offers import Asker
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.trips import actions, inbox, queries, tasks
from zhunsheng.casework.trips.models import Alarm, PlanStep, Trip
from zhunsheng.casework.trips.process import Follower
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def people():
    return courier()


def under_way(people, **more):
    device(people)
    return trip(people, **more), Line()


def test_an_excursion_opens_a_case_with_its_plan_and_clears_itself(people):
    made, line = under_way(people)
    line.say(*cool(5))
    made.refresh_from_db()
    assert made.state == "under_way" and not Alarm.objects.exists()
    assert line.say(*warm(1), first=6) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.grave, alarm.trip, alarm.case.state) == ("excursion", False, made, "watched")
    assert alarm.case.institution_id == CODE and alarm.case.party_sees
    steps = list(alarm.steps.all())
    assert [one.step for one in steps][:2] == ["acknowledge", "secure"]
    assert all(one.due_at > alarm.raised_at for one in steps)
    line.say(*cool(2), first=7)
    alarm.refresh_from_db()
    assert (alarm.outcome, alarm.case.state, alarm.cleared_at is not None) == ("cleared", "cleared", True)


def test_an_excursion_that_lasts_is_one_case_and_becomes_a_breach(people):
    _made, line = under_way(people)
    line.say(*cool(5), *warm(40))
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.grave, alarm.case.state) == ("single", True, "breached")
    line.say(*warm(40), first=46)  # the total is now over its limit as well
    assert Alarm.objects.count() == Case.objects.filter(cycle="cold_chain_alarm").count() == 1
    line.say(*cool(3), first=86)
    alarm.refresh_from_db()
    assert (alarm.outcome, alarm.cleared_at is not None) == ("", True)  # it wants its people all the same


def test_a_reading_beyond_all_limits_is_a_breach_at_once(people):
    _made, line = under_way(people)
    line.say(*cool(3), *course(30.0))
    assert Alarm.objects.get().kind == "beyond"


def test_the_watch_that_was_killed_raises_nothing_twice_and_misses_nothing(people):
    _made, line = under_way(people)
    line.say(*cool(5), *warm(10))
    assert Alarm.objects.count() == 1
    send(warm(25), start=line.now, first=16)  # nobody hears
    again = Line(line.now + timedelta(minutes=25))
    again.say(*warm(1), first=41)
    assert Alarm.objects.get().kind == "single"


def test_an_alarm_that_cannot_be_written_is_written_later(people, monkeypatch):
    _made, line = under_way(people)
    real = actions.raise_alarm
    monkeypatch.setattr(actions, "raise_alarm", lambda *_asked: (_ for _ in ()).throw(OSError("locked")))
    line.say(*cool(2), *warm(1))
    assert not Alarm.objects.exists() and line.watching.waiting
    monkeypatch.setattr(actions, "raise_alarm", real)
    line.wait(0)
    assert Alarm.objects.get().kind == "excursion"


def test_a_trip_that_cannot_be_watched_stops_no_other(people):
    broken, line = under_way(people)
    device(people, "V-02")
    trip(people, "T-2", device_id="V-02")
    Trip.objects.filter(pk=broken.pk).update(regime="taken_out")  # such as one of an overlay that is gone
    send(cool(3))
    line.say(*cool(3), *warm(1), name="V-02", start=START)
    assert Alarm.objects.get().device.device_id == "V-02"
    Trip.objects.filter(pk=broken.pk).update(regime="cold_2_8")
    line.say(*cool(1), first=5, name="V-02")  # a moment later it is watched, and what it said meanwhile counts
    line.say(*warm(1), first=4, start=START + timedelta(minutes=5))
    assert Alarm.objects.filter(trip=broken).count() == 1


def test_a_store_that_is_away_gives_all_of_them_again(people, monkeypatch):
    _made, line = under_way(people)
    monkeypatch.setattr(queries, "standing_alarms", lambda *_: (_ for _ in ()).throw(OperationalError("locked")))
    with pytest.raises(OperationalError):
        line.say(*cool(2), *warm(1))
    monkeypatch.undo()
    line.say(*warm(1), first=4)
    assert Alarm.objects.count() == 1


def test_a_device_that_falls_silent_is_told_and_then_handed_over(people):
    _made, line = under_way(people)
    line.say(*cool(5))
    assert line.wait(12) == 1
    alarm = Alarm.objects.get()
    assert (alarm.kind, alarm.case.state) == ("silent", "watched")
    line.wait(25)
    alarm.refresh_from_db()
    assert (alarm.grave, Case.objects.get(pk=alarm.case_id).state) == (True, "faulty")


def test_a_device_that_is_heard_again_in_time_clears_its_silence(people):
    _made, line = under_way(people)
    line.say(*cool(5))
    line.wait(12)
    line.say(*cool(1), first=6)
    assert Alarm.objects.get(kind="silent").outcome == "cleared"


def test_lost_readings_and_power_are_told(people):
    _made, line = under_way(people)
    line.say(*cool(3), None, None, *course(5.0), *course(5.1, power=False), *course(5.2, power=False))
    kinds = {one.kind: one.case.state for one in Alarm.objects.all()}
    assert kinds == {"missing": "faulty", "power": "watched"}
    line.say(*cool(1), first=9)
    assert Alarm.objects.get(kind="power").outcome == "cleared"


def test_late_data_of_an_ended_trip_are_noticed(people):
    made, line = under_way(people)
    line.say(*cool(5))
    line.now = made.ends_at + timedelta(hours=1)
    actions.end_trip(people["clerk"], made, made.ends_at)
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    send(warm(3), start=START + timedelta(minutes=30), first=50)
    _last, batch = heard(line.after)
    line.watching.hear(batch, line.now)
    made.refresh_from_db()
    assert made.stale_since is not None


def breached(people):
    _made, line = under_way(people)
    line.say(*cool(5), *warm(40))
    return Alarm.objects.get()


def handled(people, alarm):
    for one in alarm.steps.all():
        actions.record_step(people["lab"], one, "已照办，照片存档。")
    return step(people["clerk"], alarm.case, "contain", measure="已启用备用冷源并隔离货品。")


def test_a_breach_is_contained_evaluated_decided_by_two_and_reported(people):
    alarm = breached(people)
    handled(people, alarm)
    told = {"ground": "maker", "source": "生产企业稳定性资料", "opinion": "允许 25 ℃ 以下 48 小时。"}
    step(people["clerk"], alarm.case, "evaluate", **told)
    two(people["clerk"], people["head"], alarm.case, "release", reason="依据稳定性数据放行。")
    step(people["clerk"], alarm.case, "report", explanation="制冷机组停机未察觉。", measure="加装断电报警并培训。")
    alarm.refresh_from_db()
    assert (alarm.outcome, alarm.case.state) == ("closed", "closed")


def test_goods_are_not_released_without_data(people):
    alarm = breached(people)
    handled(people, alarm)
    told = {"ground": "none", "source": "没有资料", "opinion": "生产企业没有答复。"}
    step(people["clerk"], alarm.case, "evaluate", **told)
    with pytest.raises(Problem, match="ZS913"):
        two(people["clerk"], people["head"], alarm.case, "release", reason="货主希望放行。")
    given = {"reason": "没有可用的数据。", "quantity": "200 支"}
    assert two(people["clerk"], people["head"], alarm.case, "destroy", **given).state == "decided"


def test_a_fault_is_settled_with_its_cause_by_one_person(people):
    _made, line = under_way(people)
    line.say(*cool(2), {"temperature": 5.0, "fault": "E17"})
    alarm = Alarm.objects.get(kind="fault")
    assert alarm.case.state == "faulty" and "E17" in alarm.words[0]
    step(people["clerk"], alarm.case, "note", reason="已联系维修。")
    step(people["clerk"], alarm.case, "settle", explanation="风扇接头松动，已紧固。")
    alarm.refresh_from_db()
    assert alarm.outcome == "settled"


@pytest.mark.parametrize("move", ["deepen", "hand_over", "clear"])
def test_what_readings_do_no_person_does(people, move):
    _made, line = under_way(people)
    line.say(*cool(2), *warm(1))
    with pytest.raises(Problem, match="ZS904"):
        step(people["head"], Alarm.objects.get().case, move, reason="我说了算。")


def test_a_breach_is_not_explained_away_nor_contained_with_a_late_step(people):
    alarm = breached(people)
    PlanStep.objects.filter(alarm=alarm, step="acknowledge").update(due_at=now() - timedelta(minutes=1))
    with pytest.raises(Problem, match="ZS913"):
        step(people["clerk"], alarm.case, "contain", measure="已处理完毕。")
    with pytest.raises(Problem, match=r"ZS903|ZS905|ZS913"):
        step(people["clerk"], alarm.case, "settle", explanation="路上有点热。")


def test_a_step_is_recorded_once_and_by_its_people(people):
    alarm = breached(people)
    first = alarm.steps.first()
    with pytest.raises(Problem, match="ZS904"):
        actions.record_step(people["stranger"], first, "我来过。")
    with pytest.raises(Problem, match="ZS885"):
        actions.record_step(people["lab"], first, " ")
    actions.record_step(people["lab"], first, "驾驶员已确认。")
    with pytest.raises(Problem, match="ZS891"):
        actions.record_step(people["clerk"], first, "再登记一次。")


def test_a_breach_found_not_to_hold_is_taken_from_the_trip(people):
    alarm = breached(people)
    made = alarm.trip
    actions.end_trip(people["clerk"], made, made.ends_at)
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    assert Trip.objects.get(pk=made.pk).breach is True
    two(people["clerk"], people["head"], alarm.case, "dismiss", ground="probe", reason="探头脱落，校准报告附后。")
    tasks.judge(Trip.objects.get(pk=made.pk), now())
    made.refresh_from_db()
    assert (made.breach, made.version) == (False, 2)
    assert made.versions.get(number=2).cause == "dismissed"


@pytest.mark.parametrize(("login", "asked"), [("clerk", True), ("lab", True), ("stranger", False), ("bureau", False)])
def test_a_step_whose_minutes_run_out_stands_in_the_inbox(people, login, asked):
    alarm = breached(people)
    user = people[login]
    asker = Asker(scope(user), user, verbs_of(user), now().date())
    assert not inbox.rows(asker).exists()
    PlanStep.objects.filter(alarm=alarm, step="acknowledge").update(due_at=now() - timedelta(minutes=1))
    rows = list(inbox.rows(asker))
    assert bool(rows) is asked
    if asked:
        told = inbox.tasks(asker, [one.pk for one in rows])
        assert told[0].number == alarm.case.number and told[0].address == f"/alarms/{alarm.pk}"


def test_who_sees_the_trip_sees_its_alarms_and_the_stranger_sees_none(people):
    alarm = breached(people)
    assert queries.of_trip(queries.one(scope(people["member"]), alarm.trip_id)) == [alarm]
    assert not queries.alarms(scope(people["stranger"])).exists()
    assert queries.alarms(scope(people["lab"])).get() == alarm


def test_readings_of_a_device_that_nobody_entered_are_not_watched(people):
    line = Line()
    assert heard(0)[1] == []
    line.say(*warm(1), name="X-1")
    assert not Alarm.objects.exists()
    assert messages(warm(1))[0].topic.endswith(f"/{DEVICE}/reading")


def test_a_second_breach_after_the_first_was_cleared_is_a_case_of_its_own(people):
    _made, line = under_way(people)
    line.say(*cool(5), *warm(40))
    line.say(*cool(5), first=46)
    line.say(*warm(40), first=51)
    first, second = Alarm.objects.order_by("pk")
    assert (first.kind, second.kind, first.outcome, second.grave) == ("single", "single", "", True)
    assert first.cleared_at < second.since
    again = Line(line.now)
    again.wait(0)  # a watch that replays it all opens nothing more
    assert Alarm.objects.count() == 2


def test_a_breach_that_people_closed_is_not_opened_again_by_a_replay(people):
    alarm = breached(people)
    two(people["clerk"], people["head"], alarm.case, "dismiss", ground="probe", reason="探头脱落，校准报告附后。")
    Line(START + timedelta(minutes=50)).wait(0)
    assert Alarm.objects.count() == 1


def test_another_fault_is_noted_on_the_case_that_stands_and_once(people):
    _made, line = under_way(people)
    line.say(*cool(2), {"temperature": 5.0, "fault": "E17"}, *cool(1), {"temperature": 5.0, "fault": "E18"})
    alarm = Alarm.objects.get(kind="fault")
    Line(line.now).wait(0)
    (note,) = alarm.case.events.filter(about="note")
    assert "E18" in note.fields["reason"]


def test_a_silence_that_people_settled_does_not_make_the_watch_spin(people):
    _made, line = under_way(people)
    line.say(*cool(5))
    line.wait(12)
    alarm = Alarm.objects.get()
    step(people["clerk"], alarm.case, "settle", explanation="驾驶员进隧道，信号中断。")
    for _turn in range(5):
        line.wait(10)
        assert not line.watching.waiting
    assert not line.watching.held[alarm.device_id].standing


def test_what_cannot_be_written_waits_once(people, monkeypatch):
    _made, line = under_way(people)
    line.say(*cool(5))
    line.wait(12)
    monkeypatch.setattr(actions, "raise_alarm", lambda *_asked: (_ for _ in ()).throw(OSError("locked")))
    for _turn in range(5):
        line.wait(10)
    assert len(line.watching.waiting) == 1


def test_of_two_trips_that_nobody_ended_the_last_is_watched(people):
    first, line = under_way(people)
    second = trip(people, "T-2", starts_at=END.isoformat(), ends_at=(END + timedelta(hours=2)).isoformat())
    line.say(*cool(3))
    line.now = END + timedelta(minutes=1)
    line.say(*warm(3), first=200)
    assert Alarm.objects.get().trip == second != first


def test_what_the_watch_heard_before_it_was_told_of_the_end_is_judged(people):
    made, line = under_way(people)
    line.say(*cool(5))
    actions.end_trip(people["clerk"], made, END)
    Trip.objects.update(stale_since=None)
    line.wait(1)
    made.refresh_from_db()
    assert made.stale_since is not None and not line.watching.held


def test_a_watch_that_starts_has_the_trips_of_the_last_days_judged_anew(people):
    device(people)
    held = []
    for number, days in enumerate((1, 20)):
        start = now() - timedelta(days=days)
        given = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
        made = trip(people, f"T-{number}", **given)
        held.append(actions.end_trip(people["clerk"], made, start + timedelta(hours=2)))
    Trip.objects.update(stale_since=None)
    Follower()
    assert list(Trip.objects.exclude(stale_since=None)) == held[:1]
