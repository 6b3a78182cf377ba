"""Life-cycles: the rule book's own are sound; each fault a writer can make is refused with file, line and reason."""

import copy

import pytest
import yaml

from zhunsheng.book.cycle_lint import about_cycles, faults
from zhunsheng.book.cycles import Cycle, Names, Text, check, load_cycles, read_cycle
from zhunsheng.book.load import load_laws
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

FOLDER = ROOT / "rulebook"
NAMES = Names(
    frozenset({"insurance_authority", "insurance_agency", "health_authority", "institution", "vendor", "consortium",
               "market", "finance", "civil_affairs", "human_resources", "police", "discipline"}),
    frozenset({"head", "reviewer", "office", "officer", "legal_reviewer", "finance_officer", "handler"}),
    frozenset({"within_bands", "within_owed", "nothing_owed", "other_case_known", "credits_left", "repaired_in_full",
               "draw_repeats", "balanced", "within_account",
               "plan_sums", "payment_stands", "within_overpaid", "late_as_computed", "late_within_fine", "fine_stated",
               "grade_fits", "cause_known", "reviewer_apart",
               "follows_decision", "points_of_scheme", "entry_this_year", "credit_of_scheme",
               "follows_points", "ruling_of_scheme", "lift_of_scheme", "ruling_over",
               "other_not_merged", "as_scheme_gives",
               "line_free", "not_listed", "papers_complete", "review_met", "papers_met", "review_stands",
               "rated_for_years", "tier_files", "interest_declared", "approver_apart", "publication_over",
               "line_serves", "line_entered", "review_open", "review_over", "failed_twice", "ends_later",
               "may_agree", "clauses_complete", "prices_in_band", "successor_fit", "drafter_apart", "term_sound",
               "term_over", "asks_for_own", "asked_once",
               "check_known", "as_round_drew", "drawn_where_asked", "found_met", "complainant_heard", "line_known",
               "not_grave", "grave_alone", "looked_back", "survey_below", "below_deadline", "act_listed",
               "measures_of_act", "appeal_apart", "line_exiting", "data_handed_over", "witness_apart", "records_kept",
               "sample_clean", "step_waivable", "steps_done", "exit_plan_closed",
               "decider_apart", "light_opens", "never_worse", "release_holds",
               "period_over", "figures_of_run", "figures_frozen", "words_written", "publication_wanted",
               "publication_not_wanted", "plan_kept", "goods_proved", "not_of_goods",
               "meeting_invites", "agenda_in_view", "held_since_called", "present_invited", "resolution_owner",
               "resolutions_done", "accepted_apart"}),
    load_laws(FOLDER),
)  # fmt: skip


def plain(name="fund_case"):
    return yaml.safe_load((FOLDER / "lifecycles" / f"{name}.yaml").read_text("utf-8"))


def by_id(data, part, key):
    return next(one for one in data[part] if one["id"] == key)


def written(tmp_path, data, name="fund_case"):
    folder = tmp_path / "lifecycles"
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), "utf-8")
    return tmp_path


def test_the_rule_book_holds_sound_life_cycles_and_says_what_is_to_be_confirmed():
    cycles = load_cycles(FOLDER, NAMES)
    assert len(cycles) == 30
    assert all(clock.cite in cycle.cites for cycle in cycles.values() for clock in cycle.clocks)
    remarks = about_cycles(cycles.values())
    local = [c for cycle in cycles.values() for c in cycle.clocks if cycle.cites[c.cite].certainty == "local"]
    assert local and {one.code for one in remarks} == {"local_value", "law_to_verify"}
    assert all(one.level == "warning" for one in remarks)


def test_the_limits_of_the_law_stand_as_printed():
    cycles = load_cycles(FOLDER, NAMES)
    told = {
        (name, clock.id): (clock.days, clock.kind, tuple(one.days for one in clock.extensions))
        for name, cycle in cycles.items()
        for clock in cycle.clocks
        if cycle.cites[clock.cite].certainty in ("seen", "secondary")
    }
    assert told == {
        ("clue", "verification"): (15, "working", (15,)),
        ("fund_case", "decision"): (90, "calendar", (30, 60)),
        ("fund_case", "legal_review"): (10, "working", ()),
        ("fund_case", "payment"): (15, "calendar", ()),
        ("fund_case", "reply"): (15, "calendar", ()),
        ("fund_case", "service"): (7, "working", ()),
        ("points_decision", "year"): (0, "year_end", ()),
        ("service_line", "exiting"): (30, "calendar", (30,)),
        ("service_line", "notice"): (90, "calendar", ()),
        ("service_line", "review"): (365, "calendar", ()),
        ("service_line", "suspension"): (90, "calendar", (90,)),
        ("tip_off", "verification"): (15, "working", (15,)),
    }
    assert set(cycles["fund_case"].clock("decision").excluded) == {"appraisal", "hearing"}


