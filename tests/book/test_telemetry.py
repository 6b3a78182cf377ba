"""Regimes, emergency plans and figures of detectors: shipped ones are whole, broken ones are refused with a reason."""

import shutil
from datetime import date
from pathlib import Path

import pytest
import yaml

from zhunsheng.book.telemetry import ALARM_KINDS, about_telemetry, load_detectors, load_plans, load_regimes
from zhunsheng.kernel.errors import Problem

BOOK = Path(__file__).resolve().parents[2] / "rulebook"


class Plain(yaml.SafeDumper):
    """Writes what occurs twice twice."""

    def ignore_aliases(self, _data):
        return True


@pytest.fixture
def book(tmp_path):
    shutil.copytree(BOOK / "telemetry", tmp_path / "telemetry")
    return tmp_path


def changed(book, name, change):
    """Change the plain data of a file by a function."""
    path = book / "telemetry" / name
    data = yaml.safe_load(path.read_text("utf-8"))
    change(data)
    path.write_text(yaml.dump(data, Dumper=Plain, allow_unicode=True), "utf-8")


def code_of(call, book):
    with pytest.raises(Problem) as caught:
        call(book)
    return caught.value.code


def limits(change):
    return lambda data: data["limits"][0].update(change)


def test_every_alarm_opens_one_plan_that_calls_three_people_and_has_clocks():
    plans = load_plans(BOOK)
    assert set(plans) == set(ALARM_KINDS)
    for plan in plans.values():
        assert len(set(plan.phones)) >= 3
        assert all(step.minutes > 0 and step.role in plan.roles for step in plan.steps)


def test_what_is_a_default_of_the_house_waits_for_a_person():
    told = {(remark.about, remark.code) for remark in about_telemetry(BOOK)}
    assert ("cold_2_8", "local_value") in told
    assert ("blood", "law_to_verify") in told
    assert ("detectors", "local_value") in told


@pytest.mark.parametrize(
    "change",
    [
        {"low_c": 9},
        {"never_below_c": 3},
        {"clear_c": 3},
        {"single_minutes": 70},
        {"accuracy_c": 0},
        {"every_minutes": {"store": 30, "transport": 5}},
        {"hold_times": 0},
        {"smell": 1},
        {"grounds": {"gsp": ["low_c"]}},
        {"grounds": {"nobody": ["low_c"]}},
        {"low_c": float("nan")},
    ],
)
def test_limits_that_cannot_hold_are_refused(book, change):
    changed(book, "regimes/cold_2_8.yaml", limits(change))
    assert code_of(load_regimes, book) == "ZS870"


def test_limits_are_dated_and_two_never_share_a_day(book):
    def second(data):
        data["limits"].append(data["limits"][0] | {"valid_from": date(2026, 1, 1), "high_c": 7})

    changed(book, "regimes/cold_2_8.yaml", second)
    assert code_of(load_regimes, book) == "ZS870"
    changed(book, "regimes/cold_2_8.yaml", limits({"valid_to": date(2026, 1, 1)}))
    regime = load_regimes(book)["cold_2_8"]
    assert [regime.on(date(*day)).high_c for day in ((2025, 12, 31), (2026, 1, 1))] == [8, 7]
    assert code_of(lambda _: regime.on(date(2019, 12, 31)), book) == "ZS871"


def test_a_file_named_otherwise_or_unreadable_is_refused(book):
    (book / "telemetry/regimes/blood.yaml").rename(book / "telemetry/regimes/blut.yaml")
    assert code_of(load_regimes, book) == "ZS403"
    (book / "telemetry/detectors.yaml").write_text("a: [", "utf-8")
    assert code_of(load_detectors, book) == "ZS401"
    (book / "telemetry/detectors.yaml").write_text("doubtful: 3", "utf-8")
    assert code_of(load_detectors, book) == "ZS870"


@pytest.mark.parametrize(
    "change",
    [
        lambda plan: plan.update(phones=["keeper", "engineer", "keeper"]),
        lambda plan: plan["roles"].pop("keeper"),
        lambda plan: plan["roles"].update(nobody=["无人", "Nobody"]),
        lambda plan: plan["steps"].reverse(),
        lambda plan: plan["steps"].append(plan["steps"][-1]),
        lambda plan: plan.update(alarms=["smell"]),
        lambda plan: plan.update(cite="nobody"),
        lambda plan: plan.update(steps=[]),
    ],
)
def test_a_plan_that_nobody_can_follow_is_refused(book, change):
    changed(book, "plans/power.yaml", change)
    assert code_of(load_plans, book) == "ZS870"


def test_an_alarm_with_no_plan_or_with_two_is_refused(book):
    changed(book, "plans/power.yaml", lambda plan: plan.update(alarms=["power"]))
    assert code_of(load_plans, book) == "ZS872"
    changed(book, "plans/power.yaml", lambda plan: plan.update(alarms=["power", "fault", "door"]))
    assert code_of(load_plans, book) == "ZS872"
