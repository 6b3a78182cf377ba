"""Decisions on findings: who may, what must be said, that one stands, that each leaves evidence; precision of rules."""

import json
import os
import subprocess
import sys

import pytest

from tests.web.serving import LEAD, OTHER
from zhunsheng.casework.bodies.lake import current_run
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.decisions import actions, queries
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.decisions.queries import Precision
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

pytestmark = pytest.mark.django_db


def findings(where, *values):
    with current_run().reader(None) as reader:
        sql = f"SELECT * FROM finding WHERE {where} ORDER BY finding_id"
        return reader.rows(sql, values)


def a_lead(place=LEAD):
    return findings("verdict <> 'unknown' AND institution_id = ?", place.id)[0]


def decide(user, found, outcome="confirmed", reason="病历核对一致"):
    cause = "wrong_facts" if outcome == "overturned" else ""
    return actions.decide(user, found, outcome, reason, cause, run_id="r1", rule_digest="d")


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
    [("overturned", "  ", "ZS726"), ("maybe", "x", "ZS709"), ("confirmed", "长" * 2001, "ZS719")],
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


def test_two_who_looked_at_once_get_one_decision_and_one_answer_in_words(people, monkeypatch):
    """Both looked before either wrote: the database refuses the second, who is told who decided."""
    found, look, looks = a_lead(), actions._standing, []

    def late(key):
        looks.append(key)
        return look(key) if len(looks) > 1 else None

    decide(people["reviewer"], found)
    monkeypatch.setattr(actions, "_standing", late)
    with pytest.raises(Problem) as refused:
        decide(people["head"], found)
    assert refused.value.code == "ZS725" and refused.value.values["who"] == people["reviewer"].display_name
    assert len(looks) == 2 and Decision.objects.count() == 1
    assert EvidenceOutbox.objects.filter(kind="finding.decided").count() == 1


#: A site of its own, whose evidence the tests of this process could not remove: threads with a connection each.
CROWD = """
import os, sys, threading
os.environ |= {"ZHUNSHENG_HOME": sys.argv[1], "DJANGO_SETTINGS_MODULE": "zhunsheng.config.settings"}
import django
django.setup()
from django.core.management import call_command
from django.db import connection
call_command("migrate", verbosity=0)
from tests.web.people import create
from zhunsheng.casework.decisions import actions
from zhunsheng.casework.decisions.models import Decision
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
people = create("reviewer", "head", "agency")
found = {"finding_id": "f", "rule_id": "r", "institution_id": "h", "month": "2026-03", "amount_fen": 1,
    "verdict": "violation", "state": "new"}
told, start = [], threading.Barrier(6)
def work(user):
    start.wait()
    try:
        actions.decide(user, found, "confirmed", "", run_id="r1", rule_digest="d")
        told.append("made")
    except Problem as problem:
        told.append(problem.code)
    except Exception as error:
        told.append(repr(error))
    connection.close()
threads = [threading.Thread(target=work, args=(user,)) for user in list(people.values()) * 2]
for one in threads:
    one.start()
for one in threads:
    one.join()
print(sorted(told), Decision.objects.count(), EvidenceOutbox.objects.filter(kind="finding.decided").count())
"""


@pytest.mark.any_database  # processes on an SQLite file of their own
def test_six_threads_that_decide_at_once_make_one_decision(tmp_path, laid):
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    command = [sys.executable, "-c", CROWD, str(laid(tmp_path))]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == f"{['ZS725'] * 5 + ['made']} 1 1", done.stderr[-2000:]
