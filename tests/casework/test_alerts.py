"""A light becomes one case, whose steps open what the rule book names, until its condition holds and people confirm."""

from datetime import date

import pytest

from tests.casework.alerting import VENDOR, months, oversight
from tests.casework.walking import Clock
from zhunsheng.casework.alerts import actions, library, queries
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.lights.causes import evaluate
from zhunsheng.lights.values import Event

pytestmark = pytest.mark.django_db
LATE = "vendors/report_late"


@pytest.fixture
def crew(db, monkeypatch):
    Clock(monkeypatch)
    return oversight()


def run(crew, values, as_of, events=()):
    """Judge the lights as the job does; return the open alerts by light."""
    body = crew["one"].body
    settled, dismissed = queries.settled(body)
    lits = evaluate(library.lights().values(), values, events, as_of, settled, dismissed)
    actions.record_all(body, lits, f"run-{as_of}", "book")
    return {one.light.removeprefix("vendors/"): one for one in Alert.objects.filter(outcome="").select_related("case")}


def step(crew, case, name, login="one", **given):
    case = Case.objects.get(pk=case.pk)
    if not case.life.move(name).two_person:
        return cases.move(crew[login], case, name, given, version=case.version)
    waiting = cases.propose(crew[login], case, name, given, version=case.version)
    return cases.confirm(crew["two"], waiting, version=case.version)


def test_a_late_month_opens_one_case_rectification_follows_and_two_good_months_release_it(crew):
    values = months(LATE, 3, 15)
    (alert,) = run(crew, values, date(2025, 9, 1)).values()
    assert (alert.light, alert.colour, alert.case.state, alert.came_on) == (
        "vendors/late_reports", "blue", "blue", date(2025, 9, 1)
    )  # fmt: skip
    assert alert.content["value"] == [150, 1000, 0] and "15.00%" in alert.content["reason"][0]
    rows, events = EvidenceOutbox.objects.count(), CaseEvent.objects.count()
    run(crew, values, date(2025, 9, 1))
    assert (EvidenceOutbox.objects.count(), CaseEvent.objects.count()) == (rows, events)
    case = step(crew, alert.case, "order_rectification", measure="分析原因并提交整改报告")
    order = Case.objects.get(cycle="rectification")
    assert (case.state, order.origin, order.institution_id, order.state) == ("rectifying", case, VENDOR, "issued")
    assert "15.00%" in order.events.get(kind="opened").fields["problem"]
    values = months(LATE, 3, 15, 16, 4)
    (alert,) = run(crew, values, date(2025, 11, 1)).values()
    assert alert.case.events.last().about == "repeat" and alert.content["lit"] == ["2025-08", "2025-09"]
    with pytest.raises(Problem, match="ZS913"):
        step(crew, alert.case, "release", opinion="已恢复")
    told = EvidenceOutbox.objects.filter(kind="alert.judged", subject=f"alert:{alert.pk}")
    before = told.count()
    run(crew, months(LATE, 3, 15, 16, 4, None), date(2025, 12, 1))
    assert told.count() == before + 1, "a month that moves no case is in evidence all the same"
    with pytest.raises(Problem, match="ZS913"):
        step(crew, alert.case, "release", opinion="没有数据的月份不算达标")
    run(crew, months(LATE, 3, 15, 16, 4, None, 4), date(2026, 1, 1))
    step(crew, alert.case, "release", opinion="连续两个月恢复，予以解除")
    alert.refresh_from_db()
    assert alert.outcome == "released" and alert.held_on == date(2026, 1, 1)
    assert run(crew, months(LATE, 3, 15, 16, 4, None, 4), date(2026, 1, 1)) == {}
    again = run(crew, months(LATE, 3, 15, 16, 4, None, 4, 15), date(2026, 2, 1))
    assert again["late_reports"].pk != alert.pk and again["late_reports"].content["lit"] == ["2026-01"]


