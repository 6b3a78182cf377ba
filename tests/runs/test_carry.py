"""A run that judges only whom something changed for is the run that judges everyone."""

from __future__ import annotations

import random
import shutil
from datetime import date, timedelta

import duckdb
import pyarrow as pa
import pytest

from tests.effort import some
from tests.runs.county import CAPPED, MAN_ONLY, MARCH, WOMAN_ONLY, Line, few_rules, fill, home_at, replace
from zhunsheng import runs
from zhunsheng.facts import lake
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs import serving

BOOK = few_rules()
DAY = date(2026, 4, 30)


@pytest.fixture
def home(tmp_path):
    return home_at(tmp_path)


@pytest.fixture
def judged(monkeypatch):
    """Every number of persons that was judged; None stands for everyone."""
    told = []
    real = serving.judge

    def judge(con, bindings, progress, only=None, *engine):
        told.append(only)
        return real(con, bindings, progress, only, *engine)

    monkeypatch.setattr(serving, "judge", judge)
    return told


def run(home, as_of=DAY, book=BOOK, **more):
    return runs.execute(home, book, as_of=as_of, finished_at=1, **more)


def whole(home, tmp_path, as_of=DAY, book=BOOK):
    """The digest that everyone judged anew gives, from a copy of the lake."""
    other = home_at(tmp_path / "other")
    shutil.rmtree(other.root, ignore_errors=True)
    shutil.copytree(home.lake, other.lake)
    return run(other, as_of, book).result_digest


def people(dice, count):
    return {
        f"P{n}": (dice.choice(["M", "F", None]), date(1950, 1, 1) + timedelta(days=dice.randrange(27_000)))
        for n in range(count)
    }


def lines(dice, month, count, persons):
    items = [WOMAN_ONLY, MAN_ONLY, CAPPED, "OTHER"]
    return [
        Line(f"{month}-{n}", f"P{dice.randrange(persons)}", dice.choice(items), 1_000, quantity=dice.randint(1, 3),
             institution=dice.choice(["H1", "H2"]),
             day=date(2026, month, dice.randint(1, 28)), at=dice.choice([None, 7]))
        for n in range(count)
    ]  # fmt: skip


FEW = [pytest.param(seed, BOOK, id=str(seed)) for seed in (0, 1)]


@pytest.mark.parametrize(("seed", "book"), [*some(FEW, 1), pytest.param(2, ROOT / "rulebook", id="whole")])
def test_month_by_month_equals_all_at_once(home, tmp_path, judged, seed, book):
    """Months arrive one after another, one is corrected, one withdrawn: the digest stays that of a full run."""
    dice = random.Random(seed)
    known = people(dice, 12)
    first = lines(dice, 1, 40, 6)
    fill(home, known, first, stays=[("P1", "S1", "H1", date(2026, 1, 3), date(2026, 1, 9))])
    run(home, book=book)
    fill(home, {}, lines(dice, 2, 10, 4), batch="b2")
    second = run(home, book=book)
    assert second.result_digest == whole(home, tmp_path, book=book)
    corrected = [replace(one, quantity=2) for one in first[:5]] + first[5:38]
    fill(home, known, corrected, stays=[("P1", "S1", "H1", date(2026, 1, 3), date(2026, 1, 9))])
    fill(home, {}, [], batch="b2", stays=[("P1", "S2", "H1", date(2026, 1, 5), date(2026, 1, 8))])
    third = run(home, book=book)
    assert third.result_digest == whole(home, tmp_path, book=book)
    assert judged[0] is None
    assert all(number is None or number < len(known) for number in judged)
    assert any(number is not None for number in judged)


def test_a_later_day_judges_those_alone_whom_it_adds_to(home, tmp_path, judged):
    known = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1))}
    fill(home, known, [Line("L1", "man", WOMAN_ONLY, 100), Line("L2", "woman", MAN_ONLY, 100, day=date(2026, 4, 20))])
    run(home, as_of=date(2026, 4, 1))
    later = run(home)
    assert judged == [None, 1]
    assert later.result_digest == whole(home, tmp_path)
    assert later.counts["findings"] == 2


def test_another_sex_judges_that_person_again(home, tmp_path, judged):
    known = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1))}
    fill(home, known, [Line("L1", "man", WOMAN_ONLY, 100), Line("L2", "woman", MAN_ONLY, 100)])
    run(home)
    fill(home, {"man": ("F", None)}, [], batch="b2")
    later = run(home)
    assert judged == [None, 1]
    assert later.result_digest == whole(home, tmp_path)
    assert (later.counts["violation"], later.counts["unknown"]) == (1, 1)


