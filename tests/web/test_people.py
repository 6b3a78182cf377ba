"""People, bodies and audit pages: which administrator may do what, alone and together, and what is refused."""

import csv
import io
import re
from datetime import date, timedelta

import pytest
from django.test import Client

from tests.web.people import ACTOR, PASSWORD
from zhunsheng.casework.accounts import actions as accounts
from zhunsheng.casework.accounts.models import SignIn
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import Body, BodyKind, Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import Verb, duties_held, may
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


def made(client, people, login="newcomer", body=None):
    answer = client.post("/people", {"login": login, "name": "新人", "body": (body or people["head"].body).pk})
    found = re.search(r'id="password">([a-z0-9-]+)<', answer.content.decode())
    return answer, found and found[1]


def give(client, user, duty, start=None, **more):
    day = (start or now().date()).isoformat()
    return client.post(f"/people/{user.pk}/duties", {"duty": duty, "from": day, "to": "", "certificate": "", **more})


def test_an_account_needs_two_administrators_to_become_powerful(people, as_):
    operator, keeper = as_("operator"), as_("keeper")
    answer, password = made(operator, people)
    assert answer.status_code == 200 and password
    newcomer = User.objects.get(login="newcomer")
    assert give(operator, newcomer, "head").status_code == 403, "who makes accounts gives no duties"
    assert made(keeper, people, "other")[0].status_code == 403, "who gives duties makes no accounts"
    assert give(as_("watcher"), newcomer, "head").status_code == 403
    assert not any(may(newcomer, verb) for verb in Verb)
    assert give(keeper, newcomer, "head").status_code == 302
    assert may(newcomer, Verb.DECIDE_FINDINGS)
    client = Client()
    client.post("/login", {"login": "newcomer", "password": password})
    assert client.get("/rules")["Location"] == "/account/password"
    told = (
        EvidenceOutbox.objects.filter(subject=f"user:{newcomer.pk}").order_by("sequence").values_list("kind", "actor")
    )
    assert list(told)[:2] == [
        ("user.created", people["operator"].actor_key),
        ("duty.assigned", people["keeper"].actor_key),
    ]
    assert not [row for row in EvidenceOutbox.objects.all() if password in row.payload]


def test_nobody_gives_oneself_a_duty_or_unlocks_oneself(people, as_):
    keeper, user = as_("keeper"), people["keeper"]
    answer = give(keeper, user, "head")
    assert answer.status_code == 409 and "不能办理自己的账号和职责" in answer.content.decode()
    for deed in ("lock", "unlock", "clear-factors"):
        assert keeper.post(f"/people/{user.pk}/{deed}", {"reason": "x"}).status_code == 409
    assert as_("operator").post(f"/people/{people['operator'].pk}/password").status_code == 403
    assert "授予职责" not in keeper.get(f"/people/{user.pk}").content.decode()
    assert not Duty.objects.filter(user=user, name="head").exists()


def test_days_that_have_passed_keep_the_duties_they_had(people):
    keeper, user, today = people["keeper"], people["idle"], now().date()
    given = actions.assign_duty(keeper, user, DutyName.CLINICIAN, today)
    for deed in (
        lambda: actions.assign_duty(keeper, user, DutyName.AUDITOR, today - timedelta(days=30), today),
        lambda: actions.end_duty(keeper, Duty.objects.filter(user=people["head"]).get(), today - timedelta(days=1)),
        lambda: actions.hand_over(keeper, Duty.objects.filter(user=people["lead"]).get(), user, date(2026, 8, 1)),
    ):
        with pytest.raises(Problem, match="ZS981"):
            deed()
    actions.end_duty(keeper, given, today)
    assert not duties_held(user)


def test_a_lead_hospital_registers_no_consortium_over_its_members(people):
    lead = people["lead"]
    chief = actions.create_user(ACTOR, "chief", "院管理员", lead.body, "x" * 12)
    actions.assign_duty(ACTOR, chief, DutyName.ADMINISTRATOR, date(2026, 1, 1))
    with pytest.raises(Problem, match="ZS755"):
        actions.create_body(chief, BodyKind.CONSORTIUM, "自立医共体", code=lead.body.institution_code)


