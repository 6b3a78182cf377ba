"""Periodic reports: opened once a period is over, frozen from a named run, sent back, published as the rules say."""

from __future__ import annotations

from datetime import date

import pytest

from tests.casework import archiving
from tests.casework.overseeing import fresh, serving, set_clock
from tests.casework.vendoring import CODE
from tests.casework.walking import person
from zhunsheng.book.oversight import load_reports
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.cases import actions as cases
from zhunsheng.casework.cases import queries as case_queries
from zhunsheng.casework.cases.models import Case, CaseEvent
from zhunsheng.casework.documents import actions as documents
from zhunsheng.casework.documents import queries as of_documents
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.periodic import actions, library, policies, queries, tasks, wording
from zhunsheng.casework.periodic.models import PeriodReport
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT

pytestmark = pytest.mark.django_db
DAY = date(2026, 11, 23)
WORDS = {"summary": "本期服务总体平稳，准确率有所下降。", "measures": "已下达整改。", "plan": "加强抽查。"}


@pytest.fixture
def site(tmp_path, monkeypatch):
    people, line = serving(set_clock(monkeypatch, DAY))
    ServiceLine.objects.update(entered_on=date(2025, 3, 3))
    people["chief"] = person("chief", people["lab"].body, DutyName.HEAD)
    archiving.served(tmp_path, monkeypatch)
    return people, line


def take(people, login, report, move, **given):
    case = fresh(report.case)
    return cases.move(people[login], case, move, given, version=case.version)


def refused(code, deed):
    with pytest.raises(Problem) as found:
        deed()
    assert found.value.code == code, found.value
    return str(found.value)


def reports():
    return {one.kind: one for one in PeriodReport.objects.select_related("case")}


def test_a_period_is_the_last_that_is_over_and_each_report_opens_once(site):
    known = load_reports(ROOT / "rulebook")
    assert known.report("supervision_report").period(date(2026, 10, 1)) == (date(2026, 7, 1), date(2026, 10, 1))
    assert known.report("supervision_report").period(date(2026, 9, 30)) == (date(2026, 4, 1), date(2026, 7, 1))
    assert known.report("quality_paper").period(DAY) == (date(2025, 1, 1), date(2026, 1, 1))
    refused("ZS841", lambda: library.report("other"))
    assert tasks.each_day(DAY) == 1  # the white paper of 2025 fell due too long ago to be opened now
    assert tasks.each_day(DAY) == 0
    assert tasks.each_day(date(2026, 1, 2)) == 2  # of the quarter and of the year 2025
    told = {(one.kind, str(one.from_on), one.body.kind, one.receiver.kind) for one in PeriodReport.objects.all()}
    assert ("quality_paper", "2025-01-01", "vendor", "consortium") in told
    assert ("supervision_report", "2026-07-01", "consortium", "health_authority") in told
    body = site[0]["head"].body
    early = {"from_on": "2026-10-01", "until_on": "2027-01-01"}
    refused("ZS913", lambda: cases.open_case(
        cases.CLOCK, "supervision_report", early, body=body, subject_body=site[0]["bureau"].body))  # fmt: skip


def test_figures_come_from_a_named_run_and_cannot_be_typed(site):
    people, _line = site
    tasks.each_day(DAY)
    report = reports()["supervision_report"]
    assert "尚未固定数据" in refused("ZS913", lambda: take(people, "head", report, "submit"))
    typed, content = policies.expected(report)
    assert "数据须与当前运行一致" in refused(
        "ZS913", lambda: take(people, "clerk", report, "freeze", **{**typed, "complaints": "没有投诉。"})
    )
    actions.freeze(people["clerk"], report, report.case.version)
    held = PeriodReport.objects.get(pk=report.pk)
    assert (held.run, held.digest, held.content) == (archiving.RUN, typed["digest"], content)
    assert policies.expected(held)[0] == typed  # the same run gives the same figures
    row = next(one for one in held.content["indicators"] if one["indicator"] == archiving.INDICATOR)
    assert (row["numerator"], row["denominator"], row["verdict"]) == (990 + 960 + 960, 3000, "missed")
    assert {one["vendor"] for one in held.content["indicators"]} == {CODE}
    told = wording.told(held.content)
    assert "97.0%（2910/3000" in told["indicators"] and "查实 1 件，尚未认定 1 件" in told["complaints"]
    assert "数据泄露（重大）1 起" in told["incidents"] and "未评级" in told["ratings"]
    assert archiving.OTHER not in str(held.content)
    event = CaseEvent.objects.get(case=held.case, about="freeze")
    assert EvidenceOutbox.objects.get(pk=event.evidence).kind == "supervision_report.frozen"


