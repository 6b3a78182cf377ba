"""Subsidies of remote areas reckoned by hand: list and rate act by the day of the order, unknown is told."""

from datetime import date

import duckdb
import pytest

from tests.casework.test_vendor_scope import COURIER, LAB
from tests.web.serving import AS_OF, LEAD, OTHER, TOWN, VILLAGE, County, load_facts, places
from zhunsheng.book import load
from zhunsheng.book.incentives import Part, Rate, subsidy_fen
from zhunsheng.book.models import Batch, Point
from zhunsheng.casework.bodies.lake import RunFile
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.ratings import library, subsidies
from zhunsheng.kernel.home import ROOT

BATCH = Batch(title="偏远名单", citation="青政〔2026〕1号", ground="demo", valid_from=date(2026, 1, 1),
              confirmed_on=date(2026, 1, 1), level="county", region="330781")  # fmt: skip
RULES = load(ROOT / "rulebook")
SUBSIDY = library.incentives().subsidy
#: Vendor, order, institution, day, state, whether it says when it was done, amount in fen.
ORDERS = (
    (LAB, "A", TOWN, date(2026, 3, 31), "done", True, 1000),  # the last day of a quarter
    (LAB, "B", TOWN, date(2026, 4, 1), "done", True, 110),  # the first day of the next
    (LAB, "C", TOWN, date(2026, 6, 30), None, True, 1),  # states no state and when it was done
    (LAB, "D", TOWN, date(2026, 5, 1), "done", True, None),  # no amount
    (LAB, "E", TOWN, date(2026, 5, 2), None, False, 700),  # done or not: nobody says
    (LAB, "F", TOWN, date(2026, 5, 3), "cancelled", False, 700),
    (LAB, "G", TOWN, date(2026, 5, 4), "accepted", False, 700),
    (LAB, "H", TOWN, date(2026, 7, 1), "done", True, 700),  # the day on which the town is no longer named
    (LAB, "I", TOWN, date(2025, 12, 31), "done", True, 700),  # before the rate
    (LAB, "J", OTHER, date(2026, 5, 5), "done", True, 700),  # not named
    (LAB, "K", VILLAGE, date(2026, 6, 1), "done", True, 20),
    (COURIER, "A", VILLAGE, date(2026, 10, 2), "done", True, 109),
)


def book(*points):
    """The rule book with a list of (code, first day, day after the last)."""
    kind = RULES.knowledge[SUBSIDY.list]
    rows = tuple(
        Point(point_id=str(at), batch="county", values={"institution_code": code, "institution_name": "名单所列"},
              valid_from=since, valid_to=until)
        for at, (code, since, until) in enumerate(points)
    )  # fmt: skip
    listed = kind.model_copy(update={"points": rows})
    batches = {**RULES.batches, "county": BATCH}
    return RULES.model_copy(update={"knowledge": {**RULES.knowledge, SUBSIDY.list: listed}, "batches": batches})


NAMED = book((TOWN.id, date(2025, 1, 1), date(2026, 7, 1)), (VILLAGE.id, date(2026, 6, 1), None))


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    county = County()
    places(county)
    for code in (LAB, COURIER):
        county.add("institution", institution_id=code, name=code, kind="vendor", valid_from=date(2020, 1, 1))
    for vendor, order, place, day, state, done, fen in ORDERS:
        county.add("service_order", vendor_id=vendor, order_id=order, service_kind="laboratory",
                   institution_id=place.id, ordered_on=day, state=state, done_at=1 if done else None,
                   amount_fen=fen)  # fmt: skip
    path = tmp_path_factory.mktemp("run") / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute("INSERT INTO meta VALUES ('manifest', ?)", [f'{{"as_of": "{AS_OF}"}}'])
    return RunFile(path)


def sight(file, *codes):
    return Scope(frozenset(codes) if codes else None, frozenset(), file)


def test_a_quarter_reckoned_by_hand(file):
    found = subsidies.earned(sight(file), NAMED, SUBSIDY)
    assert [(one.vendor_id, one.quarter, one.open) for one in found] == [
        (COURIER, "2026-Q4", True), (LAB, "2026-Q2", False), (LAB, "2026-Q1", False),
    ]  # fmt: skip
    courier, second, first = found
    assert (courier.amount_fen, courier.subsidy_fen) == (109, 5)  # 5.45 fen
    assert (first.amount_fen, first.subsidy_fen, first.least) == (1000, 50, False)
    # the town: 1.10 and 0.01, one without an amount, one of which nobody says that it is done; the village: 0.20
    assert {one.institution_id: (one.orders, one.unstated, one.undecided, one.amount_fen) for one in second.parts} == {
        TOWN.id: (3, 1, 1, 111), VILLAGE.id: (1, 0, 0, 20),
    }  # fmt: skip
    assert (second.amount_fen, second.subsidy_fen, second.least) == (131, 7, True)  # 6.55 fen, and more may be owed
    with sight(file).lake() as reader:
        behind = subsidies.orders(reader, NAMED, SUBSIDY, second, AS_OF, (0, 50))
        assert [one["order_id"] for one in behind] == ["C", "K", "E", "D", "B"]
        assert [one["done"] for one in behind] == [True, True, False, True, True]
        assert len(subsidies.orders(reader, NAMED, SUBSIDY, second, AS_OF, (3, 50))) == 2


