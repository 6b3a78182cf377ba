"""Every road of supervision ends in a move of a life-cycle: lights, standings and surveys in the exit plan, once."""

from datetime import date

import duckdb
import pytest

from tests.casework.alerting import months
from tests.casework.overseeing import DAY, DESTROYED, fresh, serving, set_clock
from tests.casework.vendoring import CODE, step, two
from tests.casework.walking import PDF
from tests.web.serving import County, load_facts
from zhunsheng.casework.alerts import actions as alerts
from zhunsheng.casework.alerts import effects, queries, sources
from zhunsheng.casework.alerts import library as lights
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case, Proposal
from zhunsheng.casework.ratings import actions as ratings
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.vendors import actions as vendor_actions
from zhunsheng.casework.vendors import overview
from zhunsheng.casework.vendors.models import Vendor, VendorFact
from zhunsheng.kernel.errors import Problem
from zhunsheng.lights.causes import evaluate
from zhunsheng.lights.values import Event
from zhunsheng.scoring.score import Measure, score

pytestmark = pytest.mark.django_db
LATE = "vendors/report_late"
FIRST = date(2026, 1, 1)


@pytest.fixture
def clock(monkeypatch, db):
    return set_clock(monkeypatch, DAY)


@pytest.fixture
def served(clock):
    return serving(clock)


def run(line, values, as_of, events=()):
    """Judge the lights as the job does; return the open alerts by light."""
    settled, dismissed = queries.settled(line.body)
    lits = evaluate(lights.lights().values(), values, events, as_of, settled, dismissed)
    alerts.record_all(line.body, lits, f"run-{as_of}", "book")
    return {one.light.removeprefix("vendors/"): one for one in Alert.objects.filter(outcome="").select_related("case")}


def at(indicator, *shares, of=1000):
    return months(indicator, *shares, of=of, first=FIRST, vendor=CODE)


def both(people, case, move, **given):
    return two(people["colleague"], people["head"], case, move, **given)


def out(line):
    """Whether the line exits by one plan."""
    line.refresh_from_db()
    return line.state == "exiting" and Case.objects.filter(cycle="vendor_exit", origin=line.life).count() == 1


def test_one_red_light_terminates_and_opens_one_plan_whatever_waited_on_the_line(served):
    people, line = served
    leak = [Event("E1", CODE, "data_leak", "major", date(2026, 3, 2), date(2026, 3, 3))]
    alert = run(line, [], date(2026, 4, 1), leak)["data_leak"]
    case = both(people, alert.case, "stop", reason="数据泄露，立即停止")
    waits = {"ground": "其他", "reason": "其他事由"}
    life = fresh(line.life)
    cases.propose(people["clerk"], life, "begin_exit", waits, version=life.version)
    both(people, case, "terminate", reason="调查属实")
    assert out(line) and not Proposal.objects.filter(case=line.life, state="open").exists()


def test_two_yellow_lights_and_three_months_that_run_out_lead_to_the_exit(served):
    people, line = served
    found = run(line, [*at(LATE, 25, 3, 3, 3), *at("vendors/test_accuracy", 99, 99, 99, 96)], date(2026, 5, 1))
    case = both(people, found["two_yellow"].case, "order_three_months", measure="三个月内整改到位")
    cases.tick(date(2027, 6, 1))
    assert fresh(case).state == "failed"
    both(people, case, "terminate", reason="三个月整改不合格")
    assert out(line)


def test_three_months_below_target_get_a_deadline_and_its_failure_leads_to_the_exit(served):
    people, line = served
    assert "late_streak" not in run(line, at(LATE, 9, 9), date(2026, 3, 1))
    alert = run(line, at(LATE, 9, 9, 9), date(2026, 4, 1))["late_streak"]
    case = both(people, alert.case, "order_three_months", measure="限期三个月")
    case = both(people, case, "fail", reason="仍未达标")
    both(people, case, "terminate", reason="限期届满未达标")
    assert out(line)


def test_satisfaction_below_a_threshold_is_one_matter_by_light_and_by_survey(served):
    people, line = served
    cost = "vendors/satisfaction_cost"
    alert = run(line, at(cost, 75, of=400), date(2026, 2, 1))["satisfaction_cost"]
    survey = Case.objects.get(cycle="vendor_survey")
    assert (survey.origin, survey.state, alert.colour) == (alert.case, "measured", "blue")
    with pytest.raises(Problem, match="满意度整改"):
        step(people["colleague"], alert.case, "order_rectification", measure="整改")
    with pytest.raises(Problem, match="阈值"):
        step(people["clerk"], survey, "set_deadline", measure="限期整改")
    found = run(line, at(cost, 75, 60, 60, of=400), date(2026, 4, 1))
    run(line, at(cost, 75, 60, 60, of=400), date(2026, 4, 1))
    assert found["satisfaction_cost"].colour == "yellow" and Case.objects.filter(cycle="vendor_survey").count() == 1
    assert [one.about for one in survey.events.order_by("sequence")][1:] == ["measure_again"]
    step(people["clerk"], survey, "set_deadline", measure="限期整改")
    cases.tick(date(2027, 6, 1))
    assert fresh(survey).state == "late"
    two(people["clerk"], people["head"], survey, "exit", reason="限期整改不合格")
    assert out(line)