def test_what_hurts_takes_two_people_and_only_what_the_light_names(crew):
    found = run(crew, months(LATE, 15), date(2025, 8, 1))
    with pytest.raises(Problem, match="ZS903"):
        step(crew, found["late_reports"].case, "suspend", what="组织病理", reason="迟发")
    found = run(crew, months(LATE, 15, 25), date(2025, 9, 1))
    alert = found["late_reports"]
    assert (alert.colour, alert.case.state) == ("yellow", "yellow")
    with pytest.raises(Problem, match="整改"):
        step(crew, alert.case, "order_three_months", measure="三个月")
    case = Case.objects.get(pk=alert.case_id)
    with pytest.raises(Problem, match="ZS907"):
        cases.move(crew["one"], case, "suspend", {"what": "组织病理", "reason": "迟发"}, version=case.version)
    waiting = cases.propose(crew["one"], case, "suspend", {"what": "组织病理", "reason": "迟发"}, version=case.version)
    with pytest.raises(Problem, match="ZS909"):
        cases.confirm(crew["one"], waiting, version=case.version)
    cases.confirm(crew["two"], waiting, version=case.version)
    assert scope(crew["vendor"]).rows(Alert.objects.all()).count() == 1


def test_a_data_leak_is_red_each_event_its_own_and_a_dismissed_one_stays_away(crew):
    leak = [Event(f"E{n}", VENDOR, "data_leak", "major", date(2026, 1, n), date(2026, 1, n + 1)) for n in (5, 9)]
    assert run(crew, [], date(2026, 1, 5), leak) == {}
    run(crew, [], date(2026, 2, 1), leak)
    red = list(Alert.objects.filter(colour="red"))
    assert [one.key for one in red] == ["E9", "E5"] and {one.case.state for one in red} == {"red"}
    step(crew, red[0].case, "dismiss", ground="data", reason="经核实为演练，未发生泄露")
    run(crew, [], date(2026, 2, 1), leak)
    assert Alert.objects.count() == 2
    case = step(crew, red[1].case, "stop", reason="立即停止服务")
    assert step(crew, case, "terminate", login="three", reason="调查属实").state == "terminated"


def test_a_light_on_an_item_names_it_and_shows_no_code(crew):
    found = [Event("f1", VENDOR, "vendors/filed-price", "", date(2025, 8, 1), date(2025, 9, 1), "002503070020000")]
    lits = evaluate(library.lights().values(), [], found, date(2025, 10, 1))
    (alert,) = actions.record_all(crew["one"].body, lits, "run", "book", {"002503070020000": "肌酐测定"})
    zh, en = alert.content["reason"]
    assert "肌酐测定" in zh and "肌酐测定" in en and "002503070020000" not in zh + en
    assert "肌酐测定" in alert.case.events.get(kind="opened").fields["reason"]
    rows = EvidenceOutbox.objects.count()
    actions.record_all(crew["one"].body, lits, "run", "book", {"002503070020000": "肌酐测定"})
    assert EvidenceOutbox.objects.count() == rows


def test_two_yellow_lights_on_two_matters_within_a_year_ask_for_three_months(crew):
    late, accuracy = months(LATE, 25, 3, 3), months("vendors/test_accuracy", 99, 99, 99, 96)
    assert "two_yellow" not in run(crew, late, date(2025, 10, 1))
    found = run(crew, [*months(LATE, 25, 3, 3, 3), *accuracy], date(2025, 11, 1))
    alert = found["two_yellow"]
    assert (alert.colour, alert.content["lit"]) == ("yellow", ["2025-07", "2025-10"])
    case = step(crew, alert.case, "order_three_months", measure="三个月内整改到位")
    cases.tick(date(2026, 7, 1))
    case.refresh_from_db()
    assert case.state == "failed"
    assert step(crew, case, "terminate", login="three", reason="整改不合格").state == "terminated"


def test_an_evaluation_killed_half_way_leaves_nothing_half_and_goes_on(crew, monkeypatch):
    values = [*months(LATE, 15), *months("vendors/test_accuracy", 96)]
    kept, calls = actions._turn, []

    def dies(*args, **more):
        calls.append(args)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return kept(*args, **more)

    monkeypatch.setattr(actions, "_turn", dies)
    with pytest.raises(KeyboardInterrupt):
        run(crew, values, date(2025, 8, 1))
    assert Alert.objects.count() == Case.objects.count() == 1
    monkeypatch.setattr(actions, "_turn", kept)
    assert {one.case.state for one in run(crew, values, date(2025, 8, 1)).values()} == {"blue", "yellow"}
