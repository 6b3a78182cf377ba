"""Ordinary traffic: plausible in time, place and person."""

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from statistics import mean

import pytest

from tests.generator.county_files import CountyFiles
from zhunsheng.generator import Knowledge, generate
from zhunsheng.kernel.workdays import workday


@pytest.fixture(scope="module")
def busy(tmp_path_factory) -> CountyFiles:
    """A county large enough to show seasons and weekdays."""
    out = tmp_path_factory.mktemp("busy")
    generate(out, lines=120_000, knowledge=Knowledge())
    return CountyFiles(out)


def kind(code: str) -> str:
    return "county" if code in ("H99012400001", "H99012400002") else code[:8]


def visits_by_day(files: CountyFiles, types: tuple[str, ...]) -> Counter[date]:
    return Counter(date.fromisoformat(row["begntime"][:10]) for row in files.settlements if row["med_type"] in types)


def test_working_days_see_more_outpatients_than_free_days(busy):
    by_day = visits_by_day(busy, ("11",))
    working = [count for day, count in by_day.items() if workday(day).is_working]
    free = [count for day, count in by_day.items() if not workday(day).is_working]
    assert mean(working) > 1.2 * mean(free)


def test_the_spring_festival_is_quiet_and_make_up_days_are_not(busy):
    by_day = visits_by_day(busy, ("11", "14"))
    festival = [by_day[date(2026, 2, 15) + timedelta(days=n)] for n in range(9)]
    before = [by_day[date(2026, 2, 2) + timedelta(days=n)] for n in range(5)]
    assert mean(festival) < 0.6 * mean(before)
    assert workday(date(2026, 2, 28)).is_working  # a Saturday made up for the festival
    assert by_day[date(2026, 2, 28)] > 1.3 * mean(festival)


def test_emergencies_do_not_rest(busy):
    by_day = visits_by_day(busy, ("13",))
    working = mean(by_day[day] for day in by_day if workday(day).is_working)
    free = mean(by_day[day] for day in by_day if not workday(day).is_working)
    assert free > 0.9 * working


def test_winter_brings_respiratory_disease(busy):
    share = {}
    for months in (("2025-12", "2026-01", "2026-02"), ("2026-06", "2026-07", "2026-08")):
        codes = [row["dise_codg"] for row in busy.settlements if row["begntime"][:7] in months and row["dise_codg"]]
        share[months[0]] = sum(code.startswith("J") for code in codes) / len(codes)
    assert share["2025-12"] > 1.4 * share["2026-06"]


def test_people_with_a_chronic_condition_come_back(busy):
    visits = Counter(row["psn_no"] for row in busy.settlements if row["med_type"] == "14")
    assert mean(visits.values()) > 4


def test_a_few_items_make_most_lines(busy):
    items = Counter(row["med_list_codg"] for row in busy.fees)
    counts = sorted(items.values(), reverse=True)
    assert len(items) > 250
    assert sum(counts[: len(counts) // 10]) > 0.3 * sum(counts)


def test_levels_see_different_cases(busy):
    lines: dict[str, Counter[str]] = defaultdict(Counter)
    for row in busy.fees:
        lines[kind(row["fixmedins_code"])][row["med_chrgitm_type"]] += 1
    clinics = busy.settlements
    assert not any(row["med_type"] == "21" for row in clinics if row["fixmedins_code"] >= "H99012400301")
    assert lines["county"]["03"] > 0
    assert {row["med_chrgitm_type"] for row in busy.fees if row["fixmedins_code"].startswith("P")} <= {"09", "11"}


def test_stays_last_days_and_charge_each_day_but_the_last(busy):
    bed = defaultdict(list)
    for row in busy.fees:
        if row["med_list_codg"].startswith("001109") and not row["init_feedetl_sn"]:
            bed[row["mdtrt_id"]].append(row["fee_ocur_time"][:10])
    stays = [row for row in busy.encounters if row["med_type"] == "21" and row["endtime"]]
    nights = [(moment(row["endtime"]).date() - moment(row["begntime"]).date()).days for row in stays]
    assert 5 < mean(nights) < 9
    assert max(nights) > 14
    charged = [len(bed[row["mdtrt_id"]]) for row in stays if row["mdtrt_id"] in bed]
    whole = [n for row, n in zip(stays, nights, strict=True) if row["mdtrt_id"] in bed]
    assert sum(a != b for a, b in zip(charged, whole, strict=True)) < 3  # a short stay may leave the month
    assert all(len(days) == len(set(days)) for days in bed.values())


def test_every_line_lies_within_its_encounter(busy):
    visits = {row["mdtrt_id"]: row for row in busy.encounters}
    for row in busy.fees:
        visit = visits[row["mdtrt_id"]]
        text = row["fee_ocur_time"]
        if visit["endtime"] and len(text) > 10:
            assert visit["begntime"] <= text <= visit["endtime"]
        assert text <= visit["setl_time"]


def test_nobody_is_treated_before_birth_or_outside_the_period(busy):
    for row in busy.settlements:
        assert not row["brdy"] or row["brdy"] <= row["begntime"][:10]
        assert "2025-11-01" <= row["begntime"] <= row["setl_time"] < "2026-11-01"


def test_a_person_says_the_same_of_themselves_everywhere(busy):
    told = defaultdict(set)
    for row in busy.settlements:
        told[row["psn_no"]].add((row["gend"], row["brdy"], row["hi_type"]))
    assert all(len(versions) == 1 for versions in told.values())


def test_patients_are_transferred_up_and_down_in_order(busy):
    stays = defaultdict(list)
    for row in busy.encounters:
        if row["med_type"] == "21":
            stays[row["psn_no"]].append((row["begntime"], row["endtime"], kind(row["fixmedins_code"])))
    ways = Counter()
    for rows in stays.values():
        for (_, left, place), (came, _, after) in zip(sorted(rows), sorted(rows)[1:], strict=False):
            if left and left[:10] == came[:10] and left < came:
                ways[place == "county", after == "county"] += 1
    assert ways[False, True] > 3
    assert ways[True, False] > 3


def test_people_come_back_from_the_hospital_to_the_township(busy):
    stays = defaultdict(list)
    for row in busy.encounters:
        if row["med_type"] == "21":
            stays[row["psn_no"]].append((row["begntime"], kind(row["fixmedins_code"]), row["dise_codg"]))
    ways = [tuple(place for _, place, _ in sorted(rows)) for rows in stays.values()]
    assert any(way[n : n + 3] == ("H9901240", "county", "H9901240") for way in ways for n in range(len(way)))
    assert any(code == "Z50.900" for rows in stays.values() for _, _, code in rows)


def test_a_long_stay_is_settled_once_while_it_lasts(busy):
    settled = defaultdict(list)
    for row in busy.settlements:
        settled[row["mdtrt_id"]].append(row)
    twice = [sorted(rows, key=lambda row: row["setl_time"]) for rows in settled.values() if len(rows) > 1]
    assert len(twice) > 5
    for first, last in twice:
        assert first["med_type"] == "21"
        assert first["begntime"] < first["endtime"] < first["setl_time"] < last["setl_time"]
        assert (moment(last["begntime"]) - moment(first["endtime"])).total_seconds() == 60


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
