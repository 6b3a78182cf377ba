"""Pages of decisions and of back-tests, as a browser sends them."""

import re
from datetime import date

import pytest

from tests.casework.walking import take
from tests.web.serving import FAR, LEAD
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.library import overturning
from zhunsheng.casework.decisions import queries
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.queries import Precision
from zhunsheng.casework.findings import lookback
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
RULE = (ROOT / "rulebook/rules/fund/sex-limited-service.yaml").read_text("utf-8")


def a_lead():
    with current_run().reader(None) as reader:
        sql = "SELECT MIN(finding_id) AS f FROM finding WHERE institution_id = ? AND verdict <> 'unknown'"
        return reader.one(sql, [LEAD.id])["f"]


def test_a_reviewer_decides_and_the_list_can_be_asked_for_it(people, as_):
    client, key = as_("reviewer"), a_lead()
    answer = client.post(
        f"/findings/{key}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": "编码映射有误"}
    )
    assert answer.status_code == 302 and answer.url == f"/findings/{key}#decisions"
    page = client.get(f"/findings/{key}").content.decode()
    assert "编码映射有误" in page and "撤回结论" in page and 'name="outcome"' not in page
    assert key in client.get("/findings?decided=overturned").content.decode()
    assert key not in client.get("/findings?decided=none").content.decode()
    made = Decision.objects.get()
    assert client.post(f"/decisions/{made.pk}/withdraw").status_code == 302
    assert 'name="outcome"' in client.get(f"/findings/{key}").content.decode()


def test_an_overturning_without_a_reason_is_refused_in_words(people, as_):
    answer = as_("reviewer").post(
        f"/findings/{a_lead()}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": " \x00 "}
    )
    text = answer.content.decode()
    assert answer.status_code == 422 and "ZS726" in text and "推翻疑点须写明理由" in text
    assert not Decision.objects.exists()


def test_a_second_decision_is_told_who_decided(people, as_):
    key = a_lead()
    as_("reviewer").post(f"/findings/{key}/decisions", {"outcome": "confirmed"})
    answer = as_("head").post(
        f"/findings/{key}/decisions", {"outcome": "overturned", "cause": "wrong_facts", "reason": "x"}
    )
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


def test_overturning_asks_for_a_cause_and_its_rule_s_author_answers(people, as_):
    analyst, key = as_("whole"), a_lead()
    sent = {"outcome": "overturned", "reason": "属骨折后再次入院"}
    for cause in ("", "because"):
        answer = as_("reviewer").post(f"/findings/{key}/decisions", sent | {"cause": cause})
        assert answer.status_code == 422 and "ZS942" in answer.content.decode()
    as_("reviewer").post(f"/findings/{key}/decisions", sent | {"cause": "known_false_positive"})
    assert "属规则已写明的误判" in as_("lead").get(f"/findings/{key}").content.decode()
    made = Decision.objects.get()
    text = analyst.get("/rules/overturned").content.decode()
    assert key in text and "属规则已写明的误判" in text and "属骨折后再次入院" in text
    address = f"/rules/overturned/{made.pk}"
    answer = analyst.post(address, {"answer": "no_change", "text": " "})
    assert (
        answer.status_code == 422
        and "ZS943" in answer.content.decode()
        and 'value="no_change" selected' in (answer.content.decode())
    )
    assert analyst.post(address, {"answer": "maybe", "text": "补例"}).status_code == 422
    assert analyst.post(address, {"answer": "example_added", "text": "补算例：骨折后再入院"}).status_code == 302
    assert key not in analyst.get("/rules/overturned").content.decode()
    assert "补算例：骨折后再入院" in analyst.get("/rules/overturned?show=answered").content.decode()
    assert EvidenceOutbox.objects.get(kind="rule.answered").subject == f"finding:{key}"
    for login in ("reviewer", "lead", "health"):  # who may not answer, and an analyst of another trade
        assert as_(login).post(address, {"answer": "no_change", "text": "不改"}).status_code == 403
        assert as_(login).get("/rules/overturned").status_code == 403


