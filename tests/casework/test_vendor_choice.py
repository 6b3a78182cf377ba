"""Who may be chosen: the best rated first, unrated last, with light and what bars new work, wherever one is chosen."""

from datetime import date

import pytest

from tests.casework import overseeing, vendoring
from tests.casework.test_agreements import refused_as
from tests.casework.test_consequences import full
from tests.casework.test_oversight import exiting
from tests.casework.vendoring import CODE, LEAD, step
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight.models import ExitStep
from zhunsheng.casework.ratings import actions as ratings
from zhunsheng.casework.ratings import designation
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.ratings.models import Rating
from zhunsheng.casework.vendors.states import LineState
from zhunsheng.scoring.score import score
from zhunsheng.web import caseforms, choosing, outside

pytestmark = pytest.mark.django_db
#: Codes of further laboratories by the standing that they have in force; None: nobody rated them.
OTHERS = {
    "AAA": "91330781MA2LABX02K",
    "B": "91330781MA2LABX03K",
    "AA": "91330781MA2LABX04K",
    None: "91330781MA2LABX05K",
}


@pytest.fixture
def clock(monkeypatch, db):
    return overseeing.set_clock(monkeypatch, date(2026, 11, 2))


@pytest.fixture
def served(clock):
    return overseeing.serving(clock)


def rated(people, code, standing, first=date(2026, 7, 1)):
    """Put a standing in force on the card of a quarter."""
    card = cards.card("vendor")
    scored = score(card, full(card), date(2025, 1, 1))
    frozen = ratings.freeze(people["colleague"], people["head"].body, card, code, (first, date(2026, 10, 1)), scored, "run",
                            date(2026, 10, 1))  # fmt: skip
    ratings.draft(people["colleague"], frozen)
    told = {"standing": standing, "outcome": "in_force", "in_force_on": date(2026, 10, 20)}
    Rating.objects.filter(card=frozen).update(**told)


def among(people, clock):
    """Four more laboratories that entered, three of them rated."""
    for standing, code in OTHERS.items():
        vendor = vendoring.registered(people, code)
        vendoring.filled(people, vendor)
        vendoring.entered(people, vendor, clock)
        if standing:
            rated(people, code, standing)


def test_the_best_rated_come_first_and_who_is_not_rated_last(served, clock):
    people, _line = served
    among(people, clock)
    shown = designation.choices(scope(people["clerk"]), clock.day)
    assert [one.standing for one in shown] == ["AAA", "AA", "B", "unrated", "unrated"]
    assert [one.price_percent for one in shown] == [100, 100, 95, 100, 100]  # no evaluation: at most the mean
    assert {one.light for one in shown} == {"unknown"}, "nothing was counted: no light is not a good one"
    assert all(one.bar is None for one in shown)


def test_a_bar_stands_beside_the_name_with_its_ground(served, clock):
    people, line = served
    step(people["clerk"], line.life, "suspend", ground="抽查不合格", reason="质控失控。")
    (one,) = designation.choices(scope(people["clerk"]), clock.day)
    assert one.line.state == LineState.SUSPENDED and one.bar is not None and one.bar.reason == "suspended"
    assert "不接新业务" in choosing.name_of(one)
    assert designation.order(scope(people["clerk"]), clock.day) == []  # the page of designation shows who serves


def test_the_desk_offers_the_same_order(served, clock):
    people, _line = served
    among(people, clock)
    outside.renew()
    names = [one["name"] for one in outside.choices(scope(people["clerk"]), LEAD)]
    assert [word for name in names for word in ("AAA", "未评级") if word in name] == ["AAA", "未评级", "未评级"]
    assert "AAA" in names[0] and "未评级" in names[-1]


def test_who_takes_over_at_an_exit_is_chosen_and_takes_new_work(served, clock):
    people, line = served
    among(people, clock)
    plan = exiting(people, line)
    given = {"open_orders": "3", "taken_over": "在途标本由承接机构完成。"}
    refused_as("ZS913", lambda: step(people["clerk"], plan, "settle_work", successor=CODE, **given))
    refused_as("ZS913", lambda: step(people["clerk"], plan, "settle_work", successor="91330781MA2LABX99K", **given))
    fields = [field for field in _fields(people, plan) if field.id == "f-successor"]
    assert next(value for value, _name in fields[0].options) == OTHERS["AAA"] and CODE not in dict(fields[0].options)
    step(people["clerk"], plan, "settle_work", successor=OTHERS["AAA"], **given)
    assert ExitStep.objects.get(case=plan, key="settle_work").event.fields["successor"] == OTHERS["AAA"]


def _fields(people, plan):
    found = Case.objects.get(pk=plan.pk)
    wanted = next(one for one in queries.allowed(found, people["clerk"]) if one.move == "settle_work")
    shown = caseforms.fields(wanted.fields, caseforms.around(found.body))
    return choosing.with_successors(scope(people["clerk"]), found, shown)


def test_the_book_puts_unrated_last():
    book = cards.incentives()
    assert [one.standing for one in book.standings] == ["AAA", "AA", "A", "B", "C", "unrated"]
