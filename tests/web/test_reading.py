"""Reading level by level: every level adds up to the one above, for every reader; peers are of one kind and level."""

import re

import pytest
from django.urls import resolve

from tests.web.people import ROLES, SEES
from tests.web.serving import FAR, LEAD, OTHER, PHARMACY, PLACES, TOWN, VILLAGE
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.findings import levels, peers, queries, reading
from zhunsheng.casework.findings.filters import Filter
from zhunsheng.casework.findings.levels import UNNAMED, Position
from zhunsheng.kernel.errors import Problem

pytestmark = pytest.mark.django_db
READERS = [login for login in ROLES if SEES[login]]
MONTH = "2026-10"


def walk(reader, position, places):
    """Yield a position and every position below it, encounters left out."""
    yield position
    for row in reading.parts(reader, position, places):
        yield from walk(reader, position.below(row["id"], lead=bool(row.get("lead"))), places)


def visits_of(reader, position):
    first = reading.encounters(reader, position, 1)
    pages = -(-(first[0]["visits"] if first else 0) // reading.ENCOUNTERS)
    return [row for number in range(1, pages + 1) for row in reading.encounters(reader, position, number)]


@pytest.mark.parametrize("login", READERS)
@pytest.mark.parametrize("month", [MONTH, ""])
def test_every_level_adds_up_to_the_one_above(people, login, month):
    seen = scope(people[login])
    places = {place.institution_id: place for place in seen.places()}
    with seen.lake() as reader:
        for position in walk(reader, Position(month), places):
            total = reading.total(reader, position)
            deepest = position.level == "practitioner"
            rows = visits_of(reader, position) if deepest else reading.parts(reader, position, places)
            for name in ("lines", "amount_fen", "findings", "unknown", "finding_amount_fen"):
                assert sum(row[name] for row in rows) == total[name], (position, name)


@pytest.mark.parametrize("login", READERS)
def test_the_list_behind_a_number_holds_that_number(people, login):
    seen = scope(people[login])
    places = {place.institution_id: place for place in seen.places()}
    with seen.lake() as reader:
        for position in walk(reader, Position(MONTH), places):
            total = reading.total(reader, position)
            listed = queries.totals(reader, Filter(**dict(position.levels), month=MONTH))
            assert listed["findings"] - listed["unknown"] == total["findings"], position
            assert listed["unknown"] == total["unknown"]
            rules = reading.by_rule(reader, position)
            assert sum(row["findings"] for row in rules) == total["findings"]
            assert sum(row["unknown"] for row in rules) == total["unknown"]


def test_a_line_that_names_no_department_stays_a_row_of_its_own():
    position = Position("", institution="H1", department=UNNAMED)
    assert position.where() == ("true AND institution_id = ? AND department_id IS NULL", ["H1"])
    assert Position("", institution="H1").below(None).department == UNNAMED
    assert Filter(department=UNNAMED).where()[0] == "true AND department_id IS NULL"


def test_the_whole_shows_consortia_as_one_row_and_others_alone(people):
    seen = scope(people["whole"])
    places = {place.institution_id: place for place in seen.places()}
    assert levels.leads(places) == {LEAD.id: [LEAD.id, TOWN.id, VILLAGE.id]}
    with seen.lake() as reader:
        rows = {row["id"]: row for row in reading.parts(reader, Position(MONTH), places)}
    assert set(rows) == {LEAD.id, OTHER.id, PHARMACY.id, FAR.id}
    assert rows[LEAD.id]["lead"] and rows[LEAD.id]["members"] == 3 and not rows[OTHER.id]["lead"]


def test_parents_that_name_each_other_do_not_hold_the_page_up():
    place = current_run().places[LEAD.id]
    ring = {key: type(place)(key, key, "hospital", "2", parent, "1") for key, parent in (("A", "B"), ("B", "A"))}
    assert set(levels.roots(ring).values()) <= {"A", "B"}


@pytest.mark.parametrize(
    ("login", "title"),
    [("head", "全部机构"), ("consortium", f"{LEAD.name}及成员单位"), ("town", TOWN.name), ("whole", "全部机构")],
)
def test_each_reader_starts_at_the_top_of_what_is_in_view(as_, login, title):
    text = as_(login).get("/places?month=all").content.decode()
    assert f"{title}：疑点" in re.sub(r"\s+", " ", text)


def test_crumbs_lead_down_from_the_consortium_to_the_line(as_):
    client = as_("head")
    address = f"/places?institution={TOWN.id}&department=D1&practitioner=D{TOWN.id[-4:]}D1&month=all"
    page = client.get(address).content.decode()
    crumbs = page[page.index('class="crumbs"') : page.index("</ol>")]
    for name in ("全部机构", f"{LEAD.name}及成员单位", TOWN.name, f"内科{TOWN.mark}", f"医师{TOWN.mark}"):
        assert name in crumbs
    visit = re.search(r'href="(/encounters/[^"?]+)\?', page)[1]
    text = client.get(visit).content.decode()
    line = re.search(r'href="(/encounters/[^"?]+/lines/[^"?]+)', text)[1]
    assert resolve(line).view_name == "line"
    assert "指出本行的疑点" in client.get(line).content.decode()


def test_a_level_outside_the_scope_does_not_exist(as_):
    for address in (
        f"/places?institution={OTHER.id}",
        f"/places?consortium={LEAD.id}",
        f"/findings/x/mark?institution={OTHER.id}",
    ):
        assert as_("town").get(address).status_code in (404, 405), address


@pytest.mark.parametrize(
    "query", ["month=2020-01", "department=D1", f"institution={LEAD.id}&practitioner=D1", "month=x"]
)
def test_an_address_that_no_page_offers_is_refused(as_, query):
    response = as_("head").get(f"/places?{query}")
    assert response.status_code == 400 and "ZS709" in response.content.decode()


def test_only_institutions_of_one_kind_and_level_are_compared(people):
    seen = scope(people["head"])
    places = {place.institution_id: place for place in seen.places()}
    with seen.lake() as reader:
        known = peers.groups(reader, places)
        months = queries.months(reader)
        wanted = peers.parse({}, months, known)
        assert (wanted.kind, wanted.grade) == ("hospital", "2")
        rows = peers.compare(reader, wanted)
        assert {row["institution_id"] for row in rows} == {LEAD.id, OTHER.id}
        whole = sum(row["findings"] for row in rows) * 1000 / sum(row["lines"] for row in rows)
        assert all(row["centre"] == pytest.approx(whole, abs=0.01) for row in rows)
        one = peers.compare(reader, peers.parse({"rule": "fund/duplicate-charge"}, months, known))
        listed = queries.totals(reader, Filter(rule="fund/duplicate-charge", month=wanted.month, institution=LEAD.id))
        lead = next(row for row in one if row["institution_id"] == LEAD.id)
        assert lead["findings"] + lead["unknown"] == listed["findings"]
        assert peers.compare(reader, peers.parse({"kind": "hospital", "grade": "3"}, months, known)) == []
        with pytest.raises(Problem, match="ZS709"):
            peers.parse({"per": "people"}, months, known)


def test_a_kind_without_levels_is_one_group_and_an_unknown_level_none():
    place = next(iter(current_run().places.values()))
    made = {
        key: type(place)(key, key, kind, grade, None, "1")
        for key, kind, grade in (("a", "pharmacy", None), ("b", "pharmacy", "0"), ("c", "hospital", None))
    }
    with current_run().reader(None) as reader:
        known = peers.groups(reader, made)
    assert {(one["kind"], one["grade"], one["count"], peers.stated(one)) for one in known} == {
        ("pharmacy", "", 2, True),
        ("hospital", None, 1, False),
    }


def test_institutions_without_data_are_one_row_that_can_be_unfolded(as_, monkeypatch):
    real = peers.compare

    def more(reader, wanted):
        rows = real(reader, wanted)
        empty = {**rows[-1], "rate": None, "out": False, "findings": 0, "unknown": 2, wanted.per: 0}
        return [*rows, *({**empty, "institution_id": f"X{n}", "name": f"无数据卫生室{n}"} for n in range(3))]

    monkeypatch.setattr(peers, "compare", more)
    text = as_("whole").get("/compare?group=hospital/2&month=all").content.decode()
    table = text[text.index("<tbody>") : text.index("</tbody>")]
    assert table.count('<tr class="is-unknown">') == 1 and "其余 3 家无数据" in table
    assert table.index("<details>") < table.index("无数据卫生室0") < table.index("</details>")
    assert table.count("<tr data-href") == 2 and ">6</td>" in table
    assert "合计 5 家" in text


def test_a_reader_of_one_institution_is_told_why_nothing_is_compared(as_):
    text = as_("town").get("/compare").content.decode()
    assert "您的查看范围内只有一家机构" in text and "<tfoot>" not in text


def test_exports_hold_every_row_and_the_total(as_):
    answer = as_("whole").get("/places.csv?month=all")
    text = answer.content.decode("utf-8-sig")
    assert answer.status_code == 200 and text.count("\r\n") == 8 + 4 + 1
    with current_run().reader(None) as reader:
        total = reading.total(reader, Position(""))
    assert f",合计,{total['findings']}," in text
    assert OTHER.name in as_("whole").get("/compare.csv?group=hospital/2&month=all").content.decode("utf-8-sig")


def test_pages_say_so_where_there_is_nothing(as_, people):
    assert "您的查看范围内还没有数据" in as_("vendor").get("/places").content.decode()
    assert "您的查看范围内还没有数据" in as_("vendor").get("/compare").content.decode()
    nothing = as_("whole").get(f"/places?institution={LEAD.id}&department=none").content.decode()
    assert "该期间没有费用明细与疑点" in nothing
    assert {place.id for place in PLACES} >= {LEAD.id}
