"""The hot store: what it holds of a person, and that a reader meets a whole file or the one before."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest

from tests.runs.county import CAPPED, MARCH, WOMAN_ONLY, Line, fill, home_at
from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.desk import store as stores
from zhunsheng.desk.compiled import compiled
from zhunsheng.desk.forms import OrderForm
from zhunsheng.desk.judging import judge, plain
from zhunsheng.desk.orders import order_view
from zhunsheng.desk.store import Store, build
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.kernel.home import ROOT
from zhunsheng.runs import serving

AS_OF = date(2026, 3, 31)
PEOPLE = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1))}
LINES = [
    Line("L1", "man", WOMAN_ONLY),
    Line("R1", "man", WOMAN_ONLY, quantity=-1, refund_of="L1"),
    Line("L2", "man", CAPPED, quantity=2),
    Line("L3", "man", CAPPED, day=MARCH - timedelta(days=2000)),
    Line("L4", "man", CAPPED, day=MARCH - timedelta(days=1000)),
    Line("L5", "woman", CAPPED, institution="H2"),
]


@pytest.fixture
def facts(tmp_path):
    """A connection with the facts of a small lake, and the folder of its store."""
    home = home_at(tmp_path)
    fill(home, PEOPLE, LINES)
    snapshot = lake.latest(home)
    with duck.connect() as con:
        serving.open_lake(con, home, snapshot, AS_OF)
        con.execute(serving.sql("facts"))
        yield con, tmp_path / "desk", snapshot.id


def test_a_person_is_held_net_of_refunds_with_the_first_line_ever(facts):
    con, folder, snapshot = facts
    known = build(con, folder, snapshot, AS_OF)
    opened = Store(folder).open()
    assert opened.known == known == stores.Known(snapshot, "2026-03-31", "2025-02-24", 2)
    case = opened.case("man")
    assert (case.sex, case.birth_date) == PEOPLE["man"]
    assert {line.line_id for line in case.lines} == {"L2", "L3"}
    assert next(line for line in case.lines if line.line_id == "L2").service_date == MARCH
    assert {one.institution_id for one in opened.registered(case).institutions} == {"H1"}
    assert opened.case("nobody").lines == ()


def test_a_reader_meets_the_new_file_and_keeps_the_old_one_while_it_asks(facts):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    reader = Store(folder)
    old = reader.open()
    build(con, folder, "s-next", AS_OF)
    assert old.case("man").sex == "M", "an ask in flight ends with the file it began with"
    assert reader.open().known.snapshot == "s-next"
    assert len(list(folder.glob("*.sqlite"))) == 1


@pytest.mark.parametrize("where", ["_write", "write_whole"])
def test_a_writer_that_dies_leaves_the_file_before(facts, where, tmp_path):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    code = f"""
import os, sys
from datetime import date
from pathlib import Path
from zhunsheng.desk import store
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.kernel.home import Home
from zhunsheng.runs import serving
home = Home(Path({str(tmp_path)!r}) / "var")
con = duck.connect()
serving.open_lake(con, home, lake.latest(home), date(2026, 3, 31))
con.execute(serving.sql("facts"))
real = store.{where}
def die(*given):
    real(*given) if {where!r} == "_write" else None
    os.kill(os.getpid(), 9)
store.{where} = die
store.build(con, Path({str(folder)!r}), "s-never", date(2026, 3, 31))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == -9
    assert Store(folder).open().known.snapshot == snapshot
    build(con, folder, "s-after", AS_OF)
    assert Store(folder).open().case("man").sex == "M"


def asked(**change):
    """Return an order of two more of the capped item on the same day."""
    line = {"line_id": "N1", "item_code": CAPPED, "at": MARCH.isoformat(), "quantity": "1", "unit_price": "100.00"}
    return OrderForm.model_validate(
        {
            "person": {"person_id": "x", "sex": "M"},
            "encounter": {"encounter_id": "E-man", "visit_type": "outpatient", "start": MARCH.isoformat()},
            "lines": [line],
            **change,
        }
    )


def test_the_order_and_the_stored_history_make_one_finding(facts):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    view = order_view(asked(), "man", "H1", Store(folder).open())
    book = compiled(load(ROOT / "rulebook"))
    told = plain(judge(book, view, "before", budget_ms=1e6), view)
    (found,) = (one for one in told["findings"] if one["rule"]["id"] == "fund/daily-quantity-cap")
    assert {(row["id"], row["ordered"]) for row in found["rows"]} == {("L2", False), ("N1", True)}
    assert found["amount_fen"] == 20_000


def test_history_of_the_asker_is_laid_over_or_takes_the_place(facts):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    line = {"line_id": "H1", "item_code": CAPPED, "at": "2026-03-09", "quantity": "1", "unit_price": "1"}
    stay = {"encounter_id": "E0", "visit_type": "outpatient", "start": "2026-03-09"}
    opened = Store(folder).open()
    over = order_view(
        asked(history={"lines": [{**line, "encounter_id": "E0"}], "encounters": [stay]}), "man", "H1", opened
    )
    assert {one.line_id for one in over.case.lines} == {"H1", "L2", "L3", "N1"}
    alone = order_view(asked(history={"lines": [line], "complete": True}), "man", "H1", opened)
    assert {one.line_id for one in alone.case.lines} == {"H1", "N1"}


def test_a_stated_sex_that_contradicts_the_known_one_is_unknown(facts):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    opened = Store(folder).open()
    assert order_view(asked(), "man", "H1", opened).case.sex == "M"
    assert order_view(asked(person={"person_id": "x", "sex": "F"}), "man", "H1", opened).case.sex is None


def test_rows_of_another_institution_judge_along_and_stay_hidden(facts):
    con, folder, snapshot = facts
    build(con, folder, snapshot, AS_OF)
    line = {"line_id": "N1", "item_code": CAPPED, "at": MARCH.isoformat(), "quantity": "1", "unit_price": "100.00"}
    view = order_view(asked(lines=[line]), "woman", "H1", Store(folder).open())
    assert view.hidden == {"L5"}
    told = plain(judge(compiled(load(ROOT / "rulebook")), view, "during", budget_ms=1e6), view)
    twins = [one for one in told["findings"] if one["rule"]["id"] == "fund/duplicate-claim"]
    rows = [(row["id"], row["amount_fen"]) for row in twins[0]["rows"]]
    assert (None, None) in rows
    assert "L5" not in str(told)


def test_a_run_gives_the_same_store_as_the_lake(facts, tmp_path):
    con, folder, snapshot = facts
    home = home_at(tmp_path)
    runs.execute(home, ROOT / "rulebook", as_of=AS_OF, finished_at=0)
    build(con, folder, snapshot, AS_OF)
    first = Store(folder).open()
    before = {person: first.case(person) for person in PEOPLE}
    with duck.connect(str(runs.current(home)), read_only=True) as served:
        build(served, tmp_path / "other", snapshot, AS_OF)
    second = Store(tmp_path / "other").open()
    for person, case in before.items():
        again = second.case(person)
        assert set(again.lines) == set(case.lines)
        assert set(again.stays) == set(case.stays)