def test_the_page_tells_a_clash_of_duties_and_keeps_what_was_typed(people, as_):
    keeper = as_("keeper")
    answer = give(keeper, people["reviewer"], "security", certificate="X-1")
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "不能任“安全管理员”" in page and "系统管理员、安全管理员、安全审计员须由不同人员担任" in page
    assert 'value="X-1"' in page and 'value="security" selected' in page
    faults = [("officer", {}, "须填写证件号"), ("reviewer", {}, "期间有重叠"), ("nobody", {}, "ZS|不能识别"),
              ("analyst", {"to": "2020-01-01"}, "2020-01-01"), ("analyst", {"from": "明天"}, "明天")]  # fmt: skip
    for duty, more, told in faults:
        answer = give(keeper, people["reviewer"], duty, **more)
        assert answer.status_code == 409 and re.search(told, answer.content.decode()), duty


def test_duties_that_met_before_that_was_refused_are_told(people, as_):
    operator, today = as_("operator"), now().date()
    assert "须分设的职责" not in operator.get("/people").content.decode()
    for login in ("auditor", "far"):
        Duty.objects.create(user=people[login], body=people[login].body, name="security", valid_from=today)
    Duty.objects.create(user=people["head"], body=people["head"].body, name="analyst", valid_from=today)
    assert [one.login for one in operator.get("/people").context["clashing"]] == ["auditor"]
    assert "须分设的职责" in operator.get("/people").content.decode()


def test_a_duty_is_ended_and_handed_over_on_the_page(people, as_):
    keeper, today = as_("keeper"), now().date()
    duty = people["reviewer"].duties.get(name="importer")
    day = today + timedelta(days=3)
    answer = keeper.post(f"/duties/{duty.pk}/hand-over", {"to": people["head"].pk, "day": day.isoformat()})
    assert answer.status_code == 302
    assert people["head"].duties.get(name="importer").valid_from == day
    duty.refresh_from_db()
    assert duty.valid_to == day
    duty = people["reviewer"].duties.get(name="reviewer")
    assert keeper.post(f"/duties/{duty.pk}/end", {"day": today.isoformat()}).status_code == 302
    assert not may(people["reviewer"], Verb.DECIDE_FINDINGS)
    later = keeper.post(f"/duties/{duty.pk}/end", {"day": (today + timedelta(days=9)).isoformat()})
    assert later.status_code == 409 and "不能在" in later.content.decode()
    for to in (people["lead"].pk, "x", ""):
        refused = keeper.post(f"/duties/{duty.pk}/hand-over", {"to": to, "day": today.isoformat()})
        assert refused.status_code in (404, 409)
    assert keeper.post(f"/duties/{duty.pk}/delete", {}).status_code == 404


def test_a_password_of_a_powerful_account_is_in_nobodys_hands_alone(people, as_):
    user, operator = people["reviewer"], as_("operator")
    victim = as_("reviewer")
    page = operator.post(f"/people/{user.pk}/password").content.decode()
    password = re.search(r'id="password">([a-z0-9-]+)<', page)[1]
    user.refresh_from_db()
    assert not user.is_active and "账号已锁定" in page
    assert victim.get("/rules").status_code == 302, "sessions end"
    refused = Client().post("/login", {"login": "reviewer", "password": password})
    assert refused.status_code == 401 and "账号已锁定" in refused.content.decode()
    assert operator.post(f"/people/{user.pk}/unlock", {"reason": "x"}).status_code == 403
    assert as_("keeper").post(f"/people/{user.pk}/unlock", {"reason": "当面核对身份证"}).status_code == 302
    client = Client()
    assert client.post("/login", {"login": "reviewer", "password": password}).status_code == 302
    assert client.get("/rules")["Location"] == "/account/password"


def test_a_locked_account_is_told_so_only_with_its_password(people, as_):
    assert as_("operator").post(f"/people/{people['reviewer'].pk}/lock", {"reason": "离岗"}).status_code == 302
    told = Client().post("/login", {"login": "reviewer", "password": PASSWORD}).content.decode()
    guessed = Client().post("/login", {"login": "reviewer", "password": "wrong"}).content.decode()
    assert "账号已锁定" in told and "账号已锁定" not in guessed
    assert as_("keeper").post(f"/people/{people['reviewer'].pk}/unlock", {"reason": ""}).status_code == 409


def test_unlocking_ends_a_lock_out(people, as_, settings):
    for _ in range(settings.LOGIN_LIMITS["login"]):
        Client().post("/login", {"login": "reviewer", "password": "wrong"})
    assert Client().post("/login", {"login": "reviewer", "password": PASSWORD}).status_code == 401
    as_("keeper").post(f"/people/{people['reviewer'].pk}/unlock", {"reason": "电话核实"})
    assert Client().post("/login", {"login": "reviewer", "password": PASSWORD}).status_code == 302


