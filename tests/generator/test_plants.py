"""Cases as data: where they may lie, what they state of people, institutions and files, and what silence states."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date

import pytest
import yaml

from tests.generator.county_files import CountyFiles
from tests.generator.points import BOOK, KNOWLEDGE
from zhunsheng.book import load
from zhunsheng.book.worked import Example
from zhunsheng.cli.county import knowledge_of
from zhunsheng.generator import Knowledge, NeedPoint, RuleText, Turn, generate
from zhunsheng.generator.catalogue import ordinary
from zhunsheng.generator.knowledge import index
from zhunsheng.generator.plants.cases import Case, cases, files
from zhunsheng.generator.plants.days import moves
from zhunsheng.kernel.home import ROOT

FIRST, LAST = date(2025, 11, 1), date(2026, 10, 30)
DRUG = "XN99AAA001A001010100001"


def example(name: str = "例", *, expect: tuple[dict[str, object], ...] = (), **facts: object) -> Example:
    return Example.model_validate(
        {"name": name, "name_en": "e", "work": "w", "work_en": "w", "expect": expect, **facts}
    )


def rule(*examples: Example, facts: str = "line", turns: tuple[Turn, ...] = (), spoken: str = "") -> RuleText:
    return RuleText("test/rule", frozenset(facts.split()), frozenset(spoken.split()), turns, examples)


def line(at: str, **more: object) -> dict[str, object]:
    return {"id": "L1", "item": DRUG, "at": at, "price": "12.00", **more}


def one_case(*days: str, turns: tuple[Turn, ...] = (), person: dict[str, object] | None = None) -> Case:
    lines = tuple(line(day, id=f"L{n}") for n, day in enumerate(days, 1))
    (case,), _ = cases([rule(example(lines=lines, person=person or {}), turns=turns)])
    return case


def test_a_case_moves_by_whole_weeks_within_the_period():
    ways = moves(one_case("2026-03-02 09:00"), FIRST, LAST)
    assert 0 in ways
    assert {way % 7 for way in ways} == {0}
    assert min(ways) == -119
    assert max(ways) == 238


def test_days_of_one_month_stay_in_one_month():
    days = ("2026-03-02", "2026-03-30")
    for way in moves(one_case(*days), FIRST, LAST):
        first, last = (date.fromordinal(date.fromisoformat(day).toordinal() + way) for day in days)
        assert first.month == last.month


def test_no_day_crosses_a_turn_of_its_rule():
    turn = Turn(date(2026, 1, 1), frozenset({DRUG}))
    assert min(moves(one_case("2026-03-02", turns=(turn,)), FIRST, LAST)) == -56
    assert max(moves(one_case("2025-12-20", turns=(turn,)), FIRST, LAST)) == 7
    other = Turn(date(2026, 1, 1), frozenset({"001"}))
    assert min(moves(one_case("2026-03-02", turns=(other,)), FIRST, LAST)) == -119


def test_a_point_that_names_no_item_turns_the_cases_of_every_item():
    told = {text.id: text.turns for text in knowledge_of(BOOK).rules}
    turn = Turn(date(2026, 1, 1), frozenset())
    assert turn in told["fund/supply-days-over-limit"]
    assert turn not in told["fund/level-limited-service"]


def test_a_case_at_a_turn_stays_where_it_is():
    turn = Turn(date(2026, 1, 1), frozenset())
    assert moves(one_case("2026-01-01", turns=(turn,)), FIRST, LAST) == [0]
    assert moves(one_case("2025-12-31", turns=(turn,)), FIRST, LAST) == [0]


def test_a_case_before_the_period_that_may_not_cross_has_no_place():
    turn = Turn(date(2025, 6, 1), frozenset())
    assert moves(one_case("2025-05-31", turns=(turn,)), FIRST, LAST) == []


@pytest.mark.parametrize("birth", ["2011-03-02", "2011-03-01", "2008-02-29"])
def test_completed_ages_stay_what_they_were(birth):
    from zhunsheng.kernel.time import completed_years

    day, born = date(2026, 3, 1), date.fromisoformat(birth)
    for way in moves(one_case("2026-03-01", person={"birth_date": born}), FIRST, LAST):
        for near in (-1, 0, 1):
            moved = completed_years(_plus(born, way), _plus(day, way + near))
            assert moved == completed_years(born, _plus(day, near))


def _plus(day: date, days: int) -> date:
    return date.fromordinal(day.toordinal() + days)


def planted(tmp_path, one: RuleText, *needs: NeedPoint) -> tuple[CountyFiles, list[dict[str, str]]]:
    """Return the files of a county with one rule alone, and the key rows of its first example."""
    generate(tmp_path, lines=3_000, months=12, knowledge=Knowledge(rules=[one], needs=needs))
    found = CountyFiles(tmp_path)
    return found, [row for row in found.key if row["note"] == one.examples[0].name]


def fee(found: CountyFiles, key: dict[str, str], name: str = "rows") -> dict[str, str]:
    number = key[name].split("|")[0].rpartition("-")[2]
    return next(row for row in found.fees if row["feedetl_sn"] == number)


def visit(found: CountyFiles, key: dict[str, str]) -> dict[str, str]:
    encounter = fee(found, key)["mdtrt_id"]
    return next(row for row in found.settlements if row["mdtrt_id"] == encounter)


def test_what_a_case_states_is_what_the_files_say(tmp_path):
    stay = {"id": "E1", "start": "2026-03-01", "end": "2026-03-05 10:30", "insurance": "390", "diagnoses": ("I10.x00",)}
    told = example(
        person={"sex": "F", "birth_date": date(1980, 5, 1)},
        stays=(stay | {"department": None},),
        institutions=({"id": "A", "kind": "township_centre", "level": "1"},),
        lines=(line("2026-03-02 09:15", item_class="11", in_scope="7.50", department="急诊", quantity="2"),),
    )
    found, keys = planted(tmp_path, rule(told, facts="line encounter diagnosis institution person", spoken="急诊"))
    for key in keys:
        charged, seen = fee(found, key), visit(found, key)
        assert (charged["med_chrgitm_type"], charged["inscp_scp_amt"]) == ("11", "7.50")
        assert (charged["cnt"], charged["pric"], charged["bilg_dept_codg"]) == ("2", "12.00", "急诊")
        assert charged["fee_ocur_time"].endswith("09:15:00")
        assert (seen["gend"], seen["hi_type"], seen["dise_codg"]) == ("2", "390", "I10.x00")
        assert (len(seen["begntime"]), seen["endtime"][11:], seen["adm_dept_codg"]) == (10, "10:30:00", "")
        assert "H99012400101" <= charged["fixmedins_code"] <= "H99012400112"
        named = [row["diag_code"] for row in found.rows("diseinfo") if row["mdtrt_id"] == seen["mdtrt_id"]]
        assert named == ["I10.x00"]
    assert keys


def test_silence_about_what_a_rule_looks_at_says_that_it_is_not_known(tmp_path):
    silent = example("不明", lines=(line("2026-03-02 09:15"),))
    stay = {"id": "E1", "start": "2026-03-01", "end": "2026-03-05", "diagnoses": ("I10.x00",)}
    loud = example(
        "已知",
        person={"sex": "F", "birth_date": date(1980, 5, 1)},
        stays=(stay,),
        institutions=({"id": "A", "level": "3", "region": "330100"},),
        lines=(line("2026-03-02 09:15", item_class="11", in_scope="7.50"),),
    )
    found, keys = planted(tmp_path, rule(silent, loud, facts="line encounter diagnosis institution person"))
    registered = {row["fixmedins_code"]: row for row in found.rows("medins")}
    for key in keys:
        charged = fee(found, key)
        assert (charged["med_chrgitm_type"], charged["inscp_scp_amt"], charged["setl_id"]) == ("", "", "")
        assert charged["mdtrt_id"] not in {row["mdtrt_id"] for row in found.settlements}
        assert charged["fixmedins_code"] not in registered
        person = {(row["gend"], row["brdy"]) for row in found.settlements if row["psn_no"] == key["person_no"]}
        assert person == {("9", "")}
    known = next(row for row in found.key if row["note"] == "已知")
    place = registered[fee(found, known)["fixmedins_code"]]
    assert (place["fixmedins_type"], place["medinslv"], place["admdvs"]) == ("hospital", "3", "330100")
    assert keys


def test_silence_about_what_a_rule_does_not_look_at_leaves_it_free(tmp_path):
    found, keys = planted(tmp_path, rule(example(lines=(line("2026-03-02 09:15"),))))
    for key in keys:
        assert visit(found, key)["gend"] in ("1", "2")
        assert fee(found, key)["fixmedins_code"] in {row["fixmedins_code"] for row in found.rows("medins")}
    assert keys


def test_the_company_of_a_case_is_nothing_that_its_rule_speaks_of(tmp_path):
    every = ordinary(index(Knowledge()))
    treatments = {item.code for item in every if item.category == "treat"}
    left = min(item.code for item in every if item.category == "treat" and item.level <= 1)
    stay = {"id": "E1", "start": "2026-03-02 08:00", "end": "2026-03-03 09:00", "visit_type": "inpatient"}
    told = example(stays=(stay,), lines=(line("2026-03-02 09:15"),))
    found, keys = planted(tmp_path, rule(told, spoken=" ".join(sorted(treatments - {left}))))
    for key in keys:
        seen = visit(found, key)["mdtrt_id"]
        codes = {row["med_list_codg"] for row in found.fees if row["mdtrt_id"] == seen}
        assert codes == {DRUG, left}
    assert keys


def test_operations_licences_and_visits_over_the_internet_stand_in_the_files(tmp_path):
    told = example(
        stays=({"id": "E1", "start": "2026-03-01 08:00", "end": "2026-03-01 09:00", "visit_type": "internet"},),
        procedures=({"code": "68.29", "day": "2026-03-01"}, {"code": "68.30"}),
        licences=({"kind": "A03.10", "valid_from": "2020-01-01", "valid_to": "2026-05-01"},),
        lines=(line("2026-03-01 08:15"),),
    )
    found, keys = planted(tmp_path, rule(told, facts="line encounter procedure licence"))
    for key in keys:
        seen = visit(found, key)
        done = [row for row in found.rows("oprninfo") if row["mdtrt_id"] == seen["mdtrt_id"]]
        assert seen["med_type"] == "互联网诊疗"
        assert [(row["oprn_srt_no"], row["oprn_oprt_code"], row["oprn_oprt_date"]) for row in done] == [
            ("1", "68.29", seen["begntime"][:10]),
            ("2", "68.30", ""),
        ]
        held = [row for row in found.rows("licdept") if row["fixmedins_code"] == seen["fixmedins_code"]]
        assert [(row["caty"], row["begndate"], row["enddate"]) for row in held] == [
            ("A03.10", "2020-01-01", "2026-04-30")
        ]
    assert keys


def test_a_text_that_begins_a_code_turns_with_it():
    turn = Turn(date(2026, 1, 1), frozenset({"O80", "F"}))
    stay = {"id": "E1", "start": "2026-03-02", "end": "2026-03-02", "diagnoses": ("O80.000",)}
    (case,), _ = cases([rule(example(stays=(stay,)), turns=(turn,))])
    assert min(moves(case, FIRST, LAST)) == -56
    (other,), _ = cases([rule(example(stays=(stay | {"diagnoses": ("F32.000",)},)), turns=(turn,))])
    assert min(moves(other, FIRST, LAST)) == -119


def test_registrations_stand_in_the_files_with_their_days(tmp_path):
    told = example(
        institutions=(
            {"id": "A", "level": "1"},
            {"id": "A", "level": "2", "valid_from": "2026-07-01", "valid_to": "2026-09-01"},
        ),
        departments=(
            {"id": "D1", "name": "骨科", "specialty": "A04.03"},
            {"id": "D1", "name": "康复科", "specialty": "A21", "valid_from": "2026-07-01"},
        ),
        lines=(line("2026-06-30", id="L1"), line("2026-07-01", id="L2")),
    )
    found, keys = planted(tmp_path, rule(told, facts="line institution department"))
    days = ("begndate", "enddate")
    for key in keys:
        first, second = (fee(found, {"rows": row}) for row in key["rows"].split("|"))
        assert [row["fee_ocur_time"][:10] for row in (first, second)] == ["2026-06-30", "2026-07-01"]
        place, part = first["fixmedins_code"], first["bilg_dept_codg"]
        levels = [row for row in found.rows("medins") if row["fixmedins_code"] == place]
        assert [(row["medinslv"], *(row[day] for day in days)) for row in levels] == [
            ("1", "2020-01-01", ""),
            ("2", "2026-07-01", "2026-08-31"),
        ]
        parts = [r for r in found.rows("dept") if (r["fixmedins_code"], r["hosp_dept_codg"]) == (place, part)]
        assert [(row["caty"], row["begntime"], row["endtime"]) for row in parts] == [
            ("A04.03", "2020-01-01", ""),
            ("A21", "2026-07-01", ""),
        ]
    assert keys


def test_a_person_under_a_case_is_seen_for_nothing_else_in_those_days(files):
    seen = {(row["psn_no"], row["begntime"][:10]): row["mdtrt_id"] for row in files.settlements}
    lines = {f"{row['fixmedins_code']}-{row['feedetl_sn']}": row for row in files.fees}
    of_case = {lines[row]["mdtrt_id"] for key in files.key for row in key["rows"].split("|") if row in lines}
    near = [key for key in files.key if key["rows"].split("|")[0] in lines]
    for key in near:
        day = date.fromisoformat(lines[key["rows"].split("|")[0]]["fee_ocur_time"][:10])
        person = key["person_no"]
        around = {seen[person, str(_plus(day, n))] for n in range(-9, 10) if (person, str(_plus(day, n))) in seen}
        assert len(around - of_case) <= 2  # what the case itself brings along


def test_another_rule_of_the_book_is_planted_from_its_examples_alone(tmp_path):
    book = tmp_path / "rulebook"
    shutil.copytree(ROOT / "rulebook", book)
    known = yaml.safe_load((book / "rules/fund/duplicate-claim.yaml").read_text("utf-8"))
    known |= {"id": "fund/extra", "code": "X99", "name": "多出的规则", "name_en": "extra"}
    (book / "rules/fund/extra.yaml").write_text(yaml.safe_dump(known, allow_unicode=True), "utf-8")
    summary = generate(tmp_path / "out", lines=12_000, knowledge=knowledge_of(load(book)))
    mine = summary.plants["fund/extra"]
    assert mine["violation"] >= 3
    assert mine["look_alike"] >= 3
    assert mine["unknown"] >= 1


def test_a_case_of_facts_that_the_files_do_not_carry_is_left_out_by_name():
    odd = example(lines=(line("2026-03-02", institution="B"),), stays=({"id": "E1", "start": "2026-03-01"},))
    planted_cases, left_out = cases([rule(odd)])
    assert planted_cases == []
    assert left_out == ["test/rule: 例"]


def test_a_written_case_is_planted_where_all_its_rules_are_live():
    both = {file.rule for file in files() for one in file.cases if one.besides}
    assert both
    claims = [text for text in KNOWLEDGE.rules if text.id == "fund/duplicate-claim"]
    found, _ = cases(claims)
    assert {case.author for case in found} == {"pattern", "standard"}
    assert all(len(case.told) == 1 for case in found if case.author == "standard")


def test_every_file_of_cases_names_its_sentence_and_rows_that_it_holds():
    for file in files():
        assert file.sentence
        for one in file.cases:
            held = {row.id for row in (*one.lines, *one.stays)}
            assert set(one.rows).union(*one.besides.values()) <= held


def test_parts_of_a_month_hold_each_person_once_and_number_on(tmp_path, monkeypatch):
    import zhunsheng.generator.run as run

    monkeypatch.setattr(run, "LINES_PER_PART", 1_500)
    summary = generate(tmp_path, lines=12_000, months=2, knowledge=KNOWLEDGE)
    found = CountyFiles(tmp_path)
    parts = sorted(path.name for path in (tmp_path / "import").glob("2025-11_*_feedetail.csv"))
    assert parts == [f"2025-11_0{n}_feedetail.csv" for n in range(1, 5)]
    assert len(found.fees) == summary.lines == len({row["feedetl_sn"] for row in found.fees})
    assert len({row["setl_id"] for row in found.settlements}) == len(found.settlements)
    people = [{row["psn_no"] for row in found.rows_of(tmp_path / "import" / name)} for name in parts]
    assert sum(map(len, people)) == len(set().union(*people))
    assert (
        summary.plants_by_author
        == generate(tmp_path / "whole", lines=12_000, months=2, knowledge=replace(KNOWLEDGE)).plants_by_author
    )