def test_a_rate_that_changes_within_a_quarter_acts_by_the_day_of_the_order(file):
    rates = (
        Rate(percent=5, valid_from=date(2026, 1, 1), valid_to=date(2026, 6, 1), cite="local"),
        Rate(percent=10, valid_from=date(2026, 6, 1), cite="local"),
    )
    changed = SUBSIDY.model_copy(update={"rates": rates})
    one = next(one for one in subsidies.earned(sight(file), NAMED, changed) if one.quarter == "2026-Q2")
    assert one.percents == [5, 10]
    assert one.subsidy_fen == 8  # 1.10 at 5 % is 5.5 fen, 0.21 at 10 % is 2.1: 7.6 together, rounded once


def test_two_rows_about_one_institution_count_its_orders_once(file):
    twice = book((TOWN.id, date(2025, 1, 1), None), (TOWN.id, date(2026, 1, 1), date(2026, 7, 1)))
    one = next(one for one in subsidies.earned(sight(file), twice, SUBSIDY) if one.quarter == "2026-Q1")
    assert (one.orders, one.amount_fen) == (1, 1000)


def test_each_reader_sees_what_its_own_orders_earned(file):
    def seen(*codes):
        return {
            (one.vendor_id, one.quarter): one.amount_fen
            for one in subsidies.earned(sight(file, *codes), NAMED, SUBSIDY)
        }

    assert seen(LAB) == {(LAB, "2026-Q2"): 131, (LAB, "2026-Q1"): 1000}
    assert seen(COURIER) == {(COURIER, "2026-Q4"): 109}
    assert seen(VILLAGE.id) == {(LAB, "2026-Q2"): 20, (COURIER, "2026-Q4"): 109}
    assert seen(LEAD.id, TOWN.id, LAB) == {(LAB, "2026-Q2"): 111, (LAB, "2026-Q1"): 1000}
    assert seen(OTHER.id) == {}
    assert subsidies.earned(sight(file, LAB), NAMED, SUBSIDY, COURIER) == []


def test_without_a_list_or_a_run_nothing_is_reckoned(file):
    assert not RULES.knowledge[SUBSIDY.list].points, "the book of the repository names nobody as remote"
    assert subsidies.earned(sight(file), RULES, SUBSIDY) == subsidies.named(sight(file), RULES, SUBSIDY) == []
    assert subsidies.earned(Scope(None, None, None), NAMED, SUBSIDY) == []
    waiting = book((TOWN.id, date(2025, 1, 1), None))
    (point,) = waiting.knowledge[SUBSIDY.list].points
    unread = waiting.knowledge[SUBSIDY.list].model_copy(
        update={"points": (point.model_copy(update={"reading": "waiting"}),)}
    )
    assert subsidies.named(sight(file), waiting.model_copy(update={"knowledge": {SUBSIDY.list: unread}}), SUBSIDY) == []


def test_the_list_says_on_what_it_stands_and_what_the_register_does_not_have(file):
    told = book((TOWN.id, date(2025, 1, 1), date(2026, 7, 1)), ("H99", date(2026, 1, 1), None))
    whole = {one.code: one for one in subsidies.named(sight(file), told, SUBSIDY)}
    assert (whole[TOWN.id].name, whole[TOWN.id].known, whole[TOWN.id].until) == (TOWN.name, True, date(2026, 7, 1))
    assert (whole["H99"].name, whole["H99"].known, whole["H99"].until) == ("名单所列", False, None)
    assert whole["H99"].citation == "青政〔2026〕1号" and whole["H99"].batch.ground == "demo"
    vendor = {one.code: one for one in subsidies.named(sight(file, LAB), told, SUBSIDY)}
    assert (vendor[TOWN.id].name, vendor[TOWN.id].known) == ("名单所列", None)  # the list is open, the register is not


@pytest.mark.parametrize(("name", "first"), [
    ("2026-Q1", date(2026, 1, 1)), ("2026-Q4", date(2026, 10, 1)), ("2026-Q5", None), ("0000-Q1", None), ("x", None),
    ("２０２６-Q1", None),
])  # fmt: skip
def test_a_quarter_by_its_name(name, first):
    assert subsidies.first_day(name) == first


def test_half_a_fen_is_rounded_up_and_less_is_not():
    assert [subsidy_fen([Part(percent=5, fen=fen)]) for fen in (0, 9, 10, 29, 30)] == [0, 0, 1, 1, 2]