def test_a_rule_that_people_keep_overturning_says_so_from_the_dated_share_on(people, as_):
    threshold = overturning().threshold(date(2026, 11, 22))
    assert overturning().threshold(date(2025, 12, 31)) is None and not queries.marked(Precision(0, 99), None)
    counts = {(7, 3): True, (71, 29): False, (0, 9): False, (6, 4): True}
    assert {key: queries.marked(Precision(*key), threshold) for key in counts} == counts
    with current_run().reader(None) as reader:
        rule = reader.one("SELECT rule_id FROM finding WHERE finding_id = ?", [a_lead()])["rule_id"]
    for number in range(10):
        Decision.objects.create(
            finding_id=f"x{number}", rule_id=rule, rule_digest="d", run_id="r", institution_id=LEAD.id,
            month="2026-03", amount_fen=1, outcome="overturned" if number < 3 else "confirmed", cause="other",
            reason="x", body=people["head"].body, decided_by=people["head"], decided_at=now(),
        )  # fmt: skip
    assert "多被推翻" in as_("head").get("/rules").content.decode()
    text = as_("head").get(f"/rules/{rule}").content.decode()
    assert "已核实 10 件中 3 件不属实" in text and "30%" in text and "不计入查准率" in text
    assert "多被推翻" not in as_("far").get("/rules").content.decode()


def test_a_case_that_is_not_established_overturns_its_findings_and_a_decision_confirms_them(people):
    keys = some_leads(3)
    crew = {"one": people["reviewer"], "two": people["head"], "office": people["lead"], "legal": people["legal"]}
    cycle = library.cycle("fund_case")
    for taken, outcome in ((keys[:2], "overturned"), (keys[1:], "confirmed")):
        opened = {"officers": [str(people["reviewer"].pk), str(people["head"].pk)], "article": "reg-735/38",
                  "findings": taken, "reason": "线索属实"}  # fmt: skip
        body = people["reviewer"].body
        case = cases.open_case(people["reviewer"], "fund_case", opened, body=body, institution_id=LEAD.id)
        for name in ("notify", "waive", "submit_for_review", "pass_review"):
            case = take(case, cycle, name, crew)
        name = "dismiss" if outcome == "overturned" else "decide_penalty"
        take(case, cycle, name, crew, {"cause": "policy_misread"} if name == "dismiss" else None)
    found = {one.finding_id: (one.outcome, one.cause, one.case_id is not None) for one in Decision.objects.all()}
    assert found == {  # the second was decided with the first case and stays so
        keys[0]: ("overturned", "policy_misread", True), keys[1]: ("overturned", "policy_misread", True),
        keys[2]: ("confirmed", "", True),
    }  # fmt: skip


def some_leads(count):
    with current_run().reader(None) as reader:
        sql = (
            "SELECT finding_id FROM finding WHERE institution_id = ? AND verdict <> 'unknown' "
            "ORDER BY finding_id LIMIT ?"
        )
        return [row["finding_id"] for row in reader.rows(sql, [LEAD.id, count])]


def test_a_look_back_counts_what_the_run_knows_and_calls_the_rest_unknown(people):
    assert lookback.months_before(date(2026, 1, 15)) == ("2025-10", "2025-11", "2025-12")
    assert lookback.months_after(date(2026, 11, 2)) == ("2026-12", "2027-01", "2027-02")
    with current_run().reader(frozenset({LEAD.id})) as reader:
        rules = lookback.rules_of(reader, some_leads(2))
        sql = (
            "SELECT month, COUNT(*) AS n, SUM(amount_fen)::BIGINT AS fen FROM finding WHERE rule_id = ? AND "
            "verdict <> 'unknown' AND month IN (SELECT month FROM institution_month WHERE lines > 0) "
            "GROUP BY month ORDER BY month LIMIT 1"
        )
        known = reader.one(sql, [rules[0]])
        found = lookback.measure(reader, LEAD.id, rules[:1], [known["month"], "2031-01"])
        assert (found.findings, found.amount_fen, found.missing) == (known["n"], known["fen"], ("2031-01",))
        assert found.touched <= found.visits or not found.visits
        assert lookback.measure(reader, FAR.id, rules, [known["month"]]).findings == 0
