"""A run from lake to findings: identities, new / same / gone, as-of days, refunds, replay, explanation."""

from __future__ import annotations

import shutil
from datetime import date, timedelta

import duckdb
import pytest

from tests.runs.county import CAPPED, MAN_ONLY, MARCH, WOMAN_ONLY, Line, few_rules, fill, home_at
from zhunsheng import runs
from zhunsheng.book import kept, load
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.ids import identity
from zhunsheng.runs.compare import of_runs
from zhunsheng.runs.explain import explain

BOOK = few_rules()
PEOPLE = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1)), "nobody": (None, None)}
LINES = [
    Line("L1", "man", WOMAN_ONLY, 12_000),
    Line("L2", "woman", WOMAN_ONLY, 12_000),
    Line("L3", "nobody", MAN_ONLY, 8_000),
    Line("L4", "woman", CAPPED, 2_000, quantity=3),
]


@pytest.fixture
def home(tmp_path):
    return home_at(tmp_path)


def execute(home, as_of=date(2026, 3, 31), book=BOOK, **more):
    return runs.execute(home, book, as_of=as_of, finished_at=1_800_000_000, **more)


def ask(home, query, *values):
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        return con.execute(query, values).fetchall()


def test_findings_carry_verdict_amount_and_a_stable_identity(home):
    fill(home, PEOPLE, LINES)
    execute(home)
    found = ask(
        home,
        "SELECT rule_id, subject_key, verdict, amount_fen, in_scope_fen FROM finding ORDER BY rule_id, subject_key",
    )
    assert found == [
        ("fund/daily-quantity-cap", f"woman|H1|{CAPPED}|2026-03-10", "violation", 4_000, 4_000),
        ("fund/sex-limited-service", "L1", "violation", 12_000, 12_000),
        ("fund/sex-limited-service", "L3", "unknown", 8_000, 8_000),
    ]
    ids = ask(home, "SELECT finding_id FROM finding WHERE subject_key = 'L1'")
    assert ids == [(identity("fund/sex-limited-service", "L1"),)]


def test_judged_passed_and_unknown_add_up(home):
    fill(home, PEOPLE, LINES)
    execute(home)
    stat = ask(
        home,
        "SELECT candidates, passed, violation, suspected, unknown FROM rule_stat WHERE rule_id = ?",
        "fund/sex-limited-service",
    )
    assert stat == [(3, 1, 1, 0, 1)]


def test_a_later_run_tells_new_same_and_gone(home):
    fill(home, PEOPLE, LINES)
    first = execute(home)
    assert (first.counts["new"], first.counts["same"], first.counts["gone"]) == (3, 0, 0)
    fill(home, PEOPLE, [LINES[1], LINES[2], LINES[3], Line("L5", "man", WOMAN_ONLY)])
    second = execute(home)
    assert second.previous == first.run_id
    assert dict(ask(home, "SELECT subject_key, state FROM finding WHERE rule_id LIKE '%sex%'")) == {
        "L3": "same",
        "L5": "new",
    }
    assert ask(home, "SELECT subject_key FROM gone_finding") == [("L1",)]


def test_the_same_input_is_the_same_run(home):
    fill(home, PEOPLE, LINES)
    first = execute(home)
    assert execute(home) == first
    assert [one["run_id"] for one in runs.manifests(home)] == [first.run_id]


def test_two_sites_with_the_same_facts_reach_the_same_digest(tmp_path):
    digests = set()
    for name in ("a", "b"):
        home = home_at(tmp_path / name)
        fill(home, PEOPLE, LINES if name == "a" else LINES[::-1])
        digests.add(execute(home).result_digest)
    assert len(digests) == 1


def test_as_of_judges_by_the_facts_and_rules_of_that_day(home):
    fill(home, PEOPLE, [*LINES, Line("L9", "man", WOMAN_ONLY, day=date(2026, 5, 1))])
    execute(home, as_of=date(2026, 3, 31))
    assert ask(home, "SELECT COUNT(*) FROM finding WHERE subject_key = 'L9'") == [(0,)]
    execute(home, as_of=date(2026, 5, 1))
    assert ask(home, "SELECT COUNT(*) FROM finding WHERE subject_key = 'L9'") == [(1,)]


