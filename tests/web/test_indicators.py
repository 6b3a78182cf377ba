"""Pages of indicators: what a reader meets of them, what a number leads to, and what stays out of sight."""

import json

import pytest

from tests.web.people import SEES
from tests.web.serving import LEAD, OTHER, PLACES, TOWN
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.indicators import queries
from zhunsheng.indicators.plain import Counted
from zhunsheng.web import book

pytestmark = pytest.mark.django_db
STAYS = "records/charge_class"


def text(response):
    assert response.status_code == 200
    return response.content.decode("utf-8-sig")


@pytest.mark.parametrize("login", ["whole", "consortium", "town", "far"])
def test_every_page_shows_what_is_in_view_and_nothing_else(as_, people, login):
    client, seen = as_(login), {place.id for place in SEES[login]}
    pages = [
        "/indicators",
        "/indicators?span=12&area=records",
        f"/indicators/{STAYS}",
        "/indicators.csv",
        "/indicators.json",
    ]
    told = "".join(text(client.get(page)) for page in pages)
    assert {place.id for place in PLACES if place.id in told} == seen
    assert "费用明细费用类别填报率" in told


def test_a_number_leads_to_its_rows_and_they_add_up(as_, people):
    client = as_("whole")
    month = text(client.get("/indicators.json?indicator=" + STAYS))
    held = {row["subject"]: row for row in json.loads(month)["rows"]}
    page = text(client.get(f"/indicators/{STAYS}/rows?subject={LEAD.id}"))
    total = held[LEAD.id]["denominator"] + held[LEAD.id]["unknown"]
    assert f"共 {total}" in page and "分子与分母" in page
    told = text(client.get(f"/indicators/{STAYS}/rows.csv?subject={LEAD.id}"))
    assert told.count("分子与分母") == held[LEAD.id]["numerator"]


def test_rows_of_another_institution_are_not_there(as_):
    assert as_("town").get(f"/indicators/{STAYS}/rows?subject={OTHER.id}").status_code == 404
    assert as_("town").get(f"/indicators/{STAYS}?subject={OTHER.id}").status_code == 404
    assert as_("whole").get("/indicators/records/nothing").status_code == 404
    assert as_("whole").get("/indicators?month=1999-01").status_code == 400


def test_a_changed_target_judges_anew_and_a_changed_definition_is_said(as_, people, monkeypatch):
    present = book.book()
    one = present.indicators[STAYS]
    lower = one.model_copy(update={"targets": (one.targets[0].model_copy(update={"value": "100.1"}),)})
    other = one.model_copy(update={"universe": ()})
    for changed, word in ((lower, "未达到"), (other, "定义在本次运行之后改过")):
        swapped = present.model_copy(update={"indicators": {**present.indicators, STAYS: changed}, "digest": word})
        monkeypatch.setattr(book, "book", lambda swapped=swapped: swapped)
        assert word in text(as_("whole").get(f"/indicators/{STAYS}"))


def test_peers_are_open_as_deciles_and_counts_are_not(people):
    seen = scope(people["town"])
    with seen.lake() as reader:
        held = queries.series(reader)
        assert {subject.partition("/")[0] for series in held.values() for subject in series} == {TOWN.id}
        assert queries.stale(reader, book.book()) == frozenset()


def test_whoever_sees_nothing_is_told_so(as_):
    assert "您的查看范围内还没有数据" in text(as_("vendor").get("/indicators"))


def test_small_counts_of_a_vendor_are_kept_back_from_a_member_and_shown_to_who_supervises_it(as_, people, monkeypatch):
    key, vendor = "vendors/report_on_time", "91990124MA7QH00016"
    one = book.book().indicators[key]
    real = queries.series

    def series(reader, indicator_id="", since=""):
        month = queries.months(reader)[1]
        counted = Counted(key, "vendor", vendor, vendor, month, 97, 100, 0, 0, 100)
        return {**real(reader, indicator_id, since), key: {vendor: [counted]}}

    monkeypatch.setattr(queries, "series", series)
    monkeypatch.setattr(queries, "_boards", type(queries._boards)())
    assert one.subject == "vendor"
    for login, shown in (("town", False), ("whole", True)):
        with scope(people[login]).lake() as reader:
            month = queries.months(reader)[1]
        page = text(as_(login).get(f"/indicators/{key}?month={month}"))
        board = text(as_(login).get(f"/indicators?month={month}&area=vendors"))
        (row,) = json.loads(text(as_(login).get(f"/indicators.json?month={month}&indicator={key}")))["rows"]
        assert (("97 / 100" in page), ("97 / 100" in board)) == (shown, shown), login
        assert ("例数少，不显示" in page) is not shown
        assert (row["numerator"], row["value"]) == ((97, "97.0") if shown else ("", ""))
