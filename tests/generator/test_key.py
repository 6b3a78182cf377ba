"""The answer key: whole, present in the files, and all that brute force finds."""

from collections import Counter
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.generator.county_files import CountyFiles
from tests.generator.points import KNOWLEDGE
from tests.generator.referee import Found, judge
from zhunsheng.generator import Knowledge, Summary, generate
from zhunsheng.generator.plants.kinds import CAP, CLAIM, RULES, SCENARIOS, STAYS


def keyed(files: CountyFiles, kind: str, author: str = "pattern") -> set[tuple[str, frozenset[str]]]:
    """Return rule and subject rows of the key's rows of a kind."""
    wanted = [row for row in files.key if row["kind"] == kind and row["author"] == author]
    return {(row["rule_id"], frozenset(row["rows"].split("|"))) for row in wanted}


def of(found: Found, verdict: str) -> set[tuple[str, frozenset[str]]]:
    return {key for key, told in found.items() if told == verdict}


def assert_clean_but_for_key(files: CountyFiles, knowledge: Knowledge) -> None:
    """Assert that brute force finds what the key says and nothing besides."""
    found = judge(files, knowledge)
    blind = keyed(files, "violation", "standard")
    assert of(found, "violation") - blind == keyed(files, "violation")
    assert of(found, "unknown") - blind == keyed(files, "unknown")


def test_brute_force_finds_the_key_and_nothing_else(files):
    assert_clean_but_for_key(files, KNOWLEDGE)


def test_no_row_of_a_look_alike_is_found(files):
    named = {(rule, row) for rule, rows in judge(files, KNOWLEDGE) for row in rows}
    spared = {(rule, row) for rule, rows in keyed(files, "look_alike") for row in rows}
    assert spared
    assert not named & spared


def test_every_row_of_the_key_stands_in_the_files(files):
    lines = {f"{row['fixmedins_code']}-{row['feedetl_sn']}": row for row in files.fees}
    visits = {row["mdtrt_id"]: row for row in files.settlements}
    for row in files.key:
        held = visits if row["rule_id"] == STAYS else lines
        found = [held[identity] for identity in row["rows"].split("|")]
        assert {one["psn_no"] for one in found} == {row["person_no"]}
        assert row["institution_id"] in {one["fixmedins_code"] for one in found}


def test_each_person_carries_one_case(files):
    assert max(Counter(row["person_no"] for row in files.key).values()) == 1


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_violations_look_alikes_and_unknowns(summary: Summary, rule: str):
    planted = summary.plants[rule]
    assert planted["violation"] >= 4
    assert planted["look_alike"] >= 3
    # the quantity of a day is known whenever a line is: a cap has no unknown of its own
    assert (planted.get("unknown", 0) >= 1) == (rule != CAP)


def test_every_scenario_of_the_pattern_is_planted(files, summary):
    assert summary.not_planted == []
    planted = {(row["rule_id"], row["kind"], row["note"]) for row in files.key}
    assert planted >= {(s.rule, s.kind, s.note) for s in SCENARIOS if s.author == "pattern"}


def test_a_fifth_of_the_violations_comes_from_the_standard_alone(summary):
    by = summary.plants_by_author
    assert by["violation/standard"] * 4 == pytest.approx(by["violation/pattern"], abs=3)


def test_cases_written_from_the_standard_satisfy_its_sentence(files):
    lines = {f"{row['fixmedins_code']}-{row['feedetl_sn']}": row for row in files.fees}
    claims = [rows for rule, rows in keyed(files, "violation", "standard") if rule == CLAIM]
    for rows in claims:
        alike = {
            (one["psn_no"], one["med_list_codg"], one["fee_ocur_time"][:10], one["cnt"], one["pric"])
            for one in map(lines.__getitem__, rows)
        }
        assert len(alike) == 1
        assert len(rows) > 1
    assert claims


def test_without_knowledge_only_rules_without_knowledge_are_planted(tmp_path: Path):
    summary = generate(tmp_path, lines=3_000, months=2, knowledge=Knowledge())
    assert set(summary.plants) == {CLAIM, STAYS}
    assert summary.not_planted


def test_other_seeds_are_clean_too(tmp_path: Path):
    for seed in (2, 3):
        generate(tmp_path / str(seed), seed=seed, lines=9_000, months=6, knowledge=KNOWLEDGE)
        assert_clean_but_for_key(CountyFiles(tmp_path / str(seed)), KNOWLEDGE)


def test_clean_under_the_whole_published_libraries(shared_data: Path, tmp_path: Path):
    knowledge = published(shared_data / "two_libraries")
    assert len(knowledge.sex) > 6_000
    assert len(knowledge.pairs) == 900
    generate(tmp_path, lines=20_000, knowledge=knowledge)
    assert_clean_but_for_key(CountyFiles(tmp_path), knowledge)


def published(folder: Path) -> Knowledge:
    """Return sex, age, pair and cap points of the published workbooks, children being 0 to 14 years."""
    since = date(2025, 12, 1)
    windows = {"单日": "day", "单次就诊": "encounter", "6小时": "6h", "同一小时": "hour"}
    ages = {"儿童": (0, 14, "year"), "婴幼儿": (0, 2, "year"), "新生儿": (0, 28, "day")}
    sexes = {name: sex for name, _, _, sex in sheet(folder, "*药品规则库(限定性别*")}
    letters = {"男": "M", "女": "F"}
    drugs = [(r[2], r[0], letters[sexes[r[0]]], since, None) for r in sheet(folder, "*药品规则库(限定性别*", 1)]
    services = [(r[2], r[0], letters[r[4]], since, None) for r in sheet(folder, "*项目规则库(限定性别*")]
    child_drugs = [(r[2], r[0], *ages["儿童"], since, None) for r in sheet(folder, "*药品规则库(限定年龄*", 1)]
    child_services = [(r[1], r[0], *ages[r[3]], since, None) for r in sheet(folder, "*项目规则库(限定年龄对象*")]
    pairs = [(r[3], r[2], r[5], r[4], windows[r[1]], since, None) for r in sheet(folder, "*重复收费*") if r[0]]
    caps = [(r[4], r[1], int(r[2]) * 10_000, since, None) for r in sheet(folder, "*限定频次*") if r[4]]
    return Knowledge(sex=drugs + services, age=child_drugs + child_services, pairs=pairs, caps=caps)


def sheet(folder: Path, pattern: str, number: int = 0) -> list[tuple]:
    """Return the rows of a workbook's sheet without its header."""
    (path,) = folder.glob(pattern)
    return list(openpyxl.load_workbook(path, read_only=True).worksheets[number].iter_rows(values_only=True))[1:]