def test_a_price_at_the_limit_is_a_light_that_a_lower_filing_releases(served):
    people, line = served
    dear = Event("F1", CODE, "vendors/filed-price", "", FIRST, date(2026, 2, 1), "002103000010000")
    alert = run(line, [], date(2026, 3, 1), [dear])["price_at_limit"]
    case = step(people["colleague"], alert.case, "order_rectification", measure="说明成本构成或者降价备案")
    with pytest.raises(Problem, match="重新备案"):
        step(people["colleague"], case, "release", opinion="已约谈")
    lower = Event("F1", CODE, "vendors/filed-price", "", FIRST, date(2026, 2, 1), "002103000010000", date(2026, 4, 1))
    run(line, [], date(2026, 4, 2), [lower])
    assert step(people["colleague"], case, "release", opinion="已重新备案").state == "released"
    assert run(line, [], date(2026, 5, 1), [lower]) == {}


def test_a_drift_within_the_agreement_opens_an_unscheduled_check_once(served):
    _people, line = served
    found = run(line, at(LATE, 5, 5, 5, 20), date(2026, 5, 1))
    check = Case.objects.get(cycle="vendor_check")
    told = check.events.get(kind="opened").fields
    assert (told["check"], check.origin) == ("unscheduled", found["late_drift"].case) and "20.00%" in told["reason"]
    run(line, at(LATE, 5, 5, 5, 20, 21), date(2026, 6, 1))
    assert Case.objects.filter(cycle="vendor_check").count() == 1


def test_a_surge_with_falling_timeliness_is_one_matter_over_its_months(served):
    people, line = served
    surge = [Event(f"S{n}", CODE, "vendors/volume-up-timeliness-down", "", date(2026, n, 1), date(2026, n + 1, 1),
                   "laboratory") for n in (2, 3)]  # fmt: skip
    run(line, [], date(2026, 3, 1), surge)
    alert = run(line, [], date(2026, 5, 1), surge)["surge_late"]
    assert alert.content["lit"] == ["2026-02", "2026-03"] and Case.objects.filter(cycle="vendor_check").count() == 1
    step(people["colleague"], alert.case, "release", opinion="重新评估合格")
    assert run(line, [], date(2026, 5, 1), surge) == {}


def rated(people, line, first, after, known):
    card = cards.card("vendor")
    scored = score(card, known, date(2025, 1, 1))
    frozen = ratings.freeze(people["colleague"], line.body, card, CODE, (first, after), scored, "run", after)
    case = both(people, ratings.draft(people["colleague"], frozen), "notify")
    case = step(people["lab_head"], case, "accept")
    return step(people["colleague"], case, "enter"), scored.standing


def full(card, **worse):
    best = {
        one.id: Measure(0) if one.count else Measure(0 if "late" in one.indicator else 100, 100)
        for one in card.criteria
    }
    return best | worse


def test_a_standing_of_c_proposes_the_exit_that_a_second_person_confirms(served):
    people, line = served
    card = cards.card("vendor")
    zero = full(card) | {one.id: Measure(9) if one.count else Measure(50, 100) for one in card.criteria}
    case, standing = rated(people, line, FIRST, date(2026, 7, 1), zero)
    assert standing == "C" and case.state == "in_force"
    waiting = Proposal.objects.get(case=line.life, state="open")
    assert (waiting.move, waiting.proposed_by) == ("begin_exit", people["colleague"])
    cases.confirm(people["head"], waiting, version=fresh(line.life).version)
    assert out(line)


def test_three_years_at_the_top_are_recorded_by_the_ratings_and_open_the_short_form(served, clock):
    people, line = served
    card = cards.card("vendor")
    for year in (2023, 2024, 2025):
        assert not overview.short_form(CODE, clock.day)
        for first, after in ((date(year, 1, 1), date(year, 7, 1)), (date(year, 7, 1), date(year + 1, 1, 1))):
            assert rated(people, line, first, after, full(card))[1] == "AAA"
    told = VendorFact.objects.filter(kind="rating").order_by("year").values_list("year", "value")
    assert list(told) == [(year, "AAA") for year in (2023, 2024, 2025)]
    assert overview.short_form(CODE, clock.day)


