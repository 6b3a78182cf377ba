"""Single sign-on against a provider on this machine: in, bound once, refused in each way an answer can be wrong."""

from urllib.parse import urlsplit

import pytest
from django.test import Client

from tests.web.people import PASSWORD
from tests.web.provider import CLIENT, SECRET, Provider
from zhunsheng.casework.accounts import actions
from zhunsheng.casework.accounts.models import OutsideIdentity, SignIn
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


@pytest.fixture
def provider(settings):
    made = Provider()
    settings.OIDC = {**settings.OIDC, "issuer": made.issuer, "client": CLIENT, "secret": SECRET}
    made.who = {"sub": "s-1", "preferred_username": "reviewer"}
    yield made
    made.stop()


def walk(client, provider, address="/login/sso?next=/rules", **changed):
    """Go to the provider and come back, with some of what comes back changed."""
    there = urlsplit(client.get(address)["Location"])
    code, given = provider.authorise(there.query)
    return client.get("/login/sso/back", {"code": code, "state": given["state"], **changed})


def test_without_a_provider_there_is_no_way_to_one(people):
    assert Client().get("/login/sso").status_code == 404
    assert "统一身份" not in Client().get("/login").content.decode()


def test_who_is_known_there_is_let_in_here(people, provider):
    client = Client()
    assert "统一身份认证登录" in client.get("/login?next=/rules").content.decode()
    answer = walk(client, provider)
    assert answer["Location"] == "/rules"
    assert client.get("/rules").status_code == 200
    assert SignIn.objects.get().way == "sso"
    kinds = EvidenceOutbox.objects.filter(subject=f"user:{people['reviewer'].pk}").values_list("kind", flat=True)
    assert {"identity.bound", "user.logged_in"} <= set(kinds)
    assert walk(Client(), provider)["Location"] == "/rules"
    assert OutsideIdentity.objects.count() == 1


def test_what_is_asked_of_the_provider_is_fresh_and_bound_to_the_browser(people, provider):
    asked = [dict(part.split("=", 1) for part in urlsplit(Client().get("/login/sso")["Location"]).query.split("&"))
             for _ in range(2)]  # fmt: skip
    for name in ("state", "nonce", "code_challenge"):
        assert asked[0][name] != asked[1][name] and len(asked[0][name]) >= 32
    assert asked[0]["code_challenge_method"] == "S256" and asked[0]["response_type"] == "code"
    victim, attacker = Client(), Client()
    victim.get("/login/sso")
    there = urlsplit(attacker.get("/login/sso")["Location"])
    code, given = provider.authorise(there.query)
    planted = victim.get("/login/sso/back", {"code": code, "state": given["state"]})
    assert planted.status_code == 502 and victim.get("/rules").status_code == 302


def test_a_way_back_is_taken_once(people, provider):
    client = Client()
    there = urlsplit(client.get("/login/sso")["Location"])
    code, given = provider.authorise(there.query)
    back = {"code": code, "state": given["state"]}
    assert client.get("/login/sso/back", back).status_code == 302
    client.post("/logout")
    assert client.get("/login/sso/back", back).status_code == 502
    assert Client().get("/login/sso/back").status_code == 502


@pytest.mark.parametrize("fault", ["issuer", "plain", "key", "none", "shared", "moved", "garbled", "down",
                                   "renamed", "broken", "endless"])  # fmt: skip
def test_a_provider_that_errs_lets_nobody_in(people, provider, fault):
    client = Client()
    there = urlsplit(client.get("/login/sso")["Location"])
    code, given = provider.authorise(there.query)
    provider.faults.add(fault)
    answer = client.get("/login/sso/back", {"code": code, "state": given["state"]})
    assert answer.status_code == 502 and "ZS767" in answer.content.decode()
    assert client.get("/rules").status_code == 302 and not SignIn.objects.exists()


LATER = int(now().timestamp()) + 3600
WRONG = [
    {"aud": "another"}, {"iss": "https://elsewhere.example"}, {"nonce": "x"}, {"nonce": None}, {"exp": 1},
    {"exp": None}, {"sub": None}, {"preferred_username": None}, {"iat": LATER}, {"aud": [CLIENT, "b"], "azp": "b"},
    {"aud": [CLIENT, "b"]}, {"azp": "b"},
]  # fmt: skip