def test_a_line_in_somebody_elses_encounter_ties_the_two(home, judged):
    known = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1)), "other": ("F", date(1985, 1, 1))}
    fill(home, known, [Line("L1", "woman", MAN_ONLY, 100), Line("L2", "woman", MAN_ONLY, 100, encounter="E-man")])
    run(home)
    fill(home, {"man": ("M", date(1980, 1, 2))}, [], batch="b3")
    run(home)
    assert judged == [None, 2]


@pytest.mark.parametrize("change", ["book", "institution", "registration", "no run before"])
def test_what_touches_everyone_judges_everyone(home, tmp_path, judged, change):
    fill(home, {"man": ("M", date(1980, 1, 1))}, [Line("L1", "man", WOMAN_ONLY, 100)])
    book = shutil.copytree(BOOK, tmp_path / "book")
    run(home)
    if change == "book":
        path = book / "knowledge" / "sex_limited_services.csv"
        path.write_text(path.read_text("utf-8").replace(",F,", ",M,"), "utf-8")
    elif change == "institution":
        fill(home, {}, [Line("L3", "man", CAPPED, 100, institution="H9")], batch="b2")
    elif change == "registration":  # an earlier one: the newest stays what it was
        fill(home, {}, [], batch="b2", registered={"H1": date(2019, 1, 1)})
    else:
        shutil.rmtree(home.runs)
    run(home, book=book)
    assert judged == [None, None]


def test_words_of_a_rule_touch_nobody(home, tmp_path, judged):
    fill(home, {"man": ("M", date(1980, 1, 1))}, [Line("L1", "man", WOMAN_ONLY, 100)])
    book = shutil.copytree(BOOK, tmp_path / "book")
    first = run(home)
    path = book / "rules" / "fund" / "sex-limited-service.yaml"
    path.write_text(path.read_text("utf-8").replace("version: 1\n", "version: 2\n"), "utf-8")
    second = run(home, book=book)
    assert judged == [None, 0]
    assert second.run_id != first.run_id
    assert second.result_digest == first.result_digest
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        assert con.execute("SELECT version FROM rule WHERE rule_id = 'fund/sex-limited-service'").fetchone() == (2,)


def test_a_whole_run_can_be_asked_for(home, judged):
    fill(home, {"man": ("M", date(1980, 1, 1))}, [Line("L1", "man", WOMAN_ONLY, 100)])
    run(home)
    fill(home, {}, [Line("L2", "man", CAPPED, 100, day=MARCH)], batch="b2")
    run(home, whole=True)
    assert judged == [None, None]


STOCKED = "XB01ACM064A002010199064"


def ledger(home, day):
    """Load the ledger of one item of H1: nothing at the start of the month, nothing at its end."""
    origin = {"batch": "ledger", "recorded_at": 1_775_000_000, "institution_id": "H1", "item_code": STOCKED}
    rows = [
        {"move_id": kind, "kind": kind, "moved_on": on, "quantity_e4": 0, "source_row": n, **origin}
        for n, (kind, on) in enumerate((("opening", day.replace(day=1)), ("count", day.replace(day=31))), 2)
    ]
    schema = TABLES["stock_move"].arrow
    table = pa.table({one.name: pa.array([row.get(one.name) for row in rows], one.type) for one in schema}, schema)
    with lake.commit(home, "test", origin["recorded_at"]) as change:
        change.append("stock_move", table)
        change.register(
            lake.Batch("ledger", "ledger", "test", "test", "l.csv", "d", {"stock_move": 2}, 0, origin["recorded_at"])
        )


def test_a_population_is_judged_whole_while_the_hits_of_persons_are_carried(home, tmp_path, judged):
    """The ledger of a store touches nobody, and turns what could not be told into a clue."""
    fill(
        home, {"man": ("M", date(1980, 1, 1))}, [Line("L1", "man", WOMAN_ONLY, 100), Line("L2", "man", STOCKED, 100, 3)]
    )
    run(home)
    ledger(home, MARCH)
    later = run(home)
    assert judged == [None, 0]
    assert later.result_digest == whole(home, tmp_path)
    with duckdb.connect(str(runs.current(home)), read_only=True) as con:
        told = (
            "SELECT verdict, amount_fen, institution_id, item_code, month FROM finding WHERE pattern = 'stock_balance'"
        )
        assert con.execute(told).fetchall() == [("suspected", 300, "H1", STOCKED, "2026-03")]
        carried = "SELECT COUNT(*) FROM finding WHERE rule_id = 'fund/sex-limited-service'"
        assert con.execute(carried).fetchone() == (1,)