def test_the_effect_of_a_rectification_is_measured_on_its_indicator_and_counts_against_an_idle_one(served, clock):
    people, line = served
    clock.day = date(2026, 5, 4)
    alert = run(line, at(LATE, 3, 3, 3, 15), date(2026, 5, 1))["late_reports"]
    step(people["colleague"], alert.case, "order_rectification", measure="整改")
    order = Case.objects.get(cycle="rectification")
    step(people["lab_head"], order, "accept", responsible="检验科", plan="增加人手")
    held = cases.attach(people["lab_head"], fresh(order), "佐证.pdf", [PDF])
    step(people["lab_head"], order, "submit", statement="已整改", files=[held.digest])
    order = both(people, order, "verify", opinion="材料齐备")
    before, as_of = at(LATE, 3, 3, 3, 15), date(2026, 10, 1)
    for later, outcome, idle in ((3, "better", 0), (7, "same", 1), (20, "worse", 1), (None, "unknown", 0)):
        known = [*before, *at(LATE, None, None, None, None, None, later, later, later)]
        found = effects.effect_of(order, known, as_of)
        counted = effects.without_effect(line.body_id, known, date(2026, 1, 1), date(2026, 7, 1), as_of)
        assert (found.outcome, counted[CODE]) == (outcome, idle), found
    assert effects.effect_of(order, known, date(2026, 6, 1)).months == 0


def test_material_changes_are_read_from_registers_and_the_plan_ends_what_the_hand_over_began(served, clock, tmp_path):
    people, line = served
    county = County()
    for n, until in enumerate([date(2026, 3, 10)] * 3 + [None] * 7):
        county.add("vendor_staff", vendor_id=CODE, practitioner_id=f"K{n}", certificate_kind="none",
                   valid_from=date(2025, 1, 1), valid_to=until)  # fmt: skip
    county.add("vendor_staff", vendor_id=CODE, practitioner_id="K1", certificate_kind="none",
               valid_from=date(2026, 3, 20))  # fmt: skip
    for person, kind, until in (("K3", "engagement", date(2026, 3, 10)), ("K0", "engagement", None)):
        county.add(
            "vendor_staff",
            vendor_id=CODE,
            practitioner_id=person,
            certificate_kind=kind,
            valid_from=date(2025, 1, 1),
            valid_to=until,
        )  # fmt: skip  K3 left in spite of a paper, K0 did not
    county.add("service_event", vendor_id=CODE, event_id="E1", node="data_handed_over", happened_on=date(2026, 9, 1))
    with duckdb.connect(str(tmp_path / "run.duckdb")) as con:
        load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
    file, as_of = RunFile(tmp_path / "run.duckdb"), date(2026, 11, 1)
    given = {"role": "scanner", "name": "扫描仪", "valid_from": "2025-01-06"}
    vendor = Vendor.objects.get(institution_id=CODE)
    for n in (1, 2):
        vendor_actions.add_device(people["clerk"], vendor, given | {"device_id": f"D{n}"})
    vendor_actions.add_device(people["clerk"], vendor, given | {"device_id": "D3", "valid_from": "2026-05-06"})
    told = sources.changes(file, line.body, None, as_of)
    assert [(one.kind, one.happened_on, one.share) for one in told] == [
        ("staff_left", date(2026, 3, 1), (2, 10)),
        ("devices_changed", date(2025, 1, 1), (2, 0)),
        ("devices_changed", date(2026, 5, 1), (1, 2)),
        ("data_handed_over", date(2026, 9, 1), None),
    ]
    found = run(line, [], as_of, told)
    assert set(found) == {"equipment_change", "data_kept"} and found["data_kept"].came_on == date(2026, 10, 1)
    clock.day = date(2026, 11, 23)
    two(people["clerk"], people["head"], fresh(line.life), "begin_exit", ground="合同到期", reason="到期退出")
    plan = Case.objects.get(cycle="vendor_exit")
    step(people["clerk"], plan, "hand_over_data", handed_on="2026-09-01", inventory="全部结果", receiver="县人民医院")
    two(people["clerk"], people["head"], plan, "destroy_data", **DESTROYED)
    run(line, [], as_of, sources.changes(file, line.body, None, as_of))
    assert Alert.objects.get(light="vendors/data_kept").held_on == fresh(plan).events.last().day


def test_three_abnormal_results_in_a_row_are_told_to_consortium_and_regulator(served):
    people, line = served
    event = Event("A1", CODE, "vendors/abnormal-in-a-row", "", FIRST, date(2026, 2, 1))
    assert set(run(line, [], date(2026, 3, 1), [event])) == {"abnormal_streak"}
    seen = {login: scope(people[login]).rows(Alert.objects.all()).count() for login in ("clerk", "bureau", "lab")}
    assert seen == {"clerk": 1, "bureau": 1, "lab": 0}