def test_a_book_of_an_earlier_day_lacks_what_was_published_later(home):
    capped = Line("C1", "woman", CAPPED, 2_000, quantity=3, day=date(2025, 12, 10))
    fill(home, PEOPLE, [capped, *LINES])
    # the caps were published for 2026: a book of 2025 did not hold them
    execute(home, as_of=date(2025, 12, 31))
    assert ask(home, "SELECT COUNT(*) FROM finding WHERE rule_id = 'fund/daily-quantity-cap'") == [(0,)]


def test_a_day_before_the_first_fact_is_refused_and_hides_nothing(home):
    fill(home, PEOPLE, LINES)
    shown = execute(home).run_id
    with pytest.raises(Problem, match="ZS507"):
        execute(home, as_of=MARCH - timedelta(days=1))
    assert runs.current(home).parent.name == shown
    assert execute(home, as_of=MARCH).counts["findings"] == 3


def test_a_run_of_an_earlier_day_is_kept_beside_the_current_one(home):
    fill(home, PEOPLE, LINES)
    shown = execute(home).run_id
    for _ in ("made", "made again"):
        earlier = execute(home, as_of=MARCH)
        assert runs.current(home).parent.name == shown
        assert (home.runs / earlier.run_id / "serving.duckdb").exists()
    fill(home, PEOPLE, LINES[:2])
    newer = execute(home, as_of=MARCH)
    assert runs.current(home).parent.name == newer.run_id


def test_the_site_folder_may_bear_an_apostrophe(tmp_path):
    home = home_at(tmp_path / "O'Brien")
    fill(home, PEOPLE, LINES)
    execute(home)
    fill(home, PEOPLE, LINES[:2])
    assert execute(home).counts["gone"] == 2


def test_a_refunded_line_is_not_judged_and_a_partial_refund_leaves_the_rest(home):
    lines = [
        Line("L1", "man", WOMAN_ONLY, 12_000),
        Line("R1", "man", WOMAN_ONLY, 12_000, quantity=-1, refund_of="L1"),
        Line("L4", "woman", CAPPED, 2_000, quantity=3),
        Line("R4", "woman", CAPPED, 2_000, quantity=-1, refund_of="L4"),
    ]
    fill(home, PEOPLE, lines)
    execute(home)
    assert ask(home, "SELECT subject_key, amount_fen FROM finding") == [(f"woman|H1|{CAPPED}|2026-03-10", 2_000)]


def test_other_currencies_are_counted_and_never_mixed_with_yuan(home):
    fill(home, PEOPLE, [Line("U1", "man", WOMAN_ONLY, currency="USD"), *LINES[1:2]])
    manifest = execute(home)
    assert (manifest.counts["findings"], manifest.counts["lines_in_other_currency"]) == (0, 1)


def test_replay_reproduces_the_digest_and_a_changed_record_is_caught(home):
    fill(home, PEOPLE, LINES)
    run_id = execute(home).run_id
    assert runs.replay(home, run_id).result_digest == runs.manifest(home, run_id)["result_digest"]
    path = home.runs / run_id / "manifest.json"
    write_whole(path, path.read_bytes().replace(b'"result_digest":"', b'"result_digest":"0'))
    with pytest.raises(Problem, match="ZS504"):
        runs.replay(home, run_id)


def test_replay_and_explanation_use_the_book_of_the_run(home, tmp_path):
    """The rule is taken out of the book afterwards: the old run is still judged and explained by what held then."""
    fill(home, PEOPLE, LINES)
    mine = tmp_path / "book"
    shutil.copytree(BOOK, mine)
    first = execute(home, book=mine)
    (mine / "rules" / "fund" / "sex-limited-service.yaml").unlink()
    assert runs.replay(home, first.run_id).result_digest == first.result_digest
    then = kept(home.books, first.book_digest)
    assert then.digest != load(mine).digest
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        told = explain(con, then, identity("fund/sex-limited-service", "L1"))
    assert told["rule"]["name"] == load(BOOK).rules["fund/sex-limited-service"].name


@pytest.mark.parametrize("damage", ["gone", "cut"])
def test_replay_says_when_the_book_of_a_run_is_lost(home, damage):
    fill(home, PEOPLE, LINES)
    run = execute(home)
    path = home.books / f"{run.book_digest}.json"
    path.unlink() if damage == "gone" else path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(Problem, match="ZS505"):
        runs.replay(home, run.run_id)


