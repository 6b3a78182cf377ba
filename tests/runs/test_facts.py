"""What a run takes as fact: stays settled in parts, refunds, contradictions, and nothing of the day after."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.effort import times
from tests.runs.county import MAN_ONLY, MARCH, WOMAN_ONLY, Line, few_rules, fill, home_at, moment, replace
from zhunsheng import runs
from zhunsheng.facts import lake
from zhunsheng.facts.schema import TABLES
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.base import Department, Institution, registrations
from zhunsheng.runs import serving

PEOPLE = {"man": ("M", date(1980, 1, 1)), "woman": ("F", date(1985, 1, 1))}
CHARGE = Line("L1", "man", WOMAN_ONLY, 8_000)
REFUND = Line("R1", "man", WOMAN_ONLY, 8_000, quantity=-1, refund_of="L1")


@pytest.fixture
def home(tmp_path):
    return home_at(tmp_path)


def ask(home, query, as_of=date(2026, 12, 31)):
    run = runs.execute(home, few_rules(), as_of=as_of, finished_at=1)
    with duckdb.connect(str(home.runs / run.run_id / "serving.duckdb"), read_only=True) as con:
        return con.execute(query).fetchall()


SEX = "SELECT verdict, amount_fen, in_scope_fen FROM finding WHERE rule_id = 'fund/sex-limited-service'"
STAY = "SELECT start_date, end_date FROM encounter WHERE encounter_id = 'S1'"
OVERLAP = "SELECT verdict, amount_fen FROM finding WHERE rule_id = 'fund/overlapping-stays'"


def test_a_stay_settled_in_parts_is_one_stay_and_gives_one_finding(home):
    """Settled to 20 March, then to 10 April: another stay from 1 to 5 April lies within it."""
    lines = [Line("L1", "woman", MAN_ONLY, 10_000)]
    stays = [("man", "S1", "H1", MARCH, date(2026, 3, 20)), ("man", "S2", "H1", date(2026, 4, 1), date(2026, 4, 5))]
    fill(home, PEOPLE, lines, stays=stays)
    fill(home, PEOPLE, [], batch="b2", stays=[("man", "S1", "H1", MARCH, date(2026, 4, 10))])
    assert ask(home, STAY) == [(MARCH, date(2026, 4, 10))]
    assert ask(home, OVERLAP) == [("suspected", 0)]
    assert ask(home, "SELECT COUNT(*), COUNT(DISTINCT encounter_id) FROM encounter") == [(4, 4)]


def test_what_ended_after_the_day_had_not_ended_then(home):
    fill(home, PEOPLE, [CHARGE], stays=[("man", "S1", "H1", MARCH, date(2026, 4, 10))])
    assert ask(home, STAY, as_of=date(2026, 4, 9)) == [(MARCH, None)]
    assert ask(home, STAY, as_of=date(2026, 4, 10)) == [(MARCH, date(2026, 4, 10))]


def test_a_refund_that_names_its_line_takes_it_away(home):
    fill(home, PEOPLE, [CHARGE, REFUND])
    assert ask(home, SEX) == []


def test_a_refund_that_names_none_finds_its_twin(home):
    fill(home, PEOPLE, [CHARGE, replace(CHARGE, line_id="L2"), replace(REFUND, refund_of=None)])
    assert ask(home, SEX) == [("violation", 8_000, 8_000)]
    assert ask(home, "SELECT COUNT(*) FROM charge_line WHERE q_refund_unmatched") == [(0,)]


@pytest.mark.parametrize(
    "refund",
    [replace(REFUND, person="woman"), replace(REFUND, item=MAN_ONLY), replace(REFUND, refund_of="L9")],
    ids=["another person", "another item", "no such line"],
)
def test_a_refund_of_something_else_undoes_nothing_and_is_flagged(home, refund):
    fill(home, PEOPLE, [CHARGE, refund])
    assert ask(home, SEX) == [("violation", 8_000, 8_000)]
    assert ask(home, "SELECT line_id FROM charge_line WHERE q_refund_unmatched") == [("R1",)]


def test_a_refund_of_the_quantity_without_the_amount_leaves_the_line(home):
    fill(home, PEOPLE, [CHARGE, replace(REFUND, fen=100)])
    assert ask(home, SEX) == [("violation", 7_900, 7_900)]
    assert ask(home, "SELECT line_id FROM charge_line WHERE q_refund_mismatch") == [("L1",)]


def test_a_share_that_a_refund_does_not_state_is_unknown_not_zero(home):
    fill(home, PEOPLE, [replace(CHARGE, quantity=2), replace(REFUND, scope=None)])
    assert ask(home, SEX) == [("violation", 8_000, None)]


def test_a_later_empty_statement_does_not_wipe_a_known_one(home):
    fill(home, PEOPLE, [CHARGE])
    fill(home, {"man": (None, None)}, [], batch="b2")
    assert ask(home, "SELECT sex, birth_date, q_contradicted FROM person WHERE person_id = 'man'") == [
        ("M", date(1980, 1, 1), False)
    ]


def test_statements_that_contradict_each_other_are_unknown_not_the_latest(home):
    fill(home, PEOPLE, [CHARGE])
    fill(home, {"man": ("F", None)}, [], batch="b2")
    assert ask(home, SEX) == [("unknown", 8_000, 8_000)]


def test_no_institution_answers_for_the_line_of_another(home):
    at = moment("2026-03-10 09:00")
    item = "002503010010000"
    lines = [Line(f"{i}-{n}", "man", item, 4_400, institution=i, at=at) for i, n in (("H1", 1), ("H1", 2), ("H2", 1))]
    fill(home, PEOPLE, lines)
    query = "SELECT institution_id, amount_fen FROM finding WHERE rule_id = 'fund/duplicate-claim' ORDER BY 1"
    assert ask(home, query) == [("H1", 4_400), ("H2", 4_400)]


def register(home, batch="r1", **rows):
    """Load rows of other tables as a batch: orders, use records, registers, deaths."""
    origin = {"batch": batch, "recorded_at": moment("2026-04-01 00:00")}
    with lake.commit(home, "test", origin["recorded_at"]) as change:
        for table, found in rows.items():
            told = [{**row, **origin, "source_row": number} for number, row in enumerate(found, 2)]
            change.append(table, pa.Table.from_pylist(told, schema=TABLES[table].arrow))
        counts = {table: len(found) for table, found in rows.items()}
        change.register(lake.Batch(batch, batch, "test", "test", f"{batch}.csv", "d", counts, 0, origin["recorded_at"]))


EARLIER = [("woman", "S1", "H1", date(2026, 2, 1), date(2026, 2, 3))]
DEATHS = "SELECT MIN(died_on), MAX(died_on) FROM death HAVING COUNT(*) > 0"
LATE = "SELECT verdict FROM finding WHERE rule_id = 'fund/claim-after-death'"


def test_a_death_is_known_from_its_day_on(home):
    fill(home, PEOPLE, [CHARGE], stays=EARLIER)
    register(home, death=[{"person_id": "man", "died_on": date(2026, 3, 1)}])
    assert ask(home, DEATHS, as_of=date(2026, 2, 28)) == []
    assert ask(home, DEATHS, as_of=date(2026, 3, 10)) == [(date(2026, 3, 1), date(2026, 3, 1))]
    assert ask(home, LATE) == [("suspected",)]


def test_deaths_stated_differently_leave_the_days_between_unknown(home):
    fill(home, PEOPLE, [CHARGE])
    register(home, death=[{"person_id": "man", "died_on": date(2026, 3, 1)}])
    register(home, batch="r2", death=[{"person_id": "man", "died_on": date(2026, 3, 15)}])
    assert ask(home, DEATHS) == [(date(2026, 3, 1), date(2026, 3, 15))]
    assert ask(home, LATE) == [("unknown",)]


def test_an_order_stopped_after_the_day_was_running_then_and_a_later_use_had_not_been_made(home):
    fill(home, PEOPLE, [CHARGE], stays=EARLIER)
    common = {"encounter_id": "E-man", "person_id": "man", "institution_id": "H1", "item_code": WOMAN_ONLY}
    order = {**common, "order_id": "O1", "ordered_on": date(2026, 3, 10), "stopped_on": date(2026, 3, 20)}
    use = {**common, "record_id": "U1", "performed_on": date(2026, 3, 15), "quantity_e4": 10_000}
    register(home, medical_order=[order], use_record=[use])
    query = "SELECT stopped_on, (SELECT COUNT(*) FROM use_record) FROM medical_order"
    assert ask(home, query, as_of=date(2026, 3, 9)) == []
    assert ask(home, query, as_of=date(2026, 3, 14)) == [(None, 0)]
    assert ask(home, query) == [(date(2026, 3, 20), 1)]


def test_a_register_keeps_its_periods_and_the_newest_statement_of_each(home):
    fill(home, PEOPLE, [CHARGE])
    ct = {"institution_id": "H1", "device_id": "CT", "device_class": "ct_16", "valid_from": date(2020, 1, 1)}
    register(home, device=[ct, {**ct, "device_class": "ct_64", "valid_from": date(2026, 1, 1)}])
    register(home, batch="r2", device=[{**ct, "valid_to": date(2026, 1, 1)}])
    query = "SELECT device_class, valid_to FROM device ORDER BY valid_from"
    assert ask(home, query) == [("ct_16", date(2026, 1, 1)), ("ct_64", None)]


def registered(start, level, end=None):
    told = {"institution_id": "H1", "name": "H1 医院", "kind": "hospital", "region": "330781"}
    return told | {"level": level, "valid_from": start, "valid_to": end}


REGISTERED = "SELECT level, valid_from, valid_to FROM institution_registration ORDER BY valid_from"


def test_a_registration_speaks_until_the_next_begins_and_the_first_also_before(home):
    fill(home, PEOPLE, [])
    earlier, raised = registered(date(2026, 1, 1), "1"), registered(date(2026, 3, 10), "2")
    closing = registered(date(2026, 5, 1), None, date(2026, 6, 1))
    register(home, institution=[registered(date(2026, 3, 10), "3"), earlier, closing])
    register(home, batch="r2", institution=[raised])
    assert ask(home, REGISTERED) == [
        ("1", date.min, date(2026, 3, 10)),
        ("2", date(2026, 3, 10), date(2026, 5, 1)),
        (None, date(2026, 5, 1), date(2026, 6, 1)),
    ]
    assert ask(home, "SELECT level, valid_from FROM institution") == [(None, date(2026, 5, 1))]


def test_the_day_of_the_run_knows_no_later_registration(home):
    fill(home, PEOPLE, [CHARGE])
    fill(home, {}, [], batch="b2", registered={"H1": date(2026, 6, 1), "H9": date(2026, 6, 1)})
    since = "SELECT institution_id, valid_from FROM institution ORDER BY institution_id"
    first, new = date(2020, 1, 1), date(2026, 6, 1)
    assert ask(home, since, as_of=date(2026, 5, 31)) == [("H1", first), ("H9", new)]
    assert ask(home, since, as_of=new) == [("H1", new), ("H9", new)]


@given(
    st.lists(st.tuples(st.sampled_from("AB"), st.sampled_from("12"), st.integers(1, 9), st.integers(0, 6)), max_size=6)
)
@settings(max_examples=times(40), deadline=None, derandomize=True)
def test_both_forms_agree_when_registrations_speak(told):
    stated = {(place, start): (place, level, start, length) for place, level, start, length in told}
    places, parts = [], []
    for place, level, start, length in stated.values():
        days = date(2026, 3, start), date(2026, 3, start + length) if length else OPEN_END
        places.append(Institution(place, "hospital", level, None, *days))
        parts.append(Department(place, "D1", "科", level, *days))
    with duckdb.connect() as con:
        for table, rows in (("institution", places), ("department", parts)):
            con.execute(f"CREATE TABLE lake_{table} AS {lake.select(table, [])}")
            for row in rows:
                cells = row._asdict() | {"batch": "b", "recorded_at": 0}
                cells["valid_to"] = None if row.valid_to == OPEN_END else row.valid_to
                con.execute(
                    f"INSERT INTO lake_{table} ({', '.join(cells)}) VALUES ({', '.join('?' * len(cells))})",
                    list(cells.values()),
                )
        for statement in duckdb.extract_statements(serving.sql("facts")):
            if "_registration" in statement.query:
                con.execute(statement)
        for kind, rows in ((Institution, places), (Department, parts)):
            name = f"{kind.__name__.lower()}_registration"
            found = con.execute(f"SELECT {', '.join(kind._fields)} FROM {name}").fetchall()
            assert sorted(found) == sorted(tuple(row) for row in registrations(rows))


def test_a_charge_is_judged_by_the_level_of_its_day(home):
    item = "003110000110000"  # limited to level 2 and above from 2026-01-01 on
    days = {"L1": date(2026, 3, 9), "L2": date(2026, 3, 10), "L3": date(2026, 4, 30), "L4": date(2026, 5, 1)}
    fill(home, PEOPLE, [Line(name, "man", item, day=day) for name, day in days.items()])
    raised = registered(date(2026, 3, 10), "2", date(2026, 5, 1))
    register(home, institution=[registered(date(2026, 2, 1), "1"), raised])
    query = "SELECT subject_key, verdict FROM finding WHERE rule_id = 'fund/level-limited-service' ORDER BY 1"
    # fill registers the institution from 2020 on without a level; from February on it has one
    assert ask(home, query) == [("L1", "violation"), ("L4", "unknown")]
