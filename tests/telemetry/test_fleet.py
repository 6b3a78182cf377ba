"""Every planted story is found and no look-alike is accused, over nine fleets; the key is read by the test alone."""

import ast
from datetime import date, timedelta
from itertools import pairwise

import pytest

from tests.effort import times
from tests.house.tree import ROOT
from tests.telemetry import fleets
from tests.telemetry.trips import DETECTORS, REGIMES
from zhunsheng.generator.fleet import LOOK_ALIKES, STORIES
from zhunsheng.telemetry.doubts import copies
from zhunsheng.telemetry.judge import judge_trip
from zhunsheng.telemetry.series import series
from zhunsheng.telemetry.watch import Watch

FAILS = {
    "broken_cold_chain": "single",
    "clock_off": "clock",
    "door_open": "door",
    "power_loss": "power",
    "wrong_route": "off_route",
    "late_arrival": "arrival",
    "expired_calibration": "calibration",
}


@pytest.fixture(scope="module", params=range(1, 1 + times(9)))
def fleet(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(f"fleet{request.param}")
    tables, plans = fleets.written(folder, request.param, date(2026, 10, 1), vehicles=3, fridges=3)
    return folder, tables, plans, fleets.judged(tables, plans), fleets.drifts(tables)


def failed(judgements):
    return set().union(*(one.failed for one in judgements))


def is_found(story, judgements, drift):
    """Whether a story is told by what was judged."""
    one = judgements[-1]
    if story in FAILS:
        return FAILS[story] in failed(judgements)
    if story == "slow_drift":
        return drift is not None and abs(drift.moved) >= 0.5
    if story == "dead_logger":
        return one.verdict.value is None and any(gap.kind == "silent" for gap in one.gaps)
    if story == "liar":
        return one.verdict.value is not True and bool(one.doubts)
    if story == "late_upload":
        return one.late > 10 and one.verdict.value is True
    return story == "doubled_messages" and one.doubled > 30 and one.verdict.value is True


def told_against(one):
    """Return whatever a judgement holds against a device."""
    return [*one.failed, *one.unknowns, *(doubt.kind for doubt in one.doubts), *(gap.kind for gap in one.gaps)]


def test_every_story_is_found_and_no_look_alike_is_accused(fleet):
    folder, _, _, judged, drifts = fleet
    key = fleets.key(folder)
    assert {one["story"] for one in key.values()} == {one.name for one in (*STORIES, *LOOK_ALIKES)}
    missed = [
        (one["story"], one["variant"])
        for name, one in key.items()
        if one["verdict"] == "planted" and not is_found(one["story"], judged[name], drifts[name])
    ]
    accused = {
        (key.get(name, {}).get("story", "nothing"), kind)
        for name, judgements in judged.items()
        if key.get(name, {}).get("verdict") != "planted"
        for one in judgements
        for kind in told_against(one)
    }
    drifting = [name for name in judged if drifts[name] and key.get(name, {}).get("story") != "slow_drift"]
    assert (missed, accused, drifting) == ([], set(), [])


def test_what_was_stored_in_the_dead_zone_changes_the_judgement(fleet):
    folder, tables, plans, _, _ = fleet
    name = next(name for name, one in fleets.key(folder).items() if one["story"] == "late_upload")
    plan = next(plan for plan in plans if (plan.org, plan.device) == name)
    moments = sorted(tables[name]["received_at"].to_pylist())
    bursts = [a for a, b in pairwise(moments) if b - a > timedelta(minutes=20)]
    before = judge_trip(plan, tables[name], REGIMES[plan.regime], bursts[0] + timedelta(minutes=40), DETECTORS)
    assert before.verdict.value is None
    assert before.check("missing").answer.value is None


def test_the_watch_tells_the_broken_chain_long_before_the_trip_ends(fleet):
    folder, _, plans, judged, _ = fleet
    name = next(name for name, one in fleets.key(folder).items() if one["story"] == "broken_cold_chain")
    plan = next(plan for plan in plans if (plan.org, plan.device) == name)
    limits = plan.limits(REGIMES[plan.regime])
    watch = Watch(plan, limits, DETECTORS.driving)
    alarms = [alarm for one, received in fleets.heard(folder, name) for alarm in watch.feed(one, received)]
    first = {alarm.kind: alarm for alarm in reversed(alarms)}
    began = judged[name][0].excursions[0].since
    assert first["excursion"].at.timestamp() == pytest.approx(began, abs=1)
    assert timedelta(minutes=28) <= first["single"].at - first["excursion"].at < timedelta(minutes=45)
    assert first["single"].at < plan.ended - timedelta(minutes=30)
    assert {"single", "total", "beyond"} <= set(first) | {"beyond"}


def test_values_of_another_device_are_noticed(fleet):
    _, tables, _, _, _ = fleet
    honest = {name: series(one) for name, one in tables.items() if name[1].startswith("CD-V")}
    assert not any(
        doubt.kind == "copied" and doubt.other
        for found in copies({name[1]: one for name, one in honest.items()}, DETECTORS.doubtful).values()
        for doubt in found
    )
    names = sorted(honest)
    lent = {"A": honest[names[0]], "B": honest[names[1]], "C": honest[names[0]]}
    found = copies(lent, DETECTORS.doubtful)
    assert set(found) == {"C"}
    assert {doubt.other for doubt in found["C"]} == {"A"}


def test_nothing_that_judges_can_read_the_key():
    for path in (ROOT / "zhunsheng/telemetry").glob("*.py"):
        tree = ast.parse(path.read_text("utf-8"))
        names = {getattr(node, "module", "") or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not any("generator" in name for name in names)
        assert "key.json" not in path.read_text("utf-8")
