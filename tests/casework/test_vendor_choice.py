"""Who may be chosen: the best rated first, unrated last, with light and what bars new work, wherever one is chosen."""

from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import pytest

from tests.casework import overseeing, vendoring
from tests.casework.overseeing import opened
from tests.casework.test_agreements import refused_as
from tests.casework.test_consequences import full
from tests.casework.test_oversight import exiting
from tests.casework.vendoring import CODE, LEAD, step, two
from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.agreements import actions as deals
from zhunsheng.casework.agreements import bands, reviewing, watch
from zhunsheng.casework.agreements import queries as agreements
from zhunsheng.casework.agreements.facts import NONE, FiledPrice, Mean
from zhunsheng.casework.agreements.models import PriceReview
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions, queries
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.inbox.offers import Asker
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.oversight.models import ExitStep
from zhunsheng.casework.ratings import actions as ratings
from zhunsheng.casework.ratings import designation
from zhunsheng.casework.ratings import library as cards
from zhunsheng.casework.ratings.models import Rating
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.states import LineState
from zhunsheng.kernel.errors import Problem
from zhunsheng.scoring.score import score
from zhunsheng.web import caseforms, choosing, outside

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]  # prices, bands and their order are reckoned
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
    body, after = people["head"].body, date(2026, 10, 1)
    frozen = ratings.freeze(people["colleague"], body, card, code, (first, after), scored, "run", after)
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
    return choosing.narrowed(scope(people["clerk"]), found, shown)


def test_the_book_puts_unrated_last():
    book = cards.incentives()
    assert [one.standing for one in book.standings] == ["AAA", "AA", "A", "B", "C", "unrated"]


@pytest.fixture
def priced(served, clock, monkeypatch):
    """An agreement in draft, and a run in which 20 charges of two hospitals cost 200.00 on average."""
    people, line = served
    mean = Mean(20, 4_000_000_000, enough=True)
    means = {"GLU": mean}
    monkeypatch.setattr(bands, "lake", SimpleNamespace(current_run=object))
    monkeypatch.setattr(bands, "means_now", lambda _file, codes, _window: {c: means.get(c, NONE) for c in codes})
    monkeypatch.setattr(deals, "now", clock.now)
    given = {"kind": "laboratory", "title": "医学检验外送服务合同"}
    return people, line, deals.draft(people["clerk"], line.vendor, given)


def put(people, agreement, price, since="2026-12-01", item="GLU"):
    given = {"item_code": item, "item_name": "葡萄糖测定", "price": price, "valid_from": since, "reason": "议价"}
    return deals.set_price(people["clerk"], agreement, given)


def test_a_price_above_the_band_is_refused_and_one_at_its_edge_is_not(priced):
    people, _line, one = priced
    assert "100.00%" in refused_as("ZS894", lambda: put(people, one, "200.01"))  # unrated: at most the mean
    assert put(people, one, "200.00").unit_price_e6 == 200_000_000
    assert put(people, one, "900.00", item="NEW").pk, "no mean: unknown, and shown so"
    (found,) = bands.judged(CODE, "laboratory", one.body, ["NEW"], date(2026, 11, 3))
    assert found.above(1) is None


def test_rating_and_evaluation_move_the_band(priced, clock):
    people, line, one = priced
    rated(people, CODE, "B")
    refused_as("ZS894", lambda: put(people, one, "190.01"))
    assert put(people, one, "190.00").pk
    Rating.objects.update(standing="AAA")
    refused_as("ZS894", lambda: put(people, one, "200.01", "2026-12-02"))  # nobody evaluated it: at most the mean
    bands_of = bands.band_of([line], clock.day)
    assert (bands_of.percent, bands_of.standing, bands_of.evaluation) == (100, "AAA", "unknown")


def test_two_people_let_one_item_pass_for_a_time(priced, clock):
    people, _line, one = priced
    given = {"item": "GLU", "percent": "120", "reason": "急诊加做，成本高于均价。"}
    case = opened(people, "price_exception", served_line(one), **given)
    refused_as("ZS894", lambda: put(people, one, "230.00"))  # asked for is not granted
    term = {"from_on": str(clock.day), "until_on": "2027-01-01", "opinion": "同意"}
    with pytest.raises(Problem):
        step(people["clerk"], case, "grant", **term)  # one person alone
    two(people["clerk"], people["head"], case, "grant", **term)
    refused_as("ZS894", lambda: put(people, one, "240.01"))
    assert put(people, one, "240.00").pk
    clock.day = date(2027, 1, 1)
    refused_as("ZS894", lambda: put(people, one, "230.00", "2027-02-01"))


ASKED = {"item": "GLU", "percent": "120", "reason": "急诊加做，成本高于均价。"}


def test_the_vendor_asks_and_two_people_of_the_consortium_decide(priced, clock):
    people, _line, one = priced
    line = served_line(one)
    case = opened(people, "price_exception", line, by="lab", **ASKED)
    assert (case.state, case.body, case.party_sees) == ("asked", people["head"].body, True)
    assert EvidenceOutbox.objects.get(kind="price_exception.asked").actor == people["lab"].actor_key
    term = {"from_on": str(clock.day), "until_on": "2027-01-01", "opinion": "同意"}
    for name in ("lab", "lab_head"):  # it never decides, not even with a second person of its own
        with pytest.raises(Problem):
            two(people[name], people["head"], case, "grant", **term)
        with pytest.raises(Problem):
            step(people[name], case, "refuse", reason="不要")
        assert queries.allowed(Case.objects.get(pk=case.pk), people[name]) == []
    with pytest.raises(Problem):
        step(people["clerk"], case, "grant", **term)  # one person alone
    waiting = actions.propose(people["clerk"], Case.objects.get(pk=case.pk), "grant", term, version=case.version)
    for name in ("lab", "lab_head", "clerk"):
        with pytest.raises(Problem):
            actions.confirm(people[name], waiting, version=Case.objects.get(pk=case.pk).version)
    refused_as("ZS894", lambda: put(people, one, "230.00"))
    actions.confirm(people["head"], waiting, version=Case.objects.get(pk=case.pk).version)
    assert put(people, one, "240.00").pk