def test_a_life_cycle_goes_through_plain_data_unchanged():
    for cycle in load_cycles(FOLDER, NAMES).values():
        again = Cycle.model_validate(cycle.plain)
        assert again == cycle and again.digest == cycle.digest


def no_way(data):
    by_id(data, "moves", "look_back")["from"] = ["recovering"]


def not_reached(data):
    data["states"].append({"id": "lost", "zh": "无", "en": "lost", "owner": ["officer"], "clocks": ["decision"]})
    data["moves"].append({"id": "end", "zh": "结", "en": "end", "from": ["lost"], "to": "closed", "who": ["officer"],
                          "evidence": "case.ended"})  # fmt: skip


def circle(data):
    by_id(data, "moves", "close")["to"] = "paid"


FAULTS = {
    "a state that no move leaves": (no_way, "没有出口"),
    "a state that no move reaches": (not_reached, "无法到达"),
    "states from which no case ends": (circle, "不能办结"),
    "a state without an owner": (lambda d: by_id(d, "states", "decided").update(owner=[]), "没有承办人"),
    "an owner without a duty": (lambda d: d["people"]["head"].update(duties=[]), "没有承办人"),
    "a state without a clock": (lambda d: by_id(d, "states", "decided").update(clocks=[]), "没有期限"),
    "a final state with a clock": (lambda d: by_id(d, "states", "closed").update(clocks=["service"]), "不得有期限"),
    "a final state with a move": (lambda d: by_id(d, "moves", "serve")["from"].append("closed"), "不得再有动作"),
    "a guard that nobody wrote": (lambda d: by_id(d, "moves", "pay").update(guards=["magic"]), "“magic”"),
    "a body that does not exist": (lambda d: d["people"]["head"].update(bodies=["court"]), "“court”"),
    "a duty that does not exist": (lambda d: d["people"]["head"].update(duties=["king"]), "“king”"),
    "people that are not listed": (lambda d: by_id(d, "moves", "pay").update(who=["someone"]), "“someone”"),
    "a state that is not listed": (lambda d: by_id(d, "moves", "pay").update(to="nowhere"), "“nowhere”"),
    "a clock that cites nothing": (lambda d: by_id(d, "clocks", "service").update(cite="nothing"), "“nothing”"),
    "an article that the law lacks": (lambda d: d["cites"]["reg-735-38"]["law"].update(article="99"), "reg-735 99"),
    "a state that stands twice": (lambda d: d["states"].append(copy.deepcopy(d["states"][0])), "重复"),
    "a field that stands twice": (lambda d: by_id(d, "moves", "pay")["needs"].append(
        copy.deepcopy(by_id(d, "moves", "pay")["needs"][0])), "字段名重复"),
    "two people from the party": (lambda d: by_id(d, "moves", "waive").update(two_person=True), "双人"),
    "two people without a duty": (lambda d: (d["people"].update(any={"side": "handling"}), by_id(
        d, "moves", "close").update(who=["any"])), "没有写明职责"),
    "a party that acts unseen": (lambda d: by_id(d, "moves", "waive")["from"].append("investigating"), "看不到"),
    "a move that the public makes": (lambda d: (d["people"].update(all={"side": "public"}), by_id(
        d, "moves", "pay").update(who=["all"])), "公众"),
    "a clock whose move people make": (lambda d: by_id(d, "clocks", "payment").update(move="settle"), "不对应"),
    "a move of the clock that asks": (lambda d: by_id(d, "moves", "fall_late").update(
        needs=[{"id": "why", "zh": "因", "en": "why", "kind": "text", "most": 9}]), "不得要求填写"),
    "a clock that runs where its move is shut": (lambda d: by_id(d, "states", "late")["clocks"].append("payment"),
                                                "不能在每个计时状态"),
    "a clock that nothing runs": (lambda d: d["clocks"].append(
        dict(by_id(d, "clocks", "service"), id="idle")), "没有状态使用"),
    "a clock that runs and stands still": (lambda d: by_id(d, "clocks", "decision")["excluded"].append("deciding"),
                                          "既计时又扣除"),
    "a clock of no days": (lambda d: by_id(d, "clocks", "service").update(days=0), "天数与计法"),
    "a choice of nothing": (lambda d: by_id(d, "moves", "serve")["needs"][1].pop("choices"), "选项"),
    "an amount that is not in fen": (lambda d: by_id(d, "moves", "pay")["needs"][0].update(id="paid"), "_fen"),
    "a text without a limit": (lambda d: by_id(d, "moves", "dismiss")["needs"][-1].pop("most"), "没有上限"),
    "limits that are turned": (lambda d: by_id(d, "moves", "dismiss")["needs"][-1].update(least=9, most=2), "下限"),
    "a band of no field": (lambda d: d["bands"][0].update(field="nothing"), "幅度"),
    "bands that are missing": (lambda d: d.update(bands=[]), "没有幅度"),
    "a clock whose day no step names": (lambda d: by_id(d, "clocks", "service").update(by="planned_on"), "日期字段"),
    "bodies of no kind": (lambda d: by_id(d, "moves", "dismiss")["needs"].append(
        {"id": "bodies", "zh": "单位", "en": "bodies", "kind": "bodies", "most": 3}), "单位类别"),
    "bodies of a kind that does not exist": (lambda d: by_id(d, "moves", "dismiss")["needs"].append(
        {"id": "bodies", "zh": "单位", "en": "bodies", "kind": "bodies", "of": ["court"], "most": 3}), "“court”"),
    "a party named by no field": (lambda d: by_id(d, "moves", "notify").update(names_party="facts"), "指明当事人"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_in_the_sense_of_a_life_cycle_is_refused_with_its_line(tmp_path, fault):
    change, word = FAULTS[fault]
    data = plain()
    load_cycles(written(tmp_path, data), NAMES)
    change(data)
    with pytest.raises(Problem) as refused:
        load_cycles(written(tmp_path, data), NAMES)
    told = refused.value
    assert told.code == "ZS901" and word in told.values["reason"], told.values["reason"]
    lines = (tmp_path / "lifecycles" / "fund_case.yaml").read_text("utf-8").splitlines()
    assert 1 < told.values["line"] <= len(lines) and told.values["where"]


SHAPES = [
    ("colour: red", "colour", 1),
    ("prefix: lower", "prefix", 1),
    ("states:\n  - {id: a, zh: 一, en: A}\n  - {id: B!, zh: 二, en: B}", "states.1.id", 3),
    ("version: 0", "version", 1),
]


@pytest.mark.parametrize(("text", "where", "line"), SHAPES)
def test_a_fault_in_the_shape_is_refused_with_its_line(text, where, line):
    key = text.split(":", maxsplit=1)[0]
    rest = {name: value for name, value in plain().items() if name != key}
    with pytest.raises(Problem) as refused:
        read_cycle(text + "\n" + yaml.safe_dump(rest, allow_unicode=True), "x.yaml")
    told = refused.value.values
    assert (refused.value.code, told["where"], told["line"]) == ("ZS901", where, line)


@pytest.mark.parametrize("text", ["a: [", "a: &x 1\nb: *x", "[" * 60 + "]" * 60])
def test_a_text_that_is_no_yaml_or_could_harm_is_refused(text):
    with pytest.raises(Problem, match="ZS401"):
        read_cycle(text, "x.yaml")


def test_the_name_of_a_file_is_the_name_of_its_life_cycle(tmp_path):
    with pytest.raises(Problem, match="ZS403"):
        load_cycles(written(tmp_path, plain(), "other"), NAMES)


def test_a_line_is_that_of_the_nearest_part_of_a_place():
    text = Text("x", "a: 1\nb:\n  - {c: 1}\n  - c: 2\n    d: 3\n")
    assert [text.line(place) for place in (("b", 1, "d"), ("b", 1, "e"), ("b", 7), ("z",), ())] == [5, 4, 3, 1, 1]


def test_every_fault_is_found_and_not_the_first_alone():
    data = plain()
    by_id(data, "states", "decided").update(owner=[])
    by_id(data, "clocks", "service").update(days=0)
    cycle = Cycle.model_validate(data)
    assert len(faults(cycle, NAMES)) == 2
    with pytest.raises(Problem):
        check(cycle, Text("x", "a: 1"), NAMES)