def test_lost_factors_are_cleared_by_the_security_administrator_with_a_reason(people, as_):
    from zhunsheng.casework.accounts import codes

    secret = codes.new_secret()
    from zhunsheng.kernel.time import epoch_seconds

    accounts.add_code_device(people["head"], secret, codes.code_at(secret, epoch_seconds(now()) // codes.STEP))
    address = f"/people/{people['head'].pk}/clear-factors"
    assert as_("operator").post(address, {"reason": "手机遗失"}).status_code == 403
    assert as_("keeper").post(address, {"reason": "手机遗失"}).status_code == 302
    assert Client().post("/login", {"login": "head", "password": PASSWORD})["Location"] == "/home"
    assert not people["head"].recovery_codes.exists()


def test_lists_are_narrowed_by_body_duty_state_and_name(people, as_):
    operator = as_("operator")

    def logins(query):
        return {person.login for person in operator.get(f"/people?{query}").context["people"]}

    assert {"head", "reviewer", "admin", "auditor"} <= logins(f"body={people['head'].body.pk}")
    assert logins("duty=security") == {"keeper"}
    assert logins("state=idle") == {"idle"}
    accounts.lock(people["operator"], people["town"], "离岗")
    assert logins("state=locked") == {"town"}
    assert "town" not in logins("state=open")
    assert logins("q=REVIEW") == {"reviewer"}
    assert logins("q=没有此人") == set()
    assert "没有符合条件的账号" in operator.get("/people?q=没有此人").content.decode()
    for query in ("duty=x", "state=x", "body=x", "page=x"):
        assert operator.get(f"/people?{query}").status_code == 400


def test_a_data_authority_runs_the_bodies_of_its_region_and_sees_no_finding(people, as_):
    operator = as_("operator")
    shown = {person.login for person in operator.get("/people").context["people"]}
    assert {"head", "health", "lead", "town", "police", "consortium"} - {"health"} <= shown
    assert not shown & {"far", "whole", "stranger"}
    for address in ("/findings", "/imports", "/worklist", "/audit"):
        assert operator.get(address).status_code == 403, address
    assert operator.get(f"/people/{people['far'].pk}").status_code == 404
    assert give(as_("keeper"), people["far"], "head").status_code == 404
    people["operator"].duties.all().delete()
    actions.assign_duty(actions_process(), people["operator"], DutyName.HEAD, now().date())
    assert not may(people["operator"], Verb.READ_FINDINGS), "a body that runs the site for others judges nothing"


def actions_process():
    from tests.web.people import ACTOR

    return ACTOR


def test_an_administrator_of_an_institution_manages_its_own_people_only(people, as_):
    actions.assign_duty(actions_process(), people["idle"], DutyName.ADMINISTRATOR, now().date())
    client = as_("idle")
    assert {person.login for person in client.get("/people").context["people"]} == {"idle", "lead"}
    assert made(client, people, body=people["head"].body)[0].status_code == 422
    assert made(client, people, "colleague", people["idle"].body)[0].status_code == 200


def test_no_body_is_registered_beyond_the_own_reach(people, as_):
    operator = as_("operator")
    wider = [
        {"kind": "insurance_authority", "name": "全站局", "region": ""},
        {"kind": "insurance_authority", "name": "外地局", "region": "330802"},
        {"kind": "institution", "name": "外地医院", "code": "H33080200006", "region": ""},
        {"kind": "institution", "name": "外地医院二", "code": "H33080200006", "region": "330781"},
        {"kind": "consortium", "name": "外地医共体", "code": "H33080200006", "region": "330781"},
        {"kind": "institution", "name": "无代码", "region": "330781"},
        {"kind": "insurance_authority", "name": "乱码", "region": "33078"},
        {"kind": "nothing", "name": "无类别", "region": "330781"},
        {"kind": "police", "name": "", "region": "330781"},
    ]
    for given in wider:
        answer = operator.post("/bodies", given)
        assert answer.status_code == 409 and "单位登记不完整" in answer.content.decode(), given
    assert operator.post("/bodies", {"kind": "finance", "name": "青禾县财政局", "region": "330781"}).status_code == 302
    again = operator.post("/bodies", {"kind": "finance", "name": "青禾县财政局", "region": "330781"})
    assert again.status_code == 409 and "已经登记" in again.content.decode()
    assert operator.post("/bodies", {"kind": "institution", "name": "镇院", "code": "H33078100003"}).status_code == 302
    assert as_("keeper").post("/bodies", {"kind": "finance", "name": "丙局", "region": "330781"}).status_code == 403
    assert Body.objects.filter(name__in=[one["name"] for one in wider]).count() == 0


def test_a_login_that_is_taken_or_odd_is_refused_in_words(people, as_):
    for login in ("HEAD", "a", "有 空格", "-x", "x" * 61 + "y"):
        answer, password = made(as_("operator"), people, login)
        assert (answer.status_code, password) == (409, None), login
        assert "登录名" in answer.content.decode()


def test_the_actions_themselves_refuse_who_may_not(people):
    for deed in (
        lambda who: actions.create_user(who, "x1", "x", who.body, PASSWORD),
        lambda who: actions.create_body(who, "vendor", "x"),
        lambda who: actions.assign_duty(who, people["idle"], "office", now().date()),
        lambda who: accounts.issue_password(who, people["idle"]),
        lambda who: accounts.unlock(who, people["idle"], "x"),
        lambda who: accounts.lock(who, people["idle"], "x"),
        lambda who: accounts.remove_factors(who, people["idle"], "x"),
    ):
        for login in ("head", "reviewer", "watcher", "idle"):
            with pytest.raises(Problem, match="ZS702"):
                deed(people[login])


def test_evidence_is_read_by_kind_actor_and_day_and_taken_out_as_a_file(people, as_):
    as_("operator").post(f"/people/{people['reviewer'].pk}/lock", {"reason": "离岗=1+1"})
    watcher = as_("watcher")
    rows = watcher.get("/audit?kind=user.locked").context["rows"]
    assert [(one["word"], one["actor"], one["subject"]) for one in rows] == [
        ("锁定账号", "职员operator (operator)", "职员reviewer (reviewer)")
    ]
    today, before = now().date(), now().date() - timedelta(days=1)
    assert watcher.get(f"/audit?who=OPERATOR&first={today}&last={today}").context["pages"].total >= 2
    assert watcher.get(f"/audit?last={before}").context["pages"].total == 0
    assert "没有符合条件的记录" in watcher.get(f"/audit?last={before}").content.decode()
    for wrong in ("who=nobody", "first=昨天", "page=0"):
        assert watcher.get(f"/audit?{wrong}").status_code == 400
    text = watcher.get("/audit.csv?kind=user.locked").content.decode("utf-8-sig")
    table = list(csv.reader(io.StringIO(text)))
    (row,) = [one for one in table if len(one) == 9 and one[3] == "user.locked"]
    assert row[2] == "锁定账号" and "离岗" in row[7] and len(row[8]) == 64
    assert watcher.get("/audit.xlsx").status_code == 200
    assert EvidenceOutbox.objects.filter(kind="list.exported", actor=people["watcher"].actor_key).count() == 2
    for login in ("operator", "keeper", "head", "idle"):
        for address in ("/audit", "/audit.csv"):
            assert as_(login).get(address).status_code == 403


def test_an_auditor_reads_the_evidence_of_bodies_in_view_only(people, as_):
    actions.assign_duty(actions_process(), people["idle"], DutyName.AUDITOR, now().date())
    as_("head").get("/")
    as_("lead").get("/")
    seen = {one["row"].actor for one in as_("idle").get("/audit").context["rows"]}
    assert people["lead"].actor_key in seen and people["head"].actor_key not in seen
    assert as_("idle").get(f"/audit?who={people['head'].login}").status_code == 400


def test_deeds_of_administrators_ask_again_who_it_is_after_a_while(people, as_, monkeypatch, settings):
    operator, keeper = as_("operator"), as_("keeper")
    monkeypatch.setattr("zhunsheng.web.signins.now", lambda: now() + timedelta(seconds=settings.CONFIRM_SECONDS + 1))
    user = people["reviewer"]
    for client, address in (
        (operator, "/people"), (operator, "/bodies"), (operator, f"/people/{user.pk}/password"),
        (keeper, f"/people/{user.pk}/lock"), (keeper, f"/people/{user.pk}/duties"),
        (keeper, f"/duties/{user.duties.first().pk}/end"),
    ):  # fmt: skip
        answer = client.post(address, {}, headers={"Referer": f"http://testserver/people/{user.pk}"})
        assert answer["Location"] == f"/confirm?next=/people/{user.pk}", address
    assert User.objects.get(pk=user.pk).is_active and SignIn.objects.count() == 2