@pytest.mark.parametrize("change", WRONG)
def test_a_token_that_is_not_for_this_login_lets_nobody_in(people, provider, change):
    provider.change = change
    client = Client()
    assert walk(client, provider).status_code == 502
    assert client.get("/rules").status_code == 302


def test_a_token_for_a_list_of_one_party_is_for_this_site(people, provider):
    provider.change = {"aud": [CLIENT], "azp": CLIENT}
    assert walk(Client(), provider)["Location"] == "/rules"


def test_logins_without_a_name_do_not_keep_others_from_single_sign_on(people, provider):
    for _ in range(10):
        Client(REMOTE_ADDR="192.0.2.9").post("/login", {"login": "", "password": "x"})
    assert walk(Client(REMOTE_ADDR="198.51.100.7"), provider)["Location"] == "/rules"


def test_a_confirmation_takes_a_new_proof_and_not_a_session_at_the_provider(people, provider):
    client = Client()
    walk(client, provider)
    session = client.session
    session["sure_at"] = 0
    session.save()
    there = client.get("/login/sso?next=/account/code")["Location"]
    assert "prompt=login" in there and "max_age=0" in there
    provider.faults.add("silent")
    assert walk(client, provider, "/login/sso?next=/account/code").status_code == 502
    assert client.get("/account/code").status_code == 302
    begun, code = Client(), {}
    query = urlsplit(begun.get("/login/sso?next=/account/code")["Location"]).query
    code["code"], given = provider.authorise(query)
    begun.post("/login", {"login": "reviewer", "password": PASSWORD})
    session = begun.session
    session["sure_at"] = 0
    session.save()
    assert begun.get("/login/sso/back", {**code, "state": given["state"]})["Location"] == "/account/code"
    assert begun.get("/account/code").status_code == 302, "what was asked for before the login confirms nothing"


def test_nobody_gets_an_account_by_single_sign_on(people, provider):
    provider.who["preferred_username"] = "newcomer"
    client = Client()
    answer = walk(client, provider)
    assert answer.status_code == 403 and "ZS768" in answer.content.decode()
    assert EvidenceOutbox.objects.filter(kind="login.failed").count() == 1


def test_an_account_stays_with_the_subject_it_was_bound_to(people, provider):
    walk(Client(), provider)
    provider.who["sub"] = "s-2"
    assert walk(Client(), provider).status_code == 403, "another person took the name there"
    provider.who = {"sub": "s-1", "preferred_username": "head"}
    assert walk(Client(), provider).status_code == 403, "one subject holds one account"


def test_a_locked_account_stays_out(people, provider):
    actions.lock(people["operator"], people["reviewer"], "离岗")
    assert walk(Client(), provider).status_code == 403


def test_a_second_factor_is_asked_for_after_single_sign_on_unless_the_provider_vouches(people, provider, settings):
    from zhunsheng.casework.accounts import codes
    from zhunsheng.kernel.time import epoch_seconds

    secret = codes.new_secret()
    step = epoch_seconds(now()) // codes.STEP
    actions.add_code_device(people["reviewer"], secret, codes.code_at(secret, step))
    assert walk(Client(), provider)["Location"] == "/login/second?next=/rules"
    provider.who["amr"] = ["pwd", "otp"]
    assert walk(Client(), provider)["Location"] == "/login/second?next=/rules"
    settings.OIDC = {**settings.OIDC, "factor": True}
    assert walk(Client(), provider)["Location"] == "/rules"
    provider.who["amr"] = ["pwd"]
    assert walk(Client(), provider)["Location"] == "/login/second?next=/rules"


def test_a_sensitive_deed_is_confirmed_at_the_provider_by_the_holder_only(people, provider, monkeypatch, settings):
    client = Client()
    walk(client, provider)
    session = client.session
    session["sure_at"] = 0
    session.save()
    assert client.get("/account/code")["Location"] == "/confirm?next=/account/code"
    provider.who = {"sub": "s-9", "preferred_username": "head"}
    assert walk(client, provider, "/login/sso?next=/account/code").status_code == 403
    assert client.get("/account/code").status_code == 302
    provider.who = {"sub": "s-1", "preferred_username": "reviewer"}
    assert walk(client, provider, "/login/sso?next=/account/code")["Location"] == "/account/code"
    assert client.get("/account/code").status_code == 200
