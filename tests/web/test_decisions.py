"""Pages of decisions and of back-tests, as a browser sends them."""

import re

import pytest

from tests.web.serving import FAR, LEAD
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
    answer = client.post(f"/findings/{key}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": "编码映射有误"})
    assert answer.status_code == 302 and answer.url == f"/findings/{key}#decisions"
    page = client.get(f"/findings/{key}").content.decode()
    assert "编码映射有误" in page and "撤回结论" in page and 'name="outcome"' not in page
    assert key in client.get("/findings?decided=overturned").content.decode()
    assert key not in client.get("/findings?decided=none").content.decode()
    made = Decision.objects.get()
    assert client.post(f"/decisions/{made.pk}/withdraw").status_code == 302
    assert 'name="outcome"' in client.get(f"/findings/{key}").content.decode()


def test_an_overturning_without_a_reason_is_refused_in_words(people, as_):
    answer = as_("reviewer").post(f"/findings/{a_lead()}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": " \x00 "})
    text = answer.content.decode()
    assert answer.status_code == 422 and "ZS726" in text and "推翻疑点须写明理由" in text
    assert not Decision.objects.exists()


def test_a_second_decision_is_told_who_decided(people, as_):
    key = a_lead()
    as_("reviewer").post(f"/findings/{key}/decisions", {"outcome": "confirmed"})
    answer = as_("head").post(f"/findings/{key}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": "x"})
    text = answer.content.decode()
    assert answer.status_code == 409 and "ZS725" in text and people["reviewer"].display_name in text


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


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "无法读取"),
        ("[" * 190_000, "嵌套超过 40 层"),
        ("a: &a [1]\nb: *a", "不得使用别名"),
        ("reviewed_on: 2026-13-45", "month must be in 1..12"),
        ("id: x", "的 valid_from 不合规定"),
        ("", "不合规定"),
        (RULE.replace("pattern: item_sex", "pattern: nothing"), "未知的样式 nothing"),
        (RULE.replace("lists: [", "lists: [nowhere, "), "不存在的 nowhere"),
    ],
)
def test_a_draft_that_cannot_be_read_is_told_on_its_page(people, as_, text, said):
    answer = as_("whole").post("/rules/backtest", {"text": text})
    assert answer.status_code == 422 and said in answer.content.decode()


def test_a_draft_that_is_not_judged_is_no_pass(people, as_):
    client = as_("whole")
    for change, said in (
        ("valid_from: 2099-01-01", "之后才施行，没有判定"),
        ("waits_for: [identity_check]", "尚在等待资料"),
    ):
        text = "\n".join(line for line in RULE.splitlines() if not line.startswith(change.split(":")[0] + ":"))
        page = client.post("/rules/backtest", {"text": f"{text}\n{change}\n"}).content.decode()
        assert said in page and "没有判定不等于合格" in page and "试算得" not in page


def test_a_trial_is_headed_by_the_name_and_names_stays_by_their_visit(people, as_):
    text = (ROOT / "rulebook/rules/fund/overlapping-stays.yaml").read_text("utf-8")
    page = as_("whole").post("/rules/backtest", {"text": text}).content.decode()
    head = page[page.index("<h1>") : page.index("</h1>")]
    assert "住院" in head and "fund/" not in head
    rows = page[page.index("项目或就诊") :]
    assert "住院 <span" in rows
    with current_run().reader(None) as reader:
        ids = [row["finding_id"] for row in reader.rows("SELECT finding_id FROM finding")]
    shown = re.sub(r'href="[^"]*"', "", rows)
    assert not [one for one in ids if one in shown]
    english = as_("whole")
    people["whole"].language = "en"
    people["whole"].save()
    assert " count<" not in english.post("/rules/backtest", {"text": text}).content.decode()


def test_a_trial_shows_nothing_of_institutions_out_of_view(people, as_):
    """Counts of rows are of the whole site: whoever sees a part of it is not told them."""
    page = as_("health").post("/rules/backtest", {"text": RULE}).content.decode()
    assert "受判行数" not in page and FAR.name not in page and FAR.id not in page
    assert "受判行数" in as_("whole").post("/rules/backtest", {"text": RULE}).content.decode()


def test_trying_rules_is_for_analysts(people, as_):
    assert as_("lead").get("/rules/backtest").status_code == 403
    assert as_("whole").get("/rules/backtest?rule=fund/none").status_code == 404
