"""A card is frozen at the close of its period; notice, objection and another person come before it is in force."""

from datetime import date, timedelta

import pytest
from django.db import DatabaseError, transaction

from tests.casework.alerting import FIRST, VENDOR, months, oversight
from tests.casework.walking import Clock
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.ratings import actions, library, queries
from zhunsheng.casework.ratings.models import PeriodCard, Rating
from zhunsheng.casework.ratings.sources import Asked, measures
from zhunsheng.kernel.errors import Problem
from zhunsheng.scoring.score import Measure, score

pytestmark = pytest.mark.django_db
PERIOD = (FIRST, date(2026, 1, 1))


@pytest.fixture
def clock(db, monkeypatch):
    return Clock(monkeypatch)


@pytest.fixture
def crew(clock):
    return oversight()


def drafted(crew, known=None, today=date(2026, 1, 1)):
    card = library.card("vendor")
    known = {"accuracy": Measure(90, 100), "papers": Measure(0), "timeliness": Measure(0, 100)} | (known or {})
    scored = score(card, known, FIRST)
    frozen = actions.freeze(crew["one"], crew["one"].body, card, VENDOR, PERIOD, scored, "run-1", today)
    return actions.draft(crew["one"], frozen)


GOOD = {"price": Measure(9, 10), "complaints": Measure(0), "incidents": Measure(0), "promises": Measure(0)}
WEAK = GOOD | {
    "rectification": Measure(2),
    "promises": Measure(2),
    "incidents": Measure(1),
    "timeliness": Measure(3, 100),
}


def step(crew, case, name, login="one", second="two", **given):
    case = Case.objects.get(pk=case.pk)
    if not case.life.move(name).two_person:
        return cases.move(crew[login], case, name, given, version=case.version)
    waiting = cases.propose(crew[login], case, name, given, version=case.version)
    return cases.confirm(crew[second], waiting, version=case.version)


def seen_by(user):
    """The points of the cards of the ratings that somebody sees, behind the wall of the database."""
    own = scope(user)
    with walls.within(walls.wall_of(own)):
        return [one.card.low for one in queries.ratings(own)]


def test_a_weak_vendor_is_heard_and_rectifies_once_its_rating_is_in_force(crew, clock):
    case = drafted(crew, WEAK)
    rating = Rating.objects.get()
    assert (rating.standing, rating.card.low, rating.card.high) == ("C", 59, 59)
    assert seen_by(crew["vendor"]) == []
    case = step(crew, case, "notify")
    assert seen_by(crew["vendor"]) == [59]
    case = step(crew, case, "object", "vendor", statement="准确率统计有误")
    with pytest.raises(Problem, match="拟评"):
        step(crew, case, "uphold", opinion="维持")
    case = step(crew, case, "change", "three", standing="B", opinion="部分采纳")
    assert queries.standing(VENDOR, crew["one"].body, clock.day) == "unrated"
    step(crew, case, "enter")
    rating.refresh_from_db()
    assert (rating.standing, rating.objection, rating.in_force_on) == ("B", "changed", clock.day)
    assert queries.standing(VENDOR, crew["one"].body, clock.day) == "B"
    order = Case.objects.get(cycle="rectification")
    assert order.origin == case and "B" in order.events.get(kind="opened").fields["problem"]


def test_an_objection_never_leads_to_a_worse_standing_and_silence_settles(crew, clock):
    case = step(crew, drafted(crew, GOOD | {"rectification": Measure(0)}), "notify")
    assert Rating.objects.get().standing == "AA"
    case = step(crew, case, "object", "vendor", statement="应为 AAA")
    with pytest.raises(Problem, match="不得因异议"):
        step(crew, case, "change", "three", standing="A", opinion="改评")
    case = step(crew, case, "uphold", "three", opinion="维持")
    assert case.state == "settled" and Rating.objects.get().objection == "upheld"
    other = oversight_of_another(crew)
    cases.tick(clock.day + timedelta(days=40))
    other.refresh_from_db()
    assert other.state == "settled"


def oversight_of_another(crew):
    card = library.card("vendor")
    scored = score(card, {}, FIRST)
    frozen = actions.freeze(crew["one"], crew["one"].body, card, "V2", PERIOD, scored, "run-1", date(2026, 1, 1))
    assert frozen.standing == "unrated"
    return step(crew, actions.draft(crew["one"], frozen), "notify")


def test_a_card_is_frozen_once_after_its_period_and_the_database_refuses_to_change_it(crew):
    with pytest.raises(Problem, match="ZS623"):
        drafted(crew, today=date(2025, 12, 31))
    case = drafted(crew)
    assert drafted(crew, GOOD) == case and PeriodCard.objects.count() == 1
    for change in (lambda: PeriodCard.objects.update(standing="AAA"), lambda: PeriodCard.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_who_has_no_value_in_the_period_is_not_rated_and_counts_do_not_stand_in(crew):
    card = library.card("vendor")
    asked = Asked(crew["one"].body, None, None, *PERIOD)
    assert measures(card, months("vendors/test_accuracy", 99, first=date(2026, 1, 1)), asked) == {}
    told = measures(card, months("vendors/test_accuracy", 99), asked)[VENDOR]
    assert told["accuracy"] == Measure(990, 1000) and told["rectification"] == Measure(0)
    assert told["complaints"] is None and told["papers"] is None and told["timeliness"] is None
    assert score(card, told, FIRST).standing == "unrated"
