"""Login by two steps, codes, recovery codes, sessions, passwords: with the real client, each flow and its faults."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client

from tests.web.people import PASSWORD
from zhunsheng.casework.accounts import actions, codes, vault
from zhunsheng.casework.accounts.models import CodeDevice, RecoveryCode, SignIn
from zhunsheng.casework.bodies.models import LoginFailure
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import epoch_seconds, now

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock(monkeypatch):
    """The present of accounts and logins, moved by the test."""

    class Clock:
        ahead = timedelta()

        def __call__(self):
            return now() + self.ahead

        def move(self, **by):
            self.ahead += timedelta(**by)

    moved = Clock()
    for place in ("accounts.actions", "accounts.policies", "bodies.actions", "bodies.policies"):
        monkeypatch.setattr(f"zhunsheng.casework.{place}.now", moved)
    monkeypatch.setattr("zhunsheng.web.signins.now", moved)
    return moved


def enter(client, login="reviewer", password=PASSWORD, **more):
    return client.post("/login", {"login": login, "password": password, **more})


def evidence(*kinds):
    return list(EvidenceOutbox.objects.filter(kind__in=kinds).order_by("sequence").values_list("kind", flat=True))


def code(user, clock=None, steps=0):
    """The code that the device shows now, or some steps away."""
    secret = vault.unlock(CodeDevice.objects.get(user=user).secret)
    seconds = epoch_seconds((clock or now)())
    return codes.code_at(secret, seconds // codes.STEP + steps)


def with_device(user, clock):
    """Give a user a device, and let a minute pass so that its next code is fresh. Return the recovery codes."""
    secret = codes.new_secret()
    made = actions.add_code_device(user, secret, codes.code_at(secret, epoch_seconds(clock()) // codes.STEP))
    clock.move(seconds=90)
    return made


def test_a_device_is_added_on_the_page_and_asked_for_at_the_next_login(people, clock):
    client = Client()
    assert enter(client).status_code == 302
    page = client.get("/account/code").content.decode()
    assert "data:image/svg+xml" in page
    spelled = re.search(r'id="spelled">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    import base64

    secret = base64.b32decode(spelled + "=" * (-len(spelled) % 8))
    wrong = client.post("/account/code", {"code": "000000"})
    assert wrong.status_code == 422 and "动态口令不正确" in wrong.content.decode()
    step = epoch_seconds(clock()) // codes.STEP
    shown = client.post("/account/code", {"code": codes.code_at(secret, step)})
    told = re.findall(r"<code>([a-z0-9]{5}-[a-z0-9]{5})</code>", shown.content.decode())
    assert len(told) == codes.RECOVERY_CODES
    assert evidence("factor.added", "recovery.made") == ["factor.added", "recovery.made"]

    clock.move(seconds=90)
    second = Client()
    answer = enter(second, next="/rules")
    assert answer["Location"] == "/login/second?next=/rules"
    assert second.get("/rules").status_code == 302, "half a login opens nothing"
    refused = second.post("/login/second", {"code": "123456", "next": "/rules"})
    assert refused.status_code == 401 and "验证未通过" in refused.content.decode()
    entered = second.post("/login/second", {"code": code(people["reviewer"], clock), "next": "/rules"})
    assert (entered.status_code, entered["Location"]) == (302, "/rules")
    assert second.get("/rules").status_code == 200
    assert SignIn.objects.filter(user=people["reviewer"], way="password+code", ended_at=None).count() == 1
    assert told[0] not in str(list(EvidenceOutbox.objects.values_list("payload", flat=True)))
    assert spelled not in str(list(CodeDevice.objects.values_list("secret", flat=True)))


def test_a_code_is_taken_once_even_from_another_browser(people, clock):
    with_device(people["reviewer"], clock)
    shown = code(people["reviewer"], clock)
    first, other = Client(), Client()
    for client, status in ((first, 302), (other, 401)):
        enter(client)
        assert client.post("/login/second", {"code": shown}).status_code == status
    assert other.get("/rules").status_code == 302
    clock.move(seconds=30)
    assert other.post("/login/second", {"code": code(people["reviewer"], clock)}).status_code == 302


@pytest.mark.parametrize(("steps", "status"), [(-2, 401), (-1, 302), (0, 302), (1, 302), (2, 401)])
def test_a_clock_may_be_off_by_one_step_and_no_more(people, clock, steps, status):
    with_device(people["reviewer"], clock)
    clock.move(minutes=5)
    client = Client()
    enter(client)
    assert client.post("/login/second", {"code": code(people["reviewer"], clock, steps)}).status_code == status


def test_a_code_older_than_the_last_one_taken_is_refused(people, clock):
    with_device(people["reviewer"], clock)
    clock.move(minutes=5)
    client = Client()
    enter(client)
    assert client.post("/login/second", {"code": code(people["reviewer"], clock, 1)}).status_code == 302
    again = Client()
    enter(again)
    assert again.post("/login/second", {"code": code(people["reviewer"], clock, 0)}).status_code == 401


def test_wrong_codes_lock_the_name_out_even_for_the_right_code_and_password(people, clock):
    with_device(people["reviewer"], clock)
    client = Client()
    for _ in range(settings.LOGIN_LIMITS["login"]):
        assert enter(client).status_code == 302
        assert client.post("/login/second", {"code": "000000"}).status_code == 401
    refused = client.post("/login/second", {"code": code(people["reviewer"], clock)})
    assert refused.status_code == 401 and "失败次数过多" in refused.content.decode()
    assert enter(Client()).status_code == 401
    assert LoginFailure.objects.count() == len(evidence("login.failed")) == settings.LOGIN_LIMITS["login"]
    clock.move(seconds=settings.LOGIN_LIMITS["window_seconds"] + 1)
    fresh = Client()
    assert enter(fresh).status_code == 302
    assert fresh.post("/login/second", {"code": code(people["reviewer"], clock)}).status_code == 302


def test_the_right_password_alone_does_not_clear_the_failures_of_the_second_step(people, clock):
    with_device(people["reviewer"], clock)
    client = Client()
    enter(client)
    client.post("/login/second", {"code": "000000"})
    enter(client)
    assert LoginFailure.objects.count() == 1


def test_the_first_step_runs_out(people, clock):
    with_device(people["reviewer"], clock)
    client = Client()
    enter(client)
    clock.move(seconds=settings.SECOND_STEP_SECONDS + 1)
    answer = client.post("/login/second", {"code": code(people["reviewer"], clock)})
    assert (answer.status_code, answer["Location"]) == (302, "/login?next=/home")
    assert client.get("/rules").status_code == 302


def test_nobody_starts_at_the_second_step(people):
    assert Client().get("/login/second")["Location"].startswith("/login?")
    assert Client().post("/login/second", {"code": "000000"})["Location"].startswith("/login?")
    assert Client().get("/login/passkey.json").status_code == 404


def test_a_recovery_code_works_once_and_leaves_evidence(people, clock):
    made = with_device(people["reviewer"], clock)
    for status in (302, 401):
        client = Client()
        enter(client)
        assert client.post("/login/second", {"code": made[0].upper().replace("-", " ")}).status_code == status
    assert evidence("recovery.used") == ["recovery.used"]
    assert RecoveryCode.objects.filter(used_at__isnull=True).count() == codes.RECOVERY_CODES - 1
    assert not set(made) & set(RecoveryCode.objects.values_list("digest", flat=True))


def test_codes_of_another_person_open_nothing(people, clock):
    with_device(people["reviewer"], clock)
    theirs = with_device(people["head"], clock)
    client = Client()
    enter(client)
    for given in (theirs[0], code(people["head"], clock)):
        assert client.post("/login/second", {"code": given}).status_code == 401


def test_a_planted_session_is_not_the_one_that_is_logged_in(people, clock):
    with_device(people["head"], clock)
    for login, second in (("reviewer", False), ("head", True)):
        client = Client()
        client.get("/login/sso")
        session = client.session
        session["planted"] = 1
        session.save()
        client.cookies[settings.SESSION_COOKIE_NAME] = planted = session.session_key
        enter(client, login)
        half = client.cookies[settings.SESSION_COOKIE_NAME].value
        assert half != planted
        if second:
            assert "planted" not in client.session
            client.post("/login/second", {"code": code(people["head"], clock)})
            assert client.cookies[settings.SESSION_COOKIE_NAME].value != half
        attacker = Client()
        attacker.cookies[settings.SESSION_COOKIE_NAME] = planted
        assert attacker.get("/rules").status_code == 302


def test_a_session_is_listed_and_ended_from_another(people):
    one, two = Client(headers={"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Chrome/140.0 Safari/537.36"}), Client()
    enter(one)
    enter(two)
    page = two.get("/account").content.decode()
    assert "Chrome 140 · Windows" in page and "设备不明" in page
    row = SignIn.objects.get(device="Chrome 140 · Windows")
    assert two.post(f"/account/sessions/{row.pk}/end").status_code == 302
    assert one.get("/rules").status_code == 302
    assert two.get("/rules").status_code == 200
    assert evidence("session.ended") == ["session.ended"]
    assert two.post(f"/account/sessions/{row.pk}/end").status_code == 404, "it has ended"


def test_nobody_ends_the_session_of_another_person(people, as_):
    as_("head").get("/")
    row = SignIn.objects.get(user=people["head"])
    assert as_("reviewer").post(f"/account/sessions/{row.pk}/end").status_code == 404
    row.refresh_from_db()
    assert row.ended_at is None


def test_ending_the_own_session_and_logging_out_leave_evidence(people):
    for address in ("/account/sessions/{}/end", "/logout"):
        client = Client()
        enter(client)
        row = SignIn.objects.filter(ended_at=None).get()
        assert client.post(address.format(row.pk))["Location"] == "/login"
        row.refresh_from_db()
        assert row.ended_at is not None
    rows = EvidenceOutbox.objects.filter(kind="session.ended").values_list("payload", flat=True)
    assert ["ended" in rows[0], "logged_out" in rows[1]] == [True, True]


def test_a_password_is_changed_by_the_old_one_and_ends_the_other_sessions(people):
    client, other = Client(), Client()
    enter(client)
    enter(other)
    new = "song-zhu-mei-2026"
    faults = [
        ({"old": "wrong", "new": new, "again": new}, "当前密码不正确"),
        ({"old": PASSWORD, "new": new, "again": "x"}, "不一致"),
        ({"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}, "不能与当前密码相同"),
        ({"old": PASSWORD, "new": "reviewer1", "again": "reviewer1"}, "is-wrong"),
        ({"old": PASSWORD, "new": "1234567890", "again": "1234567890"}, "is-wrong"),
    ]
    for given, told in faults:
        answer = client.post("/account/password", given)
        assert answer.status_code == 422 and told in answer.content.decode(), given
    assert client.post("/account/password", {"old": PASSWORD, "new": new, "again": new})["Location"] == "/account"
    assert client.get("/rules").status_code == 200
    assert other.get("/rules").status_code == 302
    assert enter(Client()).status_code == 401
    assert enter(Client(), password=new).status_code == 302
    assert evidence("user.password_set") == ["user.password_set"]
    assert not [row for row in EvidenceOutbox.objects.all() if new in row.payload]


def test_guessing_the_old_password_locks_out(people):
    client = Client()
    enter(client)
    for _ in range(settings.LOGIN_LIMITS["login"]):
        client.post("/account/password", {"old": "wrong", "new": "x", "again": "x"})
    answer = client.post(
        "/account/password", {"old": PASSWORD, "new": "song-zhu-mei-2026", "again": "song-zhu-mei-2026"}
    )
    assert "失败次数过多" in answer.content.decode()


def test_a_password_for_one_use_comes_before_everything_else(people, settings):
    actions.bodies.set_password(people["reviewer"], people["reviewer"], PASSWORD, once=True)
    client = Client()
    enter(client)
    assert client.get("/rules")["Location"] == "/account/password"
    assert "一次性密码" in client.get("/account/password").content.decode()
    new = "song-zhu-mei-2026"
    client.post("/account/password", {"old": PASSWORD, "new": new, "again": new})
    assert client.get("/rules").status_code == 200
    actions.bodies.set_password(people["head"], people["head"], PASSWORD, once=True)
    settings.PASSWORD_FIRST_CHANGE = False
    other = Client()
    enter(other, "head")
    assert other.get("/rules").status_code == 200


def test_a_password_runs_out_where_the_site_says_so(people, settings, clock):
    client = Client()
    enter(client)
    clock.move(days=100)
    assert client.get("/rules").status_code == 200
    settings.PASSWORD_DAYS = 90
    assert client.get("/rules")["Location"] == "/account/password"
    people["head"].password_set_at = None
    people["head"].save()
    other = Client()
    enter(other, "head")
    assert other.get("/rules")["Location"] == "/account/password", "a day that is not known is no pass"


def test_a_duty_demands_a_second_factor_where_the_site_says_so(people, as_, settings, clock):
    client = as_("reviewer")
    assert client.get("/rules").status_code == 200
    assert "本站未要求第二因素" in client.get("/account").content.decode()
    settings.SECOND_FACTOR = "1"
    assert client.get("/rules")["Location"] == "/account"
    assert "请先添加一个" in client.get("/account").content.decode()
    assert as_("lead").get("/rules").status_code == 200, "an office decides nothing"
    with_device(people["reviewer"], clock)
    assert client.get("/rules").status_code == 200
    refused = client.post("/account/code/remove")
    assert refused.status_code == 409 and "ZS766" in refused.content.decode()


def test_a_misspelt_setting_is_told_at_start(settings):
    from django.core.checks import run_checks

    assert not [one for one in run_checks() if one.id == "accounts.E001"]
    settings.SECOND_FACTOR = "head,securty"
    assert [one for one in run_checks() if one.id == "accounts.E001"]


SENSITIVE = ["/account/code/remove", "/account/codes", "/account/passkeys", "/account/passkeys/1/remove"]


@pytest.mark.parametrize("address", ["/account/code", "/account/passkeys.json", *SENSITIVE])
def test_a_sensitive_deed_asks_again_who_it_is_after_a_while(people, clock, address):
    with_device(people["reviewer"], clock)
    client = Client()
    enter(client)
    client.post("/login/second", {"code": code(people["reviewer"], clock)})
    clock.move(seconds=settings.CONFIRM_SECONDS + 1)
    ask = client.post if address in SENSITIVE else client.get
    answer = ask(address, headers={"Referer": "http://testserver/account"})
    assert answer.status_code == 302
    assert answer["Location"] == f"/confirm?next={'/account' if address in SENSITIVE else address}"
    assert client.post("/confirm", {"password": "wrong"}).status_code == 401
    assert client.post("/confirm", {"code": "000000"}).status_code == 401
    assert CodeDevice.objects.count() == 1
    right = {"password": PASSWORD} if address in SENSITIVE else {"code": code(people["reviewer"], clock)}
    assert client.post("/confirm", {**right, "next": "/account"})["Location"] == "/account"
    assert evidence("user.confirmed", "login.failed") == ["login.failed", "login.failed", "user.confirmed"]
    assert "/confirm" not in ask(address).headers.get("Location", "")


def test_new_recovery_codes_end_the_old_ones(people, clock, as_):
    old = with_device(people["reviewer"], clock)
    client = as_("reviewer")
    page = client.post("/account/codes").content.decode()
    assert not [one for one in old if one in page]
    assert not actions.use_recovery_code(people["reviewer"], old[0])
    assert as_("head").post("/account/codes").status_code == 400, "without a factor there is nothing to recover"


def test_removing_the_last_factor_ends_the_recovery_codes_too(people, clock, as_):
    old = with_device(people["reviewer"], clock)
    assert as_("reviewer").post("/account/code/remove").status_code == 302
    assert not actions.use_recovery_code(people["reviewer"], old[0])
    assert enter(Client(), next="/rules")["Location"] == "/rules"


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page(people):
    answer = Client().post("/findings/x/notes", {"text": "a"}, headers={"Referer": "http://testserver/findings/x?a=1"})
    assert answer["Location"] == "/login?next=/findings/x%3Fa%3D1"
    answer = Client().post("/findings/x/notes", {"text": "a"}, headers={"Referer": "https://example.org/x"})
    assert answer["Location"] == "/login?next=/home"


def test_a_part_of_a_page_asked_for_after_the_session_ended_leads_the_whole_page_to_the_login(people):
    asked = {"HX-Request": "true", "Referer": "http://testserver/desk"}
    for answer in (Client().post("/desk", {}, headers=asked), Client().get("/desk", headers=asked)):
        assert (answer.status_code, answer["HX-Redirect"]) == (200, "/login?next=/desk")
        assert not answer.content


def test_a_session_that_nobody_uses_leaves_the_list(people, clock, monkeypatch):
    monkeypatch.setattr("zhunsheng.casework.accounts.queries.now", clock)
    client, other = Client(), Client()
    enter(client)
    enter(other)
    client.get("/account")
    assert client.get("/account").content.decode().count("结束登录") == 2
    SignIn.objects.filter(user=people["reviewer"]).update(seen_at=now() - timedelta(seconds=settings.IDLE_SECONDS + 1))
    monkeypatch.setattr("zhunsheng.web.middleware.now", lambda: now() + timedelta(seconds=90))
    assert client.get("/account").content.decode().count("结束登录") == 1
