"""The whole rule book end to end: plants of every live rule, each found and nothing else, money to the fen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from tests.generator.county_files import CountyFiles
from tests.generator.points import BOOK, KNOWLEDGE
from tests.generator.test_files import digests
from zhunsheng import runs, sources
from zhunsheng.book.worked import Example
from zhunsheng.cli.county import knowledge_of
from zhunsheng.generator import Summary, generate, run
from zhunsheng.generator.plants import cases
from zhunsheng.kernel.home import ROOT, Home
from zhunsheng.runs.answers import Score, answers

WHOLE = knowledge_of(BOOK)
#: Rules with cases written from the standard alone, and all rules of which the files can tell a case.
BLIND = sorted({file.rule for file in cases.files() if file.author == cases.STANDARD} & set(BOOK.live))
TOLD = sorted({case.told[0].rule for case in cases.cases(WHOLE.rules)[0] if case.kind == cases.VIOLATION})
#: How an example tells what is planted of it.
KINDS: dict[str, Callable[[Example], bool]] = {
    "unknown": lambda one: any(found.verdict == "unknown" for found in one.expect),
    "known_false_positive": lambda one: one.known_false_positive,
}
County = tuple[CountyFiles, Summary, duckdb.DuckDBPyConnection]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[County]:
    """Generate, import and judge 30,000 lines with all live rules."""
    out = tmp_path_factory.mktemp("whole")
    summary = generate(out / "files", lines=30_000, knowledge=WHOLE)
    home = Home(out / "var")
    sources.load(home, [out / "files" / "import"], recorded_at=1)
    runs.execute(home, ROOT / "rulebook", as_of=date(2026, 10, 31), finished_at=1)
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        yield CountyFiles(out / "files"), summary, con


@pytest.fixture(scope="module")
def scores(judged: County) -> dict[str, Score]:
    """Return the scores by rule."""
    county, _, con = judged
    return {one.rule_id: one for one in answers(con, county.out / "answer_key.csv")}


@pytest.mark.parametrize("rule", TOLD)
def test_a_rule_finds_its_plants_and_nothing_else(scores: dict[str, Score], rule: str):
    one = scores[rule]
    assert (one.recall_known, one.precision) == (1.0, 1.0)
    assert (one.look_alikes_hit, one.wrong, one.unasked) == (0, [], 0)
    assert (one.unknown_found, one.overturned_found) == (one.unknown_planted, one.overturned_planted)


def test_every_live_rule_over_lines_and_persons_has_a_plant_and_a_look_alike(judged: County):
    _, summary, _ = judged
    assert set(TOLD) == {rule.id for rule in WHOLE.rules}
    assert all(summary.plants[rule]["look_alike"] for rule in TOLD)


@pytest.mark.parametrize("rule", BLIND)
def test_a_live_rule_stands_in_the_key_in_every_way_that_its_examples_have(judged: County, rule: str):
    _, summary, _ = judged
    planted = summary.plants[rule]
    assert planted["violation"] >= (8 if rule in BLIND else 2)
    assert planted["look_alike"] >= 2
    for kind, told in KINDS.items():
        possible = [one.name for one in BOOK.rules[rule].examples if told(one)]
        assert (kind in planted) == any(f"{rule}: {name}" not in summary.not_planted for name in possible)


def test_a_fifth_of_the_violations_of_each_rule_is_blind(scores: dict[str, Score]):
    told = [scores[rule] for rule in BLIND]
    assert all(one.blind_planted for one in told)
    shares = [one.blind_planted / one.planted for one in told]
    assert max(shares) <= 0.21
    assert sum(one.blind_planted for one in told) / sum(one.planted for one in told) > 0.19


def test_few_findings_stand_beside_the_plants(scores: dict[str, Score]):
    # cases of frequency, stays and codes touch rules on the same rows: what is told there is right, and not asked
    assert sum(one.beside for one in scores.values()) < 0.18 * sum(one.planted for one in scores.values())


def test_ordinary_traffic_holds_items_that_lists_name(judged: County):
    county, _, _ = judged
    of_case = {row for key in county.key for row in f"{key['rows']}|{key['others']}".split("|")}
    others = Counter(
        fee["med_list_codg"] for fee in county.fees if f"{fee['fixmedins_code']}-{fee['feedetl_sn']}" not in of_case
    )
    kinds = defaultdict(int)
    for need in WHOLE.needs:
        kinds[need.kind.value] += others[need.code]
    asked = ("diagnosis", "specialty", "registered", "visit", "with_visit", "record")
    assert all(kinds[kind] for kind in asked), kinds


def test_settlements_are_the_sums_of_their_lines_in_the_lake(judged: County):
    _, summary, con = judged
    sums = "SELECT settlement_id, sum(amount_fen) AS fen FROM charge_line WHERE settlement_id IS NOT NULL GROUP BY ALL"
    query = f"""
        SELECT count(*), count(*) FILTER (total_fen = fen), sum(total_fen),
          count(*) FILTER (pooled_fen + copayment_fen + self_paid_fen = total_fen)
        FROM settlement FULL JOIN ({sums}) USING (settlement_id)
    """
    told = con.execute(query).fetchone()
    assert told is not None
    count, alike, total, parts = told
    assert count == alike == parts > 2_000
    assert total == summary.amount_fen


def test_parts_made_in_another_order_give_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(run, "LINES_PER_PART", 1_500)
    for name in ("one", "two"):
        generate(tmp_path / name, seed=5, lines=9_000, months=2, knowledge=KNOWLEDGE)
    monkeypatch.setattr(run, "_turns", lambda made: [(m, world) for world in made.worlds[::-1] for m in made.months])
    generate(tmp_path / "other", seed=5, lines=9_000, months=2, knowledge=KNOWLEDGE)
    one, two, other = (digests(tmp_path / name) for name in ("one", "two", "other"))
    assert sum(name.endswith("_feedetail.csv") for name in one) == 6 + 1  # those of the schemes stand apart
    assert one == two == other
