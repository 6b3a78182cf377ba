"""Knowledge over time: what a later batch replaces, what a narrower jurisdiction lays over, what was known when."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book import load
from zhunsheng.book.lifecycle import holds, successors
from zhunsheng.book.lint import about_book, waits
from zhunsheng.book.models import LEVELS, Batch, Point
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import OPEN_END
from zhunsheng.patterns.bind import bind
from zhunsheng.patterns.lint import lint

BOOK = load(ROOT / "rulebook")
CAPS, ITEM, TODAY = "daily_quantity_caps", "001102000050000", date(2026, 11, 22)
DAY = timedelta(days=1)


def batch(start, level="national", **more):
    region = {"national": "", "province": "330000", "city": "330700", "county": "330781", "site": "330781-1"}[level]
    signed = {"authored_by": "甲", "checked_by": "乙", "signed_on": date(2026, 1, 5)}
    said = {"title": "t", "citation": "c", "ground": "published", "confirmed_on": TODAY, "region": region, **signed}
    return Batch(valid_from=start, level=level, **(said | more))


def row(name, cap, start, end=None, item=ITEM, **more):
    values = {"item_code": item, "item_name": "诊查费", "daily_cap": str(cap), "cap_unit": "日"}
    key = f"{name}-{item}-{cap}-{start}"
    return Point(point_id=key, batch=name, values=values, valid_from=start, valid_to=end, **more)


def book_of(batches, points):
    known = BOOK.knowledge[CAPS].model_copy(update={"points": tuple(points)})
    lists = {**BOOK.knowledge, CAPS: known}
    return BOOK.model_copy(update={"batches": {**BOOK.batches, **batches}, "knowledge": lists})


def held(book, point):
    return [(p.start, p.end) for p in holds(book, CAPS)[point.point_id].periods]


ONE, TWO, THREE = date(2024, 1, 1), date(2025, 1, 1), date(2026, 1, 1)


def test_a_later_batch_ends_the_rows_of_the_one_that_it_names():
    old, new, other = row("b1", 2, ONE), row("b2", 1, TWO), row("b1", 3, ONE, item="x")
    book = book_of({"b1": batch(ONE), "b2": batch(TWO, supersedes=("b1",))}, [old, new, other])
    assert held(book, old) == [(ONE, TWO)]
    assert held(book, new) == [(TWO, OPEN_END)]
    assert held(book, other) == [(ONE, OPEN_END)]
    assert holds(book, CAPS)[old.point_id].taken_by == (new.point_id,)
    assert old in book.knowledge[CAPS].points


def test_a_row_that_begins_no_later_replaces_the_earlier_one_whole():
    old, new = row("b1", 2, TWO), row("b2", 1, ONE)
    book = book_of({"b1": batch(TWO), "b2": batch(ONE, supersedes=("b1",))}, [old, new])
    assert held(book, old) == []


def test_the_order_goes_through_a_batch_that_says_nothing_of_the_subject():
    old, new = row("b1", 2, ONE), row("b3", 1, THREE)
    batches = {"b1": batch(ONE), "b2": batch(TWO, supersedes=("b1",)), "b3": batch(THREE, supersedes=("b2",))}
    assert held(book_of(batches, [old, new]), old) == [(ONE, THREE)]


def test_batches_that_name_each_other_do_not_hang():
    circle = {"a": batch(ONE, supersedes=("b",)), "b": batch(TWO, supersedes=("a",))}
    assert successors(circle) == {"a": {"a", "b"}, "b": {"a", "b"}}


def test_batches_without_a_stated_order_both_hold_and_are_named():
    old, new = row("b1", 2, ONE), row("b2", 1, TWO)
    book = book_of({"b1": batch(ONE), "b2": batch(TWO)}, [old, new])
    assert held(book, old) == [(ONE, OPEN_END)]
    assert [(r.about, r.code) for r in about_book(book, TODAY) if r.code == "overlap"] == [(CAPS, "overlap")]


def test_a_withdrawing_row_ends_the_earlier_one_and_holds_nothing():
    old, gone = row("b1", 2, ONE), row("b2", 2, TWO, withdraws=True)
    book = book_of({"b1": batch(ONE), "b2": batch(TWO, supersedes=("b1",))}, [old, gone])
    assert (held(book, old), held(book, gone)) == ([(ONE, TWO)], [])
    assert {(r.valid_from, r.valid_to) for r in bind(book)["qty_cap"].rows if r.point_id == old.point_id} == {
        (ONE, TWO)
    }


def test_a_tighter_overlay_takes_its_own_period_and_the_broader_row_comes_back():
    nation, county = row("b1", 3, ONE), row("q", 2, TWO, THREE)
    book = book_of({"b1": batch(ONE), "q": batch(TWO, "county")}, [nation, county])
    assert held(book, nation) == [(ONE, TWO), (THREE, OPEN_END)]
    assert held(book, county) == [(TWO, THREE)]
    caps = {(r.cap_e4, r.valid_from, r.valid_to) for r in bind(book)["qty_cap"].rows if r.item_code == ITEM}
    assert caps == {(30_000, ONE, TWO), (20_000, TWO, THREE), (30_000, THREE, OPEN_END)}


def test_a_silent_loosening_has_no_effect_and_is_an_error_until_it_is_cited():
    nation, loose = row("b1", 1, ONE), row("q", 2, TWO)
    batches = {"b1": batch(ONE), "q": batch(TWO, "site")}
    silent = book_of(batches, [nation, loose])
    assert held(silent, nation) == [(ONE, OPEN_END)]
    assert [(r.level, r.about) for r in about_book(silent, TODAY) if r.code == "loosens"] == [("error", CAPS)]
    cited = book_of(batches, [nation, loose.model_copy(update={"citation": "省医保局文号"})])
    assert held(cited, nation) == [(ONE, TWO)]
    assert [r for r in about_book(cited, TODAY) if r.code == "loosens"] == []


def test_what_cannot_be_compared_counts_as_loosened():
    nation = row("b1", 1, ONE)
    other = nation.model_copy(update={"point_id": "h", "batch": "q", "values": {**nation.values, "cap_unit": "小时"}})
    book = book_of({"b1": batch(ONE), "q": batch(ONE, "city")}, [nation, other])
    assert held(book, nation) == [(ONE, OPEN_END)]
    assert any(r.code == "loosens" for r in about_book(book, TODAY))


def test_the_book_of_a_knowledge_day_lacks_what_was_published_later():
    old, new = row("b1", 2, ONE), row("b2", 1, ONE)
    batches = {"b1": batch(ONE), "b2": batch(ONE, supersedes=("b1",), published_on=TWO)}
    book = book_of(batches, [old, new])
    assert held(book, old) == []
    assert held(book.known_on(TWO - DAY), old) == [(ONE, OPEN_END)]
    assert held(book.known_on(TWO), old) == []
    assert BOOK.known_on(date(2019, 12, 31)).rules == {}


def codes(book):
    return {(r.about, r.code, r.level) for r in about_book(book, TODAY)}


def test_signatures_regions_reviews_and_gaps_of_batches_are_named():
    batches = {
        "b1": batch(ONE, authored_by="甲", checked_by="甲"),
        "b2": batch(ONE, authored_by="", checked_by=None, signed_on=None, citation=" ", date_to_confirm=True),
        "b3": batch(ONE, signed_on=None, next_review=THREE),
        "p1": batch(ONE, "province", region="330000"),
        "p2": batch(ONE, "province", region="340000"),
        "p3": batch(ONE, "city", region=""),
    }
    points = [row("b1", 2, ONE, TWO), row("b1", 2, THREE)]
    assert codes(book_of(batches, points)) >= {
        ("b1", "self_checked", "error"),
        ("b2", "unchecked", "warning"),
        ("b2", "no_author", "warning"),
        ("b2", "uncited", "error"),
        ("b2", "date_to_confirm", "warning"),
        ("b3", "undated", "warning"),
        ("b3", "overdue", "warning"),
        ("p1", "region", "error"),
        ("p2", "region", "error"),
        ("p3", "region", "error"),
        (CAPS, "gap", "warning"),
    }


def test_periods_of_a_parameter_and_empty_or_unused_lists_are_named():
    rule = BOOK.rules["fund/overlapping-stays"]
    value = rule.parameters[0].values[0]
    first = value.model_copy(update={"valid_to": TWO, "citation": ""})
    pairs = {"gap": THREE, "overlap": TWO - DAY}
    for code, start in pairs.items():
        values = (first, value.model_copy(update={"valid_from": start}))
        changed = rule.model_copy(update={"parameters": (rule.parameters[0].model_copy(update={"values": values}),)})
        book = BOOK.model_copy(update={"rules": {rule.id: changed}})
        found = {r.code for r in waits(book, about_book(book, TODAY))[rule.id]}
        assert {code, "uncited", "local_value"} <= found
        assert not (set(pairs) - {code}) & found
    empty = book_of(BOOK.batches, [])
    assert ("fund/daily-quantity-cap", "empty_list", "warning") in codes(empty)
    idle = BOOK.model_copy(update={"rules": {rule.id: rule}})
    assert {r.about for r in lint(idle, TODAY) if r.code == "unbound"} >= {CAPS}


def test_what_a_rule_waits_for_includes_its_batches():
    found = {(r.kind, r.code) for r in waits(BOOK, about_book(BOOK, TODAY))["fund/daily-quantity-cap"]}
    assert {("rule", "unchecked"), ("batch", "date_to_confirm")} <= found


DAYS = st.integers(0, 8).map(lambda n: ONE + n * DAY)


@st.composite
def worlds(draw):
    """Batches in a chain of stated order per level, and points of one subject with any caps and periods."""
    levels = draw(st.lists(st.sampled_from(LEVELS), min_size=1, max_size=4))
    batches, last = {}, {}
    for n, level in enumerate(levels):
        batches[f"b{n}"] = batch(ONE, level, supersedes=(last[level],) if level in last else ())
        last[level] = f"b{n}"
    points = []
    for n in range(draw(st.integers(1, 5))):
        start = draw(DAYS)
        end = draw(st.none() | st.integers(1, 5).map(lambda days, start=start: start + days * DAY))
        cited = draw(st.sampled_from(["", "文号"]))
        name = draw(st.sampled_from(sorted(batches)))
        point = row(name, draw(st.integers(1, 3)), start, end, citation=cited)
        points.append(point.model_copy(update={"point_id": f"p{n}"}))
    return book_of(batches, points)


@given(worlds())
def test_no_point_holds_outside_its_own_period_and_no_limit_vanishes_unsaid(book):
    """On every day on which some point speaks, one holds; and without a citation the tightest national cap stays."""
    found, points = holds(book, CAPS), book.knowledge[CAPS].points
    for point in points:
        periods = found[point.point_id].periods
        assert all(point.period.both(one) == one for one in periods)
        assert all(a.end <= b.start for a, b in pairwise(periods))
    if any(point.citation for point in points):
        return
    later = successors(book.batches)
    for n in range(14):
        day = ONE + n * DAY
        caps = [int(p.get("daily_cap")) for p in points if any(day in one for one in found[p.point_id].periods)]
        national = [p for p in points if book.batches[p.batch].level == "national" and day in p.period]
        for point in national:
            replaced = [p for p in points if p.batch in later[point.batch] and p.valid_from <= day]
            if not replaced:
                assert min(caps) <= int(point.get("daily_cap"))


def test_a_point_is_named_by_its_codes_and_by_what_the_list_declares():
    kind = BOOK.knowledge[CAPS].kind
    assert kind.key == ("item_code",)
    declared = [column.model_copy(update={"key": column.name == "cap_unit"}) for column in kind.columns]
    assert kind.model_copy(update={"columns": tuple(declared)}).key == ("item_code", "cap_unit")
