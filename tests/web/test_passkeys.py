"""Passkeys against answers made in software: the right one gets in, each wrong one stays out and counts."""

import json

import pytest
from django.conf import settings
from django.test import Client

from tests.web.people import PASSWORD
from tests.web.softkey import SoftKey, known
from zhunsheng.casework.accounts.models import Passkey, RecoveryCode
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import LoginFailure
from zhunsheng.casework.outbox.models import EvidenceOutbox

pytestmark = pytest.mark.django_db


def enter(login="reviewer"):
    client = Client()
    client.post("/login", {"login": login, "password": PASSWORD})
    return client


def add(client, key, name="办公室电脑", **wrong):
    options = client.get("/account/passkeys.json").json()
    return client.post("/account/passkeys", {"name": name, "credential": key.create(options, **wrong)})


@pytest.fixture
def key(people):
    made = SoftKey()
    assert add(enter(), made).status_code == 200
    return made


def second(client, key, **wrong):
    options = client.get("/login/passkey.json").json()
    return client.post("/login/second", {"credential": key.sign(options, **wrong), "next": "/rules"})


def test_a_passkey_gets_in_and_its_count_is_kept(people, key):
    assert RecoveryCode.objects.count() == 10
    client = enter()
    assert client.get("/rules").status_code == 302
    assert known(client.get("/login/passkey.json").json()) == [key.id]
    assert second(client, key)["Location"] == "/rules"
    assert client.get("/rules").status_code == 200
    assert (Passkey.objects.get().sign_count, Passkey.objects.get().used_at is not None) == (1, True)
    assert people["reviewer"].sign_ins.first().way == "password+passkey"


WRONG = [
    {"origin": "http://zhunsheng.example.org"},
    {"site": "example.org"},
    {"challenge": "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},
    {"flags": 0x00},
]


@pytest.mark.parametrize("wrong", WRONG)
def test_an_answer_for_another_site_challenge_or_without_a_person_stays_out(key, wrong):
    client = enter()
    assert second(client, key, **wrong).status_code == 401
    assert client.get("/rules").status_code == 302 and LoginFailure.objects.count() == 1


@pytest.mark.parametrize("wrong", WRONG[:3])
def test_a_passkey_made_for_another_site_is_not_kept(people, wrong):
    answer = add(enter(), SoftKey(), **wrong)
    assert answer.status_code == 400 and "ZS765" in answer.content.decode()
    assert not Passkey.objects.exists()


def test_an_answer_is_taken_once(key):
    client = enter()
    options = client.get("/login/passkey.json").json()
    answer = key.sign(options)
    assert client.post("/login/second", {"credential": answer}).status_code == 302
    again = enter()
    assert again.post("/login/second", {"credential": answer}).status_code == 401
    again.get("/login/passkey.json")
    assert again.post("/login/second", {"credential": answer}).status_code == 401


def test_a_copy_that_counts_from_the_start_stays_out(key):
    for _ in range(3):
        assert second(enter(), key).status_code == 302
    key.count = 0
    assert second(enter(), key).status_code == 401


def test_a_key_of_nobody_or_of_another_person_stays_out(people, key):
    other = SoftKey()
    assert add(enter("head"), other).status_code == 200
    for wrong in (SoftKey(), other):
        client = enter()
        assert second(client, wrong).status_code == 401
    stolen = SoftKey()
    stolen.id = key.id
    assert second(enter(), stolen).status_code == 401, "the name of a key is not the key"
    assert add(enter("town"), key).status_code == 400, "one key, one account"


HOSTILE = ["", "{", "[]", "null", "1", '"x"', "{}", '{"id": 1}', '{"id": null, "response": []}', "x" * 100_000,
           '{"id": "x", "rawId": "x", "type": "public-key", "response": {"clientDataJSON": "!!"}}']  # fmt: skip


@pytest.mark.parametrize("given", HOSTILE)
def test_a_garbled_answer_is_refused_in_words(people, key, given):
    client = enter()
    client.get("/login/passkey.json")
    assert client.post("/login/second", {"credential": given, "code": "x"}).status_code == 401
    assert client.get("/rules").status_code == 302
    member = enter("head")
    member.get("/account/passkeys.json")
    answer = member.post("/account/passkeys", {"name": "x", "credential": given})
    assert answer.status_code == 400 and "ZS765" in answer.content.decode()


def test_an_answer_without_end_or_with_odd_signs_counts_as_a_wrong_one(people, key):
    for given in ("[" * 16_000, '{"id": "\\u0000"}', '{"id": "\\ud800"}'):
        client = enter()
        client.get("/login/passkey.json")
        assert client.post("/login/second", {"credential": given}).status_code == 401
    assert LoginFailure.objects.count() == 3
    other = enter("head")
    other.get("/account/passkeys.json")
    assert other.post("/account/passkeys", {"name": "x", "credential": "[" * 16_000}).status_code == 400


def test_a_first_step_by_a_password_that_changed_since_is_none(people, key):
    client = enter()
    answer = key.sign(client.get("/login/passkey.json").json())
    actions.set_password(people["reviewer"], people["reviewer"], "another-one-of-2026")
    client.post("/login/second", {"credential": answer})
    assert client.get("/rules").status_code == 302 and not people["reviewer"].sign_ins.filter(way__contains="passkey")


def test_parts_of_a_right_answer_changed_are_refused(people, key):
    client = enter()
    options = client.get("/login/passkey.json").json()
    right = json.loads(key.sign(options))
    for name in ("clientDataJSON", "authenticatorData", "signature"):
        broken = json.loads(json.dumps(right))
        text = broken["response"][name]
        broken["response"][name] = text[:20] + ("A" if text[20] != "A" else "B") + text[21:]
        assert client.post("/login/second", {"credential": json.dumps(broken)}).status_code == 401, name
        client.get("/login/passkey.json")


def test_wrong_passkeys_lock_out_like_wrong_passwords(key):
    client = enter()
    for _ in range(settings.LOGIN_LIMITS["login"]):
        second(client, SoftKey())
    answer = second(client, key)
    assert answer.status_code == 401 and "失败次数过多" in answer.content.decode()


def test_a_name_is_needed_and_a_removed_key_opens_nothing(people, key):
    client = enter()
    second(client, key)
    for name in ("", "  ", "x" * 41):
        assert add(client, SoftKey(), name).status_code == 400
    other = Passkey.objects.get()
    assert enter("head").post(f"/account/passkeys/{other.pk}/remove").status_code == 404
    assert client.post(f"/account/passkeys/{other.pk}/remove").status_code == 302
    assert not RecoveryCode.objects.exists()
    assert enter().get("/rules").status_code == 200, "without a factor there is one step"
    kinds = EvidenceOutbox.objects.filter(kind__startswith="factor").values_list("kind", flat=True)
    assert list(kinds) == ["factor.added", "factor.removed"]


def test_the_last_factor_stays_where_the_duty_demands_one(people, key, settings):
    client = enter()
    second(client, key)
    settings.SECOND_FACTOR = "reviewer"
    answer = client.post(f"/account/passkeys/{Passkey.objects.get().pk}/remove")
    assert answer.status_code == 409 and Passkey.objects.exists()


def test_a_confirmation_takes_a_passkey(people, key):
    client = enter()
    second(client, key)
    session = client.session
    session["sure_at"] = 0
    session.save()
    assert client.get("/account/code").status_code == 302
    options = client.get("/login/passkey.json").json()
    answer = client.post("/confirm", {"credential": key.sign(options), "next": "/account/code"})
    assert answer["Location"] == "/account/code" and client.get("/account/code").status_code == 200
