"""Grades and reasons of overturning: the rule book's own are sound, and each fault of a writer is refused in words."""

import copy

import pytest
import yaml

from zhunsheng.book.handling import about_handling, load_grades, load_overturning
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

FOLDER = ROOT / "rulebook"
GRADES = yaml.safe_load((FOLDER / "handling" / "grades.yaml").read_text("utf-8"))


@pytest.mark.parametrize(
    ("nature", "severe", "repeats", "self_reported", "grade"),
    [
        ("misread", False, 0, False, "honest"),
        ("misread", False, 1, False, "repeated"),
        ("fault", False, 0, False, "first"),
        ("fault", False, 0, True, "honest"),
        ("fault", False, 3, False, "repeated"),
        ("fault", False, 3, True, "first"),
        ("fault", True, 0, False, "severe"),
        ("intent", False, 0, False, "fraud"),
        ("intent", False, 0, True, "fraud"),  # who means to defraud is not treated more lightly
        ("intent", False, 1, False, "fraud_repeated"),
        ("intent", True, 1, False, "fraud_severe"),
    ],
)
def test_the_first_grade_that_fits_applies(nature, severe, repeats, self_reported, grade):
    found = load_grades(FOLDER).fitting(nature, severe=severe, repeats=repeats, self_reported=self_reported)
    assert found.id == grade


def test_each_fine_lies_within_the_band_of_its_article_and_what_is_local_is_said():
    cycle = yaml.safe_load((FOLDER / "lifecycles" / "fund_case.yaml").read_text("utf-8"))
    bands = {one["equals"]: (one["least"] * 10_000, one["most"] * 10_000) for one in cycle["bands"]}
    grades = load_grades(FOLDER)
    for fine in (fine for grade in grades.grades for fine in grade.fines):
        low, high = bands[fine.article]
        assert low <= fine.least_e4 <= fine.most_e4 <= high
    choices = [one for move in cycle["moves"] for one in move.get("needs", ()) if one["id"] == "grade"]
    assert choices and all(set(one["choices"]) == {grade.id for grade in grades.grades} for one in choices)
    causes = [one for move in cycle["moves"] for one in move.get("needs", ()) if one["id"] == "cause"]
    overturning = load_overturning(FOLDER)
    assert causes and all(set(one["choices"]) == {reason.id for reason in overturning.reasons} for one in causes)
    assert {one.code for one in about_handling(grades, overturning)} == {"local_value", "law_to_verify"}


FAULTS = {
    "a measure that nobody wrote": (lambda d: d["grades"][0]["measures"].append("prison"), "prison"),
    "a lighter grade that is none": (lambda d: d["grades"][3].update(self_reported="mild"), "mild"),
    "a range that is turned": (lambda d: d["grades"][0]["fines"][0].update(least_e4=60_000), "reg-735/40"),
    "a cite that is none": (lambda d: d["look_back"].update(cite="hearsay"), "hearsay"),
    "an act without a grade": (lambda d: d["grades"].pop(), "honest"),
    "a nature that is none": (lambda d: d["grades"][0].update(natures=["evil"]), "grades.0.natures"),
    "a key that is none": (lambda d: d.update(colour="red"), "colour"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_grades_is_refused(tmp_path, fault):
    change, word = FAULTS[fault]
    data = copy.deepcopy(GRADES)
    change(data)
    (tmp_path / "handling").mkdir()
    (tmp_path / "handling" / "grades.yaml").write_text(yaml.safe_dump(data, allow_unicode=True), "utf-8")
    with pytest.raises(Problem) as refused:
        load_grades(tmp_path)
    assert refused.value.code == "ZS945" and word in str(refused.value.as_dict("en")["message"])


def test_a_file_that_is_missing_or_broken_is_told(tmp_path):
    with pytest.raises(Problem, match="ZS945"):
        load_overturning(tmp_path)
    (tmp_path / "handling").mkdir()
    (tmp_path / "handling" / "overturning.yaml").write_text("a: [", "utf-8")
    with pytest.raises(Problem, match="ZS945"):
        load_overturning(tmp_path)
