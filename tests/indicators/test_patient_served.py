"""Patients served, beside the register of deaths: worked examples, and the query against a plain form of it."""

from datetime import date, timedelta

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from zhunsheng.engines import duck
from zhunsheng.facts.table import ARROW
from zhunsheng.facts.wide import COUNTED
from zhunsheng.indicators.counting import sql

RUN = date(2026, 6, 30)
DAY = date(2026, 3, 5)
FAR = [("x", date(2026, 1, 1)), ("y", RUN)]  # others whose deaths show from when to when the register reaches


def noon(after):
    """The moment of 12:00 in Shanghai so many days after DAY."""
    return ((DAY - date(1970, 1, 1)).days + after) * 86_400 + 4 * 3600


def order(number="1", **said):
    """An order done at noon of the day on which it was asked for."""
    usual = {"vendor_id": "V", "order_id": number, "service_kind": "dialysis", "institution_id": "M", "person_id": "p"}
    return usual | {"ordered_on": DAY, "done_at": noon(0), "state": "done"} | said


def table(name, rows):
    """Rows as a table of the facts, columns that are not said empty."""
    schema = pa.schema([(c.name, ARROW[c.kind]) for c in COUNTED[name].columns])
    return pa.Table.from_pylist([{c: row.get(c) for c in schema.names} for row in rows], schema=schema)


@pytest.fixture(scope="module")
def con():
    made = duck.connect(threads=1)
    made.execute(f"SET VARIABLE as_of = DATE '{RUN}'")
    return made


def served(con, orders, deaths):
    """Return (order, whether the patient died within 30 days) as the run counts them."""
    con.register("service_order", table("service_order", orders))
    con.register("death", table("death", [{"person_id": who, "died_on": on} for who, on in deaths]))
    con.execute("DROP TABLE IF EXISTS patient_served")
    con.execute(sql("patient_served"))
    return dict(con.execute("SELECT order_id, died_30 FROM patient_served ORDER BY ALL").fetchall())


@pytest.mark.parametrize(
    ("after", "found"),
    [(-1, None), (0, True), (30, True), (31, False)],  # a death before the order cannot be: the statement is wrong
)
def test_a_death_counts_from_the_order_to_thirty_days_after(con, after, found):
    assert served(con, [order()], [*FAR, ("p", DAY + timedelta(after))]) == {"1": found}


@pytest.mark.parametrize(("reach", "found"), [(29, None), (30, False)])
def test_nobody_is_said_to_live_before_the_register_reaches_thirty_days_further(con, reach, found):
    deaths = [("x", date(2026, 1, 1)), ("y", DAY + timedelta(reach))]
    assert served(con, [order()], deaths) == {"1": found}


@pytest.mark.parametrize(("begins", "found"), [(0, False), (1, None)])
def test_nor_where_the_register_begins_after_the_order(con, begins, found):
    assert served(con, [order()], [("x", DAY + timedelta(begins)), ("y", RUN)]) == {"1": found}


def test_a_death_after_the_day_of_the_run_does_not_stretch_the_register(con):
    deaths = [("x", date(2026, 1, 1)), ("y", date(2099, 1, 1))]
    assert served(con, [order()], deaths) == {"1": None}
    assert served(con, [order()], [*FAR, ("p", RUN + timedelta(1))]) == {"1": None}
    assert served(con, [order()], []) == {"1": None}


def test_statements_that_differ_leave_it_unknown_where_they_lie_on_both_sides(con):
    inside, outside = ("p", DAY + timedelta(20)), ("p", DAY + timedelta(40))
    assert served(con, [order()], [*FAR, inside, outside]) == {"1": None}
    assert served(con, [order()], [*FAR, inside, ("p", DAY + timedelta(21))]) == {"1": True}


def test_the_day_on_which_it_was_done_is_the_day_in_shanghai(con):
    late = order(done_at=noon(0) + 12 * 3600)  # midnight: the next day
    assert served(con, [late], [*FAR, ("p", DAY + timedelta(31))]) == {"1": True}
    assert served(con, [order(done_at=late["done_at"] - 1)], [*FAR, ("p", DAY + timedelta(31))]) == {"1": False}


def test_what_is_open_or_names_nobody_is_unknown_and_what_was_called_off_is_left_out(con):
    orders = [
        order("open", person_id="a", done_at=None, state="accepted"),
        order("nobody", person_id=None),
        order("nobody too", person_id=None),
        order("refused", person_id="b", state="rejected"),
        order("called off", person_id="c", state="cancelled"),
        order("not said", person_id="d", state=None),
    ]
    assert served(con, orders, FAR) == {"open": None, "nobody": None, "nobody too": None, "not said": False}


def test_a_patient_counts_once_a_month_by_the_last_order_done(con):
    orders = [
        order("first"),
        order("last", ordered_on=DAY + timedelta(2), done_at=noon(2)),
        order("open", ordered_on=DAY + timedelta(4), done_at=None),
        order("april", ordered_on=date(2026, 4, 1), done_at=noon(27)),
        order("other kind", service_kind="rehabilitation"),
        order("other member", institution_id="N"),
    ]
    died = [*FAR, ("p", DAY + timedelta(32))]
    assert served(con, orders, died) == {"last": True, "april": True, "other kind": False, "other member": False}


def plain(orders, deaths):
    """The same, order by order."""
    begins, reaches = min((d for _, d in deaths), default=None), max((d for _, d in deaths if d <= RUN), default=None)
    found = {}
    for one in sorted(
        orders, key=lambda o: (o["done_at"] is not None, o["done_at"] or 0, o["ordered_on"], o["order_id"])
    ):
        month = one["ordered_on"].month if one["person_id"] else one["order_id"]
        found[one["person_id"], month] = one["order_id"], judged(one, deaths, begins, reaches)
    return dict(found.values())


def judged(one, deaths, begins, reaches):
    if not one["person_id"] or one["done_at"] is None:
        return None
    done = date(1970, 1, 1) + timedelta((one["done_at"] + 8 * 3600) // 86_400)
    days = [d for who, d in deaths if who == one["person_id"]]
    end = done + timedelta(30)
    if done < one["ordered_on"] or any(d < one["ordered_on"] or d > RUN for d in days):
        return None
    if days:
        return all(d <= end for d in days) if len({d <= end for d in days}) == 1 else None
    return False if begins and reaches and begins <= one["ordered_on"] and reaches >= end else None


AFTER = st.integers(-3, 4) | st.integers(28, 36) | st.integers(110, 125)
ORDERS = st.lists(st.tuples(st.sampled_from(["p", "q", None]), AFTER, st.none() | AFTER), max_size=6)
DEATHS = st.lists(st.tuples(st.sampled_from(["p", "q", "x"]), AFTER), max_size=4)


@settings(max_examples=120, deadline=None)
@given(ORDERS, DEATHS)
def test_the_query_and_the_plain_form_agree(con, asked, died):
    orders = [
        order(str(n), person_id=who, ordered_on=DAY + timedelta(on), done_at=None if done is None else noon(done))
        for n, (who, on, done) in enumerate(asked)
    ]
    deaths = [(who, DAY + timedelta(after)) for who, after in died]
    assert served(con, orders, deaths) == plain(orders, deaths)
