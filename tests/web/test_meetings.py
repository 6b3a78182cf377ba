"""Pages of joint meetings: called from a form, read at the table alone, listed on the vendor's file, exported."""

from datetime import timedelta

import pytest

from tests.casework.vendoring import CODE, step, two
from tests.casework.walking import person
from tests.web.test_oversight import line as line
from tests.web.test_oversight import seen
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.cases.models import Case
from zhunsheng.casework.oversight import actions, queries
from zhunsheng.casework.oversight.states import MEETING, OPINION, RESOLUTION
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
SUBJECT = "检验报告超时联席会议"


@pytest.fixture
def table(people, line):
    """Two people of the health authority, a police head among those invited, and a check that can be spoken of."""
    people["chief"] = person("chief", people["health"].body, DutyName.HEAD)
    people["deputy"] = person("deputy", people["health"].body, DutyName.REVIEWER)
    people["seeing"] = person("seeing", people["whole"].body, DutyName.HEAD)
    people["check"] = actions.open_check(people["clerk"], line, "spot_check", now().date())
    return people


def form(table, **more):
    return {
        "f-subject": SUBJECT, "f-planned_on": str(now().date() + timedelta(days=7)), "f-place": "三楼会议室",
        "f-invited": [str(table[one].body_id) for one in ("police", "consortium")], "f-vendors": [CODE],
        "f-matters": [queries.matter_key(table["check"])], "f-agenda": "通报，讨论。", "key": "k1", **more,
    }  # fmt: skip


def called(as_, table):
    sent = as_("chief").post("/oversight/meetings/new", form(table))
    assert sent.status_code == 302, sent.content.decode()[:2000]
    return Case.objects.get(cycle=MEETING)


def test_a_meeting_is_called_from_its_form_and_a_refused_one_keeps_its_words(as_, table):
    chief = as_("chief")
    seen(chief, "/oversight/meetings", "没有符合条件的联席会议", "召集会议")
    page = seen(chief, f"/oversight/meetings/new?vendor={CODE}", "青禾县公安局", "恒诺医学检验", table["check"].number)
    assert f'value="{CODE}" checked' in page and "青禾县卫生健康局</label>" not in page
    assert chief.get("/cases/new?cycle=joint_meeting").status_code == 302
    for wrong, code in (
        ({"f-vendors": ["NOBODY"]}, "ZS913"), ({"f-invited": []}, "ZS906"), ({"f-matters": ["1/x", "<b>"]}, "ZS906"),
        ({"f-planned_on": "昨天"}, "ZS906"), ({"f-invited": ["0"]}, "ZS906"),
    ):  # fmt: skip
        back = chief.post("/oversight/meetings/new", form(table, **wrong))
        assert back.status_code in (400, 422) and code in back.content.decode() and SUBJECT in back.content.decode()
    assert not Case.objects.filter(cycle=MEETING).exists()
    case = called(as_, table)
    assert chief.post("/oversight/meetings/new", form(table)).status_code == 302  # sent twice, called once
    assert Case.objects.filter(cycle=MEETING).count() == 1
    seen(
        chief,
        f"/oversight/meetings/{case.pk}",
        SUBJECT,
        "未提出意见",
        table["check"].number,
        "会议尚未召开",
        "没有议定事项",
    )
    for login in ("consortium", "police"):
        assert as_(login).get("/oversight/meetings/new").status_code == 403