def test_a_vendor_asks_for_itself_of_whom_it_serves_and_once(priced, clock):
    people, _line, one = priced
    line = served_line(one)
    rival = bodies.create_body(ACTOR, "vendor", "对手检验", code=OTHERS["AA"])
    people["rival"] = person("rival", rival, "head")
    people["desk"] = person("desk", people["lab"].body, "analyst")
    ask = {"given": ASKED, "body": line.body}
    other = {"institution_id": OTHERS["AA"], "subject_body": rival}
    own = {"institution_id": CODE, "subject_body": people["lab"].body}
    refused_as("ZS913", lambda: _ask(people["rival"], **ask, **other))  # it has no line here
    refused_as("ZS904", lambda: _ask(people["rival"], **ask, **own))  # not about another
    refused_as("ZS913", lambda: _ask(people["rival"], **ask, institution_id=CODE, subject_body=rival))
    refused_as("ZS904", lambda: _ask(people["desk"], **ask, **own))  # head and office ask
    refused_as("ZS904", lambda: _ask(people["lab"], ASKED, people["lab"].body, **own))  # not of itself
    refused_as("ZS913", lambda: _ask(people["lab"], ASKED, people["bureau"].body, **own))  # whom it does not serve
    made = _ask(people["lab"], **ask, **own)
    told = refused_as("ZS913", lambda: _ask(people["lab"], **ask, **own))
    assert made.number in told
    refused_as("ZS913", lambda: _ask(people["clerk"], **ask, **own))  # nor by the consortium, while it waits
    assert _ask(people["lab"], {**ASKED, "item": "ALT"}, line.body, **own).pk
    step(people["clerk"], made, "refuse", reason="成本说明不足")
    assert _ask(people["lab"], **ask, **own).pk != made.pk
    assert [one.number for one in agreements.exceptions(scope(people["rival"]), CODE)] == []
    assert len(agreements.exceptions(scope(people["lab"]), CODE)) == 3


def _ask(user, given, body, **about):
    return actions.open_case(user, "price_exception", given, body=body, **about)


def served_line(agreement):
    return ServiceLine.objects.get(institution_id=agreement.institution_id)


def test_a_band_that_fell_since_stops_the_signing(priced, clock):
    people, _line, one = priced
    put(people, one, "200.00")
    rated(people, CODE, "C")
    for found in agreements.check_of(one, clock.day):
        deals.mark(people["clerk"], one, {"clause": found.clause.id, "present": "yes", "place": "第三条"})
    deals.promise(people["clerk"], one, {"indicator": "report_timeliness", "value": "95", "valid_from": "2026-12-01"})
    assert "议价上限" in refused_as("ZS913", lambda: step(people["clerk"], one.case, "submit"))
    put(people, one, "180.00", "2026-12-02")
    step(people["clerk"], one.case, "submit")


def test_a_filing_keeps_to_the_band_too(priced, clock):
    people, _line, _one = priced
    given = {
        "item_code": "GLU",
        "item_name": "葡萄糖测定",
        "price": "260.00",
        "valid_from": "2026-12-01",
        "reason": "调价",
    }
    own = scope(people["lab"])
    refused_as("ZS894", lambda: deals.file_price(people["lab"], own, given))


def test_a_public_price_that_fell_asks_both_sides_to_file_anew_until_it_fits(priced, clock, monkeypatch):
    people, _line, _one = priced
    file = SimpleNamespace(tables=reviewing.NEEDED, manifest={"run_id": "r1", "as_of": str(clock.day)})
    price = FiledPrice(CODE, "GLU", "葡萄糖测定", 200_000_000, clock.day, None, None, None, None, 0, "", ())
    monkeypatch.setattr(reviewing, "lake", SimpleNamespace(current_run=lambda: file))
    monkeypatch.setattr(reviewing.facts, "published_prices", lambda *_asked: [price])
    quiet = lambda *_told: None  # noqa: E731
    assert reviewing.review({}, quiet).result == {"found": 0, "settled": 0}  # at the mean, within the band
    fell = Mean(20, 3_800_000_000, enough=True)
    monkeypatch.setattr(bands, "means_now", lambda _file, codes, _window: dict.fromkeys(codes, fell))
    assert [reviewing.review({}, quiet).result for _again in "ab"] == [{"found": 1, "settled": 0}] * 2
    (held,) = PriceReview.objects.all()
    assert (held.ratio, held.percent) == ("105.26%", 100)
    asked = {}
    for login in ("lab", "clerk", "bureau"):
        asker = Asker(scope(people[login]), people[login], frozenset(), clock.day)
        asked[login] = list(watch.refiling(asker).values_list("pk", flat=True))
        told = watch.tell_refiling(asker, asked[login])
        assert [one.due_on for one in told] == [reviewing.due(held)] * len(told)
    assert asked == {"lab": [held.pk], "clerk": [held.pk], "bureau": []}
    monkeypatch.setattr(reviewing.facts, "published_prices", lambda *_asked: [replace(price, price_e6=190_000_000)])
    assert reviewing.review({}, quiet).result == {"found": 0, "settled": 1}
    assert list(reviewing.to_refile(scope(people["lab"]))) == []
