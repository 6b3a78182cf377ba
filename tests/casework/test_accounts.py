"""Accounts: a deed whose evidence fails did not happen; secrets are kept so that the database alone opens nothing."""

import pytest
from cryptography.fernet import InvalidToken
from django.db import DatabaseError, transaction
from django.test import Client

from tests.web.people import PASSWORD
from zhunsheng.casework.accounts import actions, codes, policies, vault
from zhunsheng.casework.accounts.models import CodeDevice, OutsideIdentity, Passkey, RecoveryCode, SignIn
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import epoch_seconds, now

pytestmark = pytest.mark.django_db


def step():
    return epoch_seconds(now()) // codes.STEP


def add_device(user):
    secret = codes.new_secret()
    return actions.add_code_device(user, secret, codes.code_at(secret, step()))


def state():
    """Everything that a deed of an account may change, as plain values."""
    models = (User, CodeDevice, Passkey, RecoveryCode, SignIn, OutsideIdentity, EvidenceOutbox)
    return [sorted(map(repr, model.objects.values_list())) for model in models]


DEEDS = {
    "open_sign_in": lambda p: actions.open_sign_in(p["head"], "password", "", "127.0.0.1"),
    "end_sign_in": lambda p: actions.end_sign_in(p["reviewer"], p["reviewer"].sign_ins.first(), "ended"),
    "change_password": lambda p: actions.change_password(p["reviewer"], "song-zhu-mei-2026", ""),
    "issue_password": lambda p: actions.issue_password(p["operator"], p["reviewer"]),
    "lock": lambda p: actions.lock(p["operator"], p["reviewer"], "离岗"),
    "unlock": lambda p: actions.unlock(p["keeper"], p["town"], "核实"),
    "add_code_device": lambda p: add_device(p["head"]),
    "remove_code_device": lambda p: actions.remove_code_device(p["reviewer"], p["reviewer"]),
    "use_recovery_code": lambda p: actions.use_recovery_code(p["reviewer"], p["codes"][0]),
    "renew_recovery_codes": lambda p: actions.renew_recovery_codes(p["reviewer"]),
    "add_passkey": lambda p: actions.add_passkey(p["head"], "电脑", "abc", b"key", 0),
    "remove_passkey": lambda p: actions.remove_passkey(p["reviewer"], p["reviewer"].passkeys.get()),
    "remove_factors": lambda p: actions.remove_factors(p["keeper"], p["reviewer"], "遗失"),
    "bind_identity": lambda p: actions.bind_identity(p["head"], "https://sso.example.org", "s-1"),
    "note_confirmed": lambda p: actions.note_confirmed(p["head"], "password"),
}


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_whose_evidence_fails_did_not_happen(people, monkeypatch, name):
    people["codes"] = add_device(people["reviewer"])
    actions.add_passkey(people["reviewer"], "手机", "xyz", b"key", 0)
    actions.open_sign_in(people["reviewer"], "password", "", "127.0.0.1")
    people["town"].is_active = False
    people["town"].save()
    before = state()

    def fail(*_args, **_kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(EvidenceOutbox, "save", fail)
    with pytest.raises(DatabaseError, match="disk full"), transaction.atomic():
        DEEDS[name](people)
    monkeypatch.undo()
    assert state() == before
    for user in User.objects.all():
        user.refresh_from_db()
    people = {**people, **{user.login: user for user in User.objects.all()}}
    DEEDS[name](people)
    assert len(state()[-1]) > len(before[-1])


def test_a_login_whose_evidence_fails_opens_nothing(people, monkeypatch):
    def fail(*_args, **_kwargs):
        raise DatabaseError("disk full")

    monkeypatch.setattr(EvidenceOutbox, "save", fail)
    client = Client(raise_request_exception=False)
    assert client.post("/login", {"login": "reviewer", "password": PASSWORD}).status_code == 500
    monkeypatch.undo()
    assert client.get("/rules").status_code == 302
    assert not SignIn.objects.exists()


def test_the_secret_of_a_device_is_read_with_the_key_of_the_site_only(people, monkeypatch):
    add_device(people["reviewer"])
    kept = CodeDevice.objects.get().secret
    assert len(vault.unlock(kept)) == 20
    monkeypatch.setenv("ZHUNSHENG_FACTOR_KEY", "ab" * 32)
    with pytest.raises(InvalidToken):
        vault.unlock(kept)


#: RFC 6238 appendix B: seconds and the last six of the eight digits for SHA-1.
RFC = [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")]


@pytest.mark.parametrize(("seconds", "code"), RFC)
def test_codes_are_those_of_the_standard(seconds, code):
    secret = b"12345678901234567890"
    assert codes.code_at(secret, seconds // codes.STEP) == code
    assert codes.matching_step(secret, code, seconds, 0) == seconds // codes.STEP
    assert codes.matching_step(secret, f" {code[:3]} {code[3:]} ", seconds, 0) == seconds // codes.STEP
    assert codes.matching_step(secret, code, seconds, seconds // codes.STEP) is None, "taken already"
    for given in ("", code[:5], code + "0", "１２３４５６", "x" * 40):
        assert codes.matching_step(secret, given, seconds, 0) is None


def test_which_duties_demand_a_factor():
    assert policies.factor_duties("") == policies.factor_duties("0") == frozenset()
    assert {"administrator", "security", "auditor", "head", "reviewer"} == set(policies.factor_duties("1"))
    assert policies.factor_duties("officer, head") == {"officer", "head"}
    with pytest.raises(ValueError, match="chief"):
        policies.factor_duties("chief")