def test_a_report_is_written_submitted_sent_back_acknowledged_and_filed(site):
    people, _line = site
    tasks.each_day(DAY)
    report = reports()["supervision_report"]
    actions.freeze(people["clerk"], report, report.case.version)
    assert "尚未编写说明" in refused("ZS913", lambda: take(people, "head", report, "submit"))
    take(people, "colleague", report, "write", **WORDS)
    refused("ZS904", lambda: take(people, "clerk", report, "submit"))  # the head alone submits
    refused("ZS904", lambda: take(people, "bureau", report, "acknowledge"))  # not submitted yet
    assert not PeriodReport.objects.get(pk=report.pk).shown
    take(people, "head", report, "submit")
    refused("ZS906", lambda: take(people, "bureau", report, "send_back"))
    take(people, "bureau", report, "send_back", reason="缺少对准确率下降的说明")
    actions.freeze(people["clerk"], report, fresh(report.case).version)
    take(people, "colleague", report, "write", **WORDS | {"summary": "准确率下降源于一台仪器，已停用。"})
    take(people, "head", report, "submit")
    refused("ZS904", lambda: take(people, "head", report, "acknowledge"))  # nobody receives the own report
    take(people, "bureau2", report, "acknowledge", opinion="已阅")
    refused("ZS913", lambda: take(people, "head", report, "publish"))
    take(people, "head", report, "file")
    assert fresh(report.case).state == "filed" and queries.published() == []
    assert queries.words(report)["summary"].startswith("准确率下降源于")
    case = fresh(report.case)
    made = documents.issue(people["head"], documents.draft(people["head"], case, "supervision_report", {}))
    text = str(made.paper)
    assert archiving.RUN in text and "准确率下降源于" in text and "97.0%" in text
    assert of_documents.one(scope(people["bureau"]), made.pk) is not None


def test_a_white_paper_is_the_vendors_hidden_until_submitted_and_published(site):
    people, line = site
    period = (date(2026, 7, 1), date(2026, 10, 1))
    actions.open_report(cases.CLOCK, "quality_paper", people["lab"].body, line.body, period, CODE)
    report = reports()["quality_paper"]
    assert queries.one(scope(people["lab"]), report.pk) and queries.one(scope(people["head"]), report.pk) is None
    actions.freeze(people["lab"], report, report.case.version)
    take(people, "lab", report, "write", **WORDS)
    refused("ZS904", lambda: take(people, "head", report, "acknowledge"))
    take(people, "chief", report, "submit")
    assert queries.one(scope(people["head"]), report.pk)
    refused("ZS904", lambda: take(people, "chief", report, "acknowledge"))
    take(people, "head", report, "acknowledge")
    refused("ZS913", lambda: take(people, "chief", report, "file"))
    take(people, "chief", report, "publish")
    assert [one.pk for one in queries.published()] == [report.pk]
    assert Case.objects.get(pk=report.case_id).state == "published"


def test_a_regulator_reads_no_draft_of_a_report_before_it_is_submitted(site):
    people, line = site
    period = (date(2026, 7, 1), date(2026, 10, 1))
    actions.open_report(cases.CLOCK, "supervision_report", line.body, people["bureau"].body, period)
    report, bureau = reports()["supervision_report"], scope(people["bureau"])
    actions.freeze(people["clerk"], report, report.case.version)
    take(people, "clerk", report, "write", **WORDS)
    assert queries.one(scope(people["head"]), report.pk) and case_queries.one(scope(people["head"]), report.case_id)
    assert queries.one(bureau, report.pk) is None and case_queries.one(bureau, report.case_id) is None
    take(people, "head", report, "submit")
    assert queries.one(bureau, report.pk) and case_queries.one(bureau, report.case_id)
    take(people, "bureau", report, "send_back", reason="补充整改情况")
    assert queries.one(bureau, report.pk), "what it sent back stays in its view"


def test_a_run_that_ends_before_the_period_freezes_nothing(site):
    people, line = site
    actions.open_report(
        people["head"], "supervision_report", line.body, people["bureau"].body, (date(2026, 8, 1), date(2026, 11, 1))
    )
    report = reports()["supervision_report"]
    assert policies.expected(report)[0]["run"] == archiving.RUN  # the run ends on the last day of the period
    report.until_on = date(2026, 11, 2)
    report.save()
    refused("ZS865", lambda: actions.freeze(people["clerk"], report, report.case.version))
    case = take(people, "head", report, "cancel", reason="报告期有误")
    assert (case.state, PeriodReport.objects.get().digest) == ("cancelled", "")
