"""Decisions on findings: who may, what must be said, that one stands, that each leaves evidence; precision of rules."""

import json

import pytest

from tests.web.serving import LEAD, OTHER
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.decisions import actions, queries
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.queries import Precision
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem

pytestmark = pytest.mark.django_db


def findings(where, *values):
    with current_run().reader(None) as reader:
        sql = f"SELECT * FROM finding WHERE {where} ORDER BY finding_id"
        return reader.rows(sql, values)


def a_lead(place=LEAD):
    return findings("verdict <> 'unknown' AND institution_id = ?", place.id)[0]


def decide(user, found, outcome="confirmed", reason="病历核对一致"):
    return actions.decide(user, found, outcome, reason, run_id="r1", rule_digest="d")


def test_a_decision_keeps_what_stood_in_the_finding_and_leaves_evidence(people):
    found = a_lead()
    made = decide(people["reviewer"], found)
    assert (made.rule_id, made.institution_id, made.amount_fen) == (found["rule_id"], LEAD.id, found["amount_fen"])
    row = EvidenceOutbox.objects.order_by("sequence").last()
    assert (row.kind, row.actor, row.subject) == (
        "finding.decided",
        people["reviewer"].actor_key,
        f"finding:{found['finding_id']}",
    )
    assert "病历" not in row.payload and json.loads(row.payload)["outcome"] == "confirmed"


def test_a_finding_is_decided_once_and_open_again_after_a_withdrawal(people):
    found = a_lead()
    first = decide(people["reviewer"], found)
    with pytest.raises(Problem) as refused:
        decide(people["head"], found, "overturned")
    assert refused.value.code == "ZS725"
    actions.withdraw(people["head"], first)
    again = decide(people["head"], found, "overturned", "项目编码映射有误")
    kept = queries.of_finding(scope(people["head"]), found["finding_id"])
    assert [one.pk for one in kept] == [again.pk, first.pk] and kept[1].withdrawn_by == people["head"]
    assert queries.outcomes(scope(people["head"])) == {found["finding_id"]: "overturned"}


@pytest.mark.parametrize(
    ("outcome", "reason", "code"),
    [("overturned", "  ", "ZS719"), ("maybe", "x", "ZS709"), ("confirmed", "长" * 2001, "ZS719")],
)
def test_an_overturning_needs_a_reason_and_an_outcome_is_one_of_two(people, outcome, reason, code):
    with pytest.raises(Problem) as refused:
        decide(people["reviewer"], a_lead(), outcome, reason)
    assert refused.value.code == code and not Decision.objects.exists()


def test_what_could_not_be_judged_cannot_be_decided(people):
    unknown = findings("verdict = 'unknown'")[0]
    with pytest.raises(Problem) as refused:
        decide(people["reviewer"], unknown)
    assert refused.value.code == "ZS724"


@pytest.mark.parametrize("login", ["health", "whole", "consortium", "lead", "auditor", "vendor"])
def test_only_who_answers_for_the_fund_decides(people, login):
    with pytest.raises(Problem) as refused:
        decide(people[login], a_lead())
    assert refused.value.code == "ZS702"


def test_an_institution_sees_decisions_on_its_own_findings_alone(people):
    mine, theirs = a_lead(LEAD), a_lead(OTHER)
    decide(people["reviewer"], mine)
    decide(people["reviewer"], theirs)
    assert set(queries.outcomes(scope(people["lead"]))) == {mine["finding_id"]}
    assert set(queries.outcomes(scope(people["other"]))) == {theirs["finding_id"]}
    assert queries.outcomes(scope(people["vendor"])) == {}


def test_precision_counts_what_stands_by_rule_and_month(people):
    leads = findings("verdict <> 'unknown'")
    rule = leads[0]["rule_id"]
    of_rule = [one for one in leads if one["rule_id"] == rule][:3]
    made = [decide(people["reviewer"], one, "overturned" if n else "confirmed") for n, one in enumerate(of_rule)]
    told = queries.precision(scope(people["reviewer"]))[rule]
    assert (told.confirmed, told.overturned) == (1, len(of_rule) - 1)
    assert [one.decided for one in queries.precision_by_month(scope(people["reviewer"]), rule)] == [len(of_rule)]
    actions.withdraw(people["reviewer"], made[0])
    assert (
        rule not in queries.precision(scope(people["reviewer"]))
        or not queries.precision(scope(people["reviewer"]))[rule].confirmed
    )


def test_a_rule_that_people_keep_overturning_says_so_only_with_enough_decisions():
    assert not Precision(0, 9).doubtful
    assert Precision(1, 12).doubtful
    assert not Precision(6, 6).doubtful
    assert Precision(0, 0).share is None and Precision(0, 0).interval is None
