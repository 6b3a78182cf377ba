"""The answer key: whole, present in the files, and all that brute force finds."""

from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from tests.generator.county_files import CountyFiles
from tests.generator.points import KNOWLEDGE
from tests.generator.referee import CAP, CLAIM, RULES, SEX, judge
from zhunsheng.generator import Knowledge, Summary, generate

Subject = tuple[str, frozenset[str]]


def keyed(files: CountyFiles, *kinds: str, author: str = "pattern") -> set[Subject]:
    """Return rule and subject rows of the key's rows of some kinds."""
    wanted = [row for row in files.key if row["kind"] in kinds and row["author"] == author]
    return {(row["rule_id"], frozenset(row["rows"].split("|"))) for row in wanted}


def touching(one: Subject, others: set[Subject]) -> bool:
    """Whether any of the others is of the same rule and shares a row."""
    return any(rule == one[0] and rows & one[1] for rule, rows in others)


def beside(files: CountyFiles) -> set[Subject]:
    """Return every rule that the key says nothing of for a case, with all rows of the case."""
    spoken: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, set[str]] = defaultdict(set)
    for row in files.key:
        spoken[row["case"]].add(row["rule_id"])
        rows[row["case"]] |= set(f"{row['rows']}|{row['others']}".split("|")) - {""}
    return {(rule, frozenset(held)) for case, held in rows.items() for rule in set(RULES) - spoken[case]}


def assert_clean_but_for_key(files: CountyFiles, knowledge: Knowledge) -> None:
    """Assert that brute force finds each row of the key, and nothing that the key does not name."""
    found = judge(files, knowledge)
    sure = {key for key, told in found.items() if told == "violation"}
    unsure = set(found) - sure
    blind = keyed(files, "violation", author="standard")
    violations, unknowns = keyed(files, "violation", "known_false_positive"), keyed(files, "unknown")
    free = blind | beside(files)
    assert [one for one in sure if not touching(one, violations | free)] == []
    assert [one for one in unsure if not touching(one, unknowns | free)] == []
    assert [one for one in violations if not touching(one, sure)] == []
    assert [one for one in unknowns if not touching(one, unsure)] == []


def test_brute_force_finds_the_key_and_nothing_else(files):
    assert_clean_but_for_key(files, KNOWLEDGE)


def test_no_row_of_a_look_alike_is_found(files):
    named = {(rule, row) for rule, rows in judge(files, KNOWLEDGE) for row in rows}
    spared = {(rule, row) for rule, rows in keyed(files, "look_alike") for row in rows}
    assert spared
    assert not named & spared


def test_every_row_of_the_key_stands_in_the_files(files):
    held = {f"{row['fixmedins_code']}-{row['feedetl_sn']}": row for row in files.fees}
    held |= {row["mdtrt_id"]: row for row in files.settlements}
    for row in files.key:
        found = [held[identity] for identity in f"{row['rows']}|{row['others']}".split("|") if identity]
        assert {one["psn_no"] for one in found} == {row["person_no"]}
        assert row["institution_id"] in {one["fixmedins_code"] for one in found}


def test_each_person_carries_one_case(files):
    cases = {(row["person_no"], row["case"]) for row in files.key}
    assert max(Counter(person for person, _ in cases).values()) == 1
    assert max(Counter(case for _, case in cases).values()) == 1


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_violations_look_alikes_and_unknowns(summary: Summary, rule: str):
    planted = summary.plants[rule]
    assert planted["violation"] >= 4
    assert planted["look_alike"] >= 3
    # the quantity of a day is known whenever a line is: a cap has no unknown of its own
    assert (planted.get("unknown", 0) >= 1) == (rule != CAP)


def test_every_example_is_planted_but_those_of_days_outside_the_period(files, summary):
    planted = {(row["rule_id"], row["note"]) for row in files.key}
    for rule in KNOWLEDGE.rules:
        for example in rule.examples:
            assert ((rule.id, example.name) in planted) != (f"{rule.id}: {example.name}" in summary.not_planted)
    assert all("前一日" in name or "起始日当日入院" in name for name in summary.not_planted)


def test_a_fifth_of_the_violations_comes_from_the_standard_alone(tmp_path):
    by = generate(tmp_path, lines=60_000, months=2, knowledge=KNOWLEDGE).plants_by_author
    assert by["violation/standard"] * 4 == pytest.approx(by["violation/pattern"], rel=0.15)


def test_two_rules_broken_at_once_give_two_rows_of_the_key(files):
    rules: dict[str, set[str]] = defaultdict(set)
    for row in files.key:
        rules[row["case"]].add(row["rule_id"])
    both = [sorted(told) for told in rules.values() if len(told) > 1]
    assert [SEX, CLAIM] in [sorted(one, reverse=True) for one in both]
    assert [CAP, CLAIM] in both


def test_refunds_make_look_alikes_of_violations(files):
    back = {row["init_feedetl_sn"] for row in files.fees if row["init_feedetl_sn"]}
    told = [row for row in files.key if "已全部退费" in row["note"]]
    named = [row for row in told if "未指明" not in row["note"]]
    assert {row["kind"] for row in told} == {"look_alike"}
    assert len(named) < len(told)
    assert all({one.rpartition("-")[2] for one in row["rows"].split("|")} <= back for row in named)


def test_without_rules_nothing_is_planted(tmp_path: Path):
    summary = generate(tmp_path, lines=3_000, months=2, knowledge=Knowledge())
    assert summary.plants == {}


def test_other_seeds_are_clean_too(tmp_path: Path):
    for seed in (2, 3):
        generate(tmp_path / str(seed), seed=seed, lines=9_000, months=6, knowledge=KNOWLEDGE)
        assert_clean_but_for_key(CountyFiles(tmp_path / str(seed)), KNOWLEDGE)


def test_ordinary_traffic_is_clean_under_the_whole_published_libraries(shared_data: Path, tmp_path: Path):
    knowledge = published(shared_data / "two_libraries")
    assert len(knowledge.sex) > 6_000
    assert len(knowledge.pairs) == 900
    generate(tmp_path, lines=20_000, knowledge=replace(knowledge, rules=KNOWLEDGE.rules, names=KNOWLEDGE.names))
    files = CountyFiles(tmp_path)
    planted = {row for one in files.key for row in f"{one['rows']}|{one['others']}".split("|")}
    assert [key for key in judge(files, knowledge) if not key[1] & planted] == []


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