def test_a_run_over_an_empty_lake_says_so(home):
    with pytest.raises(Problem, match="ZS502"):
        execute(home)


def test_readers_keep_their_file_while_a_new_run_is_published(home):
    fill(home, PEOPLE, LINES)
    execute(home)
    with duckdb.connect(str(runs.current(home)), read_only=True) as reader:
        fill(home, PEOPLE, LINES[:2])
        execute(home)
        assert reader.execute("SELECT COUNT(*) FROM finding").fetchone() == (3,)
    assert ask(home, "SELECT COUNT(*) FROM finding") == [(1,)]


def test_an_explanation_names_reason_values_row_file_law_and_advice(home):
    fill(home, PEOPLE, LINES)
    execute(home)
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        told = explain(con, load(BOOK), identity("fund/sex-limited-service", "L1"))
        english = explain(con, load(BOOK), identity("fund/sex-limited-service", "L1"), "en")
        with pytest.raises(Problem, match="ZS503"):
            explain(con, load(BOOK), "0" * 20)
    assert told["reasons"][0]["text"] == "项目限女性使用，参保人登记为男性"
    assert "第一批" in told["reasons"][0]["citation"]
    assert english["reasons"][0]["text"] == "The item is limited to women; the person is registered as men"
    row = told["rows"][0]
    assert (row["row_id"], row["file_name"], row["source_row"], row["at_stake"]) == ("L1", "b1.csv", 2, "120.00")
    assert told["rule"]["law"][0]["article"] == "38"
    assert told["rule"]["advice"]


def test_amounts_of_the_overview_reconcile_with_the_findings(home):
    fill(home, PEOPLE, LINES)
    execute(home)
    by_month = ask(
        home, "SELECT SUM(findings), SUM(unknown), SUM(finding_amount_fen), SUM(lines) FROM institution_month"
    )
    direct = ask(
        home,
        "SELECT COUNT(*) FILTER (WHERE verdict <> 'unknown'), COUNT(*) FILTER (WHERE verdict = 'unknown'), "
        "SUM(amount_fen) FILTER (WHERE verdict <> 'unknown'), (SELECT COUNT(*) FROM charge_line) FROM finding",
    )
    assert by_month == direct
    by_rule = ask(home, "SELECT SUM(violation + suspected), SUM(unknown), SUM(amount_fen) FROM rule_stat")
    assert by_rule == [direct[0][:3]]


def test_the_day_of_the_line_decides_not_the_day_of_the_run(home):
    fill(
        home,
        PEOPLE,
        [Line("OLD", "man", WOMAN_ONLY, day=date(2025, 5, 31)), Line("NEW", "man", WOMAN_ONLY, day=date(2025, 6, 1))],
    )
    execute(home, as_of=MARCH)
    assert ask(home, "SELECT subject_key FROM finding") == [("NEW",)]


def test_a_charge_is_judged_by_what_was_known_then_or_now(home, tmp_path):
    book = tmp_path / "book"
    shutil.copytree(BOOK, book)
    batches = book / "knowledge" / "batches.yaml"
    text = batches.read_text("utf-8")
    batches.write_text(text.replace("valid_from: 2025-06-01", "valid_from: 2025-06-01\n  published_on: 2026-04-15"))
    fill(home, PEOPLE, LINES)
    now = execute(home, book=book)
    assert now.counts["findings"] == 3
    then = execute(home, book=book, knowledge_as_of=date(2026, 4, 14))
    assert (then.counts["findings"], then.counts["gone"]) == (1, 2)
    assert then.knowledge_as_of == "2026-04-14"
    assert then.run_id != now.run_id
    assert runs.current_id(home) == now.run_id
    assert runs.replay(home, then.run_id).result_digest == then.result_digest
    told = of_runs(home, now.run_id, then.run_id)
    assert {(group.rule_id, group.cause) for group in told.groups} == {("fund/sex-limited-service", "point_removed")}
    after = execute(home, book=book, knowledge_as_of=date(2026, 4, 15))
    assert after.result_digest == now.result_digest
