"""A month without settlements: it is not the first page, nothing is compared with it, and nothing is called better."""

import pytest

from tests.web.test_pages import html
from zhunsheng.casework.findings import overview, queries
from zhunsheng.web.views.overview import comparable

pytestmark = pytest.mark.django_db


@pytest.fixture
def running_month(monkeypatch):
    """A month that has begun: an institution has findings in it, none has a settlement yet."""
    answers = queries.months
    monkeypatch.setattr(queries, "months", lambda reader: ["2026-11", *answers(reader)])


@pytest.mark.usefixtures("running_month")
def test_a_month_without_settlements_is_no_first_page_and_never_called_no_worse(as_):
    for address in ("/", "/places", "/compare"):
        page = html(as_("whole"), address)
        assert "<option selected>2026-10</option>" in page, address
    page = html(as_("whole"), "/?month=2026-11")
    assert "还没有结算单，不能判断是否变差" in page
    assert "没有变差的事项" not in page
    assert "较上月 −" not in page and "不可比" in page


@pytest.mark.usefixtures("running_month")
def test_what_a_month_without_settlements_has_already_is_not_listed_as_worse(as_, monkeypatch):
    rows = overview.worse
    monkeypatch.setattr(overview, "worse", lambda reader, _month: rows(reader, "2026-10"))
    answer = as_("whole").get("/?month=2026-11")
    assert answer.context["worse"] and answer.context["unsettled"]
    worse = answer.content.decode().split('id="worse"')[1].split("</section>")[0]
    assert "无法比较" in worse and "<table" not in worse and " 项" not in worse


def test_an_institution_that_has_not_settled_yet_is_not_called_better():
    told = [(0, 5), (0, 0), (3, 0), (0, None), (3, None)]
    found = [comparable({"settlements": one, "settlements_before": before}) for one, before in told]
    assert found == [False, True, True, False, False]
