"""What keeps strangers out: settings, lock-out, headers, uploads."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.web.people import PASSWORD
from zhunsheng.casework.bodies.models import LoginFailure
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.config import settings as real
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import now


@pytest.mark.any_database
def test_a_public_site_passes_the_deployment_check_without_a_warning(tmp_path):
    environment = {**os.environ, "ZHUNSHENG_HOME": str(tmp_path), "ZHUNSHENG_HOSTS": "zhunsheng.example.cn"}
    environment.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)  # set by a plugin of the tests, not by a site
    command = [sys.executable, "-m", "django", "check", "--deploy", "--fail-level", "WARNING"]
    environment["DJANGO_SETTINGS_MODULE"] = "zhunsheng.config.settings"
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout
    secret = tmp_path / "secret" / "django.secret"
    assert secret.stat().st_mode & 0o077 == 0
    assert len(secret.read_text()) >= 64


def test_passwords_are_argon2_and_there_is_no_admin_site():
    assert real.PASSWORD_HASHERS == ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    assert "django.contrib.admin" not in real.INSTALLED_APPS
    assert real.SESSION_SERIALIZER.endswith("JSONSerializer")


def enter(client, password, login="reviewer"):
    return client.post("/login", {"login": login, "password": password})


@pytest.mark.django_db
def test_five_wrong_passwords_make_the_name_wait_even_for_the_right_one(people):
    client = Client()
    for _ in range(settings.LOGIN_LIMITS["login"]):
        assert enter(client, "wrong").status_code == 401
    refused = enter(client, PASSWORD)
    assert refused.status_code == 401
    assert "失败次数过多" in refused.content.decode()
    assert enter(Client(), PASSWORD, "head").status_code == 302
    LoginFailure.objects.update(at=now() - timedelta(seconds=settings.LOGIN_LIMITS["window_seconds"] + 1))
    assert enter(client, PASSWORD).status_code == 302
    assert LoginFailure.objects.count() == 0


@pytest.mark.django_db
def test_a_stranger_elsewhere_does_not_lock_the_holder_out(people):
    def attempt(address, password=PASSWORD):
        return Client(REMOTE_ADDR=address).post("/login", {"login": "reviewer", "password": password}).status_code

    assert attempt("10.0.0.5") == 302
    assert [attempt("192.0.2.9", "wrong") for _ in range(6)] == [401] * 6
    assert attempt("192.0.2.10") == 401, "from elsewhere the name waits, even with the right password"
    assert attempt("10.0.0.5") == 302
    assert [attempt("192.0.2.9", "wrong") for _ in range(5)] == [401] * 5
    assert [attempt("10.0.0.5", "wrong") for _ in range(5)] == [401] * 5
    assert attempt("10.0.0.5") == 401, "who guesses beside the holder waits as well"


def test_a_name_that_does_not_exist_waits_alike_and_is_not_told_apart(people):
    answers = [enter(Client(), "wrong", login).content.decode() for login in ("nobody", "reviewer")]
    assert "登录名或密码不正确" in answers[0]
    assert "登录名或密码不正确" in answers[1]
    for _ in range(4):
        enter(Client(), "wrong", "nobody")
    assert "失败次数过多" in enter(Client(), "wrong", "NoBody").content.decode()


@pytest.mark.django_db
def test_an_address_that_tries_many_names_waits(people):
    for n in range(settings.LOGIN_LIMITS["address"]):
        enter(Client(), "wrong", f"name{n}")
    assert "失败次数过多" in enter(Client(), PASSWORD).content.decode()


@pytest.mark.django_db
def test_logins_and_failures_leave_evidence_without_name_or_address(people):
    enter(Client(), "wrong", "secretname")
    enter(Client(), PASSWORD)
    rows = list(EvidenceOutbox.objects.filter(kind__in=("login.failed", "user.logged_in")))
    assert [row.kind for row in rows] == ["login.failed", "user.logged_in"]
    assert not [row for row in rows if "secretname" in row.payload + row.subject or "127.0.0.1" in row.payload]


@pytest.mark.django_db
def test_a_page_forbids_inline_code_and_frames_and_contains_none(as_):
    response = as_("reviewer").get("/")
    policy = response["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    html = response.content.decode()
    assert " style=" not in html
    assert "onclick" not in html
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.django_db
def test_an_idle_session_ends(people, monkeypatch):
    client = Client()
    enter(client, PASSWORD)
    client.get("/")
    assert client.get("/rules").status_code == 200
    monkeypatch.setattr("zhunsheng.web.middleware.now", lambda: now() + timedelta(seconds=settings.IDLE_SECONDS + 60))
    assert client.get("/rules").status_code == 302


@pytest.mark.django_db
def test_a_form_from_elsewhere_is_refused_in_words(people):
    client = Client(enforce_csrf_checks=True)
    response = client.post("/login", {"login": "reviewer", "password": PASSWORD})
    assert response.status_code == 403
    assert "表单已过期" in response.content.decode()


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://example.org/", "//example.org", "javascript:alert(1)", "/rules"])
def test_a_login_leads_back_into_the_site_only(people, target):
    response = Client().post("/login", {"login": "reviewer", "password": PASSWORD, "next": target})
    assert response["Location"] == ("/rules" if target == "/rules" else "/home")


@pytest.mark.any_database
@pytest.mark.django_db
@pytest.mark.parametrize("login", [None, "pharmacy"])
@pytest.mark.parametrize("address", ["/login", "/language", "/imports", "/nothing-here"])
def test_a_large_body_is_refused_unread_from_whoever_may_not_import(people, as_, monkeypatch, login, address):
    monkeypatch.setattr("zhunsheng.web.uploads.LimitedUploadHandler.new_file", lambda *_a, **_k: pytest.fail("read"))
    client = as_(login) if login else Client()
    client.handler.enforce_csrf_checks = True
    answer = client.post(address, {"files": [SimpleUploadedFile("a.csv", b"x" * 400_000)]})
    assert answer.status_code == 413
    assert "ZS717" in answer.content.decode()


@pytest.mark.django_db
def test_behind_a_proxy_an_address_is_the_hop_that_the_proxy_has_written(people, settings):
    settings.BEHIND_PROXY = True
    for n in range(settings.LOGIN_LIMITS["address"]):
        attacker = {"HTTP_X_FORWARDED_FOR": f"10.0.0.{n}, 203.0.113.9"}
        Client().post("/login", {"login": f"name{n}", "password": "wrong"}, **attacker)
    right = {"login": "reviewer", "password": PASSWORD}
    assert Client().post("/login", right, HTTP_X_FORWARDED_FOR="10.9.9.9, 203.0.113.9").status_code == 401
    assert Client().post("/login", right, HTTP_X_FORWARDED_FOR="203.0.113.10").status_code == 302


@pytest.mark.django_db
def test_without_a_proxy_nobody_chooses_an_address(people, settings):
    settings.LOGIN_LIMITS = {**settings.LOGIN_LIMITS, "address": 3}
    for n in range(3):
        Client().post("/login", {"login": f"n{n}", "password": "wrong"}, HTTP_X_FORWARDED_FOR=f"10.0.0.{n}")
    assert Client().post("/login", {"login": "reviewer", "password": PASSWORD}).status_code == 401


@pytest.mark.django_db
def test_an_upload_is_limited_by_kind_and_size(as_, settings):
    client = as_("reviewer")
    wrong = client.post("/imports", {"files": [SimpleUploadedFile("a.exe", b"MZ")]})
    assert (wrong.status_code, "a.exe" in wrong.content.decode()) == (400, True)
    assert client.post("/imports", {}).status_code == 400
    settings.UPLOAD_LIMITS = {**settings.UPLOAD_LIMITS, "file_bytes": 1000}
    large = client.post("/imports", {"files": [SimpleUploadedFile("a.csv", b"x" * 200_000)]})
    assert large.status_code == 413
    assert "a.csv" in large.content.decode()
