"""Pages of decisions and of back-tests, as a browser sends them."""

import pytest

from tests.web.serving import LEAD
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.kernel.home import ROOT

pytestmark = pytest.mark.django_db
RULE = (ROOT / "rulebook/rules/fund/sex-limited-service.yaml").read_text("utf-8")


def a_lead():
    with current_run().reader(None) as reader:
        sql = "SELECT MIN(finding_id) AS f FROM finding WHERE institution_id = ? AND verdict <> 'unknown'"
        return reader.one(sql, [LEAD.id])["f"]


def test_a_reviewer_decides_and_the_list_can_be_asked_for_it(people, as_):
    client, key = as_("reviewer"), a_lead()
    answer = client.post(f"/findings/{key}/decisions", {"outcome": "overturned", "reason": "编码映射有误"})
    assert answer.status_code == 302 and answer.url == f"/findings/{key}#decisions"
    page = client.get(f"/findings/{key}").content.decode()
    assert "编码映射有误" in page and "撤回结论" in page and 'name="outcome"' not in page
    assert key in client.get("/findings?decided=overturned").content.decode()
    assert key not in client.get("/findings?decided=none").content.decode()
    made = Decision.objects.get()
    assert client.post(f"/decisions/{made.pk}/withdraw").status_code == 302
    assert 'name="outcome"' in client.get(f"/findings/{key}").content.decode()


def test_an_overturning_without_a_reason_is_refused_in_words(people, as_):
    answer = as_("reviewer").post(f"/findings/{a_lead()}/decisions", {"outcome": "overturned"})
    assert answer.status_code == 422 or b"ZS719" in answer.content
    assert not Decision.objects.exists()


def test_an_institution_reads_a_decision_and_may_not_make_one(people, as_):
    key = a_lead()
    as_("reviewer").post(f"/findings/{key}/decisions", {"outcome": "confirmed"})
    page = as_("lead").get(f"/findings/{key}").content.decode()
    assert "属实" in page and "撤回结论" not in page
    assert as_("lead").post(f"/findings/{key}/decisions", {"outcome": "confirmed"}).status_code == 403


def test_a_decision_out_of_view_cannot_be_withdrawn(people, as_):
    as_("reviewer").post(f"/findings/{a_lead()}/decisions", {"outcome": "confirmed"})
    assert as_("lead").post(f"/decisions/{Decision.objects.get().pk}/withdraw").status_code == 403
    assert as_("reviewer").post("/decisions/999999/withdraw").status_code == 404


def test_the_rule_page_counts_what_people_decided(people, as_):
    client, key = as_("reviewer"), a_lead()
    client.post(f"/findings/{key}/decisions", {"outcome": "confirmed"})
    rule = Decision.objects.get().rule_id
    assert "100%" in client.get(f"/rules/{rule}").content.decode()


def test_a_draft_begins_with_a_rule_of_the_book_and_is_tried(people, as_):
    client = as_("whole")
    page = client.get("/rules/backtest?rule=fund/sex-limited-service").content.decode()
    assert "id: fund/sex-limited-service" in page
    answer = client.post("/rules/backtest", {"text": RULE})
    assert answer.status_code == 200 and "与现行同一规则相比" in answer.content.decode()


@pytest.mark.parametrize(("text", "code"), [("a: [", "ZS401"), ("id: x", "ZS402"), ("", "ZS402")])
def test_a_draft_that_cannot_be_read_is_told_on_its_page(people, as_, text, code):
    answer = as_("whole").post("/rules/backtest", {"text": text})
    assert answer.status_code == 422 and "试算" in answer.content.decode()


def test_trying_rules_is_for_analysts(people, as_):
    assert as_("lead").get("/rules/backtest").status_code == 403
    assert as_("whole").get("/rules/backtest?rule=fund/none").status_code == 404