def test_the_table_reads_it_whole_and_nobody_else_reads_a_word(as_, table):
    case = called(as_, table)
    seat = Case.objects.get(cycle=OPINION, subject_body=table["police"].body)
    police = as_("police")
    assert seat.number in seen(police, "/inbox")
    seen(police, f"/oversight/meetings/{case.pk}", SUBJECT, "提出意见")
    seen(police, f"/cases/{seat.pk}?step=state_opinion", "是否出席", "联席会议")
    answer = {"f-comes": "comes", "f-opinion": "已核查两起报案。", "version": seat.version, "key": "k2"}
    assert police.post(f"/cases/{seat.pk}/moves/state_opinion", answer).status_code == 302
    seen(as_("consortium"), f"/oversight/meetings/{case.pk}", "已核查两起报案", "青禾县公安局")
    seen(as_("consortium"), f"/cases/{seat.pk}", status=404)  # the seat of another
    for login in ("seeing", "head", "vendor", "lead", "far"):
        client = as_(login)
        seen(client, f"/oversight/meetings/{case.pk}", status=404)
        for path in ("/oversight/meetings", "/cases?show=all", "/inbox", f"/vendors/{CODE}/oversight"):
            told = client.get(path).content.decode()
            assert SUBJECT not in told and case.number not in told and seat.number not in told, (login, path)
        for one in (case, seat):
            assert client.get(f"/cases/{one.pk}").status_code == 404, login
    assert as_("watcher").get(f"/oversight/meetings/{case.pk}").status_code in (403, 404)


def test_minutes_resolutions_and_what_is_late_stand_on_the_page_the_file_and_the_export(as_, table):
    case = called(as_, table)
    chief, today = table["chief"], str(now().date())
    step(chief, case, "hold", held_on=today, chair="何静", present=[str(table["police"].body_id)])
    due = str(now().date() + timedelta(days=9))
    page = seen(as_("chief"), f"/cases/{case.pk}?step=resolve", "责任单位", "青禾县公安局")
    assert "全域医疗保障局" not in page.split('name="f-owner"')[-1].split("</fieldset>")[0]  # not invited, not offered
    step(chief, case, "resolve", owner=[str(table["police"].body_id)], deed="核查两起报案。", due_on=due)
    task = Case.objects.get(cycle=RESOLUTION)
    seen(as_("consortium"), f"/oversight/meetings/{case.pk}", "纪要尚未由两人确认", "缺席", "核查两起报案", "未报告")
    two(chief, table["deputy"], case, "minute", minutes="会议讨论了报告超时的原因。")
    assert str(task.due_on) == due
    page = seen(as_("chief"), f"/oversight/meetings/{case.pk}", "会议讨论了报告超时", "1 项，未办结 1 项")
    close = {"f-result": "已落实。", "version": Case.objects.get(pk=case.pk).version}
    refused = as_("chief").post(f"/cases/{case.pk}/moves/close", close)
    assert task.number in refused.content.decode() and Case.objects.get(pk=case.pk).closed_at is None
    seen(as_("chief"), f"/vendors/{CODE}/oversight", SUBJECT, "召集会议")
    assert SUBJECT not in seen(as_("vendor"), f"/vendors/{CODE}/oversight")
    sent = as_("chief").get("/oversight/meetings.csv").content.decode("utf-8-sig")
    assert SUBJECT in sent and "核查两起报案" in sent and "待完成" in sent
    assert as_("chief").get("/oversight/meetings.xlsx").status_code == 200
    assert as_("chief").get("/oversight/meetings?show=late").content.decode().count(SUBJECT) == 0
    assert as_("chief").get("/oversight/meetings?show=nonsense").status_code == 400


def test_the_pool_offers_the_centre_to_a_health_authority_alone(as_, table):
    assert "监管中心人员" in seen(as_("chief"), "/oversight/pool", "监管中心").split('name="role"')[1]
    assert (
        "监管中心人员" not in seen(as_("consortium"), "/oversight/pool").split('name="role"')[1].split("</select>")[0]
    )
    given = {"role": "centre", "name": "监管员甲", "background": ["law"], "full_time": "yes"}
    assert as_("chief").post("/oversight/pool/add", given).status_code == 302
    seen(as_("chief"), "/oversight/pool", "监管员甲", "在库监管中心人员 1 人")
    assert as_("consortium").post("/oversight/pool/add", given).status_code == 400
