"""The first accounts of a site, and the people of a demo."""

import io
import json

import pytest
from django.contrib.auth import authenticate
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.demo import create_demo_people
from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb, may
from zhunsheng.casework.bodies.queries import duties_today
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home

pytestmark = pytest.mark.django_db
PLACES = [
    {"institution_id": "H1", "name": "县医院", "kind": "hospital", "level": "2", "parent_id": None, "region": "330781"},
    {"institution_id": "H2", "name": "镇卫生院", "kind": "township_centre", "level": "1", "parent_id": "H1",
     "region": "330781"},
    {"institution_id": "P1", "name": "药店", "kind": "pharmacy", "level": "0", "parent_id": None, "region": "330702"},
]  # fmt: skip


def add(*arguments):
    out = io.StringIO()
    call_command("add_person", *arguments, stdout=out)
    return out.getvalue().strip()


def test_a_person_is_added_with_body_duties_and_a_password_that_works():
    password = add("zhou", "周敏", "--body", "青禾县医疗保障局", "--region", "330781", "--duty", "reviewer", "importer")
    user = authenticate(username="ZHOU", password=password)
    assert user.display_name == "周敏"
    assert may(user, Verb.IMPORT_FILES)
    assert {duty.name for duty in duties_today(user)} == {"reviewer", "importer"}
    assert Body.objects.get().region == "330781"


def test_a_taken_login_adds_nothing():
    add("zhou", "周敏", "--body", "甲局", "--whole-site", "--duty", "head")
    with pytest.raises(CommandError, match="zhou"):
        add("zhou", "另一人", "--body", "乙局", "--whole-site", "--duty", "head")
    assert Body.objects.count() == User.objects.count() == 1


def test_a_login_is_taken_whatever_its_case():
    user = actions.create_user(Process("test"), "zhou", "周敏", None, "qing-he-2026")
    with pytest.raises(Problem, match="ZS756"):
        actions.create_user(Process("test"), "ZHOU", "另一人", None, "qing-he-2026")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create(login="Zhou", display_name="另一人")
    assert authenticate(username="zhou", password="qing-he-2026") == user


def test_no_region_is_the_whole_site_only_when_said():
    with pytest.raises(CommandError, match="--whole-site"):
        add("zhou", "周敏", "--body", "甲局", "--duty", "head")
    with pytest.raises(CommandError, match="--whole-site"):
        add("zhou", "周敏", "--body", "甲局", "--region", "330781", "--whole-site", "--duty", "head")
    assert not Body.objects.exists()
    add("zhou", "周敏", "--body", "甲局", "--whole-site", "--duty", "head")
    assert Body.objects.get().region == ""


def test_a_body_that_exists_otherwise_than_described_is_refused():
    add("zhou", "周敏", "--body", "甲局", "--region", "330781", "--duty", "head")
    for given in (["--region", "330702"], ["--code", "H1"], ["--whole-site"]):
        with pytest.raises(CommandError, match="甲局"):
            add("wu", "吴桐", "--body", "甲局", *given, "--duty", "head")
    add("wu", "吴桐", "--body", "甲局", "--duty", "head")
    assert User.objects.count() == 2


@pytest.mark.parametrize(
    ("duties", "told"),
    [(["administrator", "auditor"], "安全审计员"), (["head", "security"], "负责人"), (["officer"], "证件号")],
)
def test_the_command_keeps_administrators_apart_too_and_adds_nothing(duties, told):
    with pytest.raises(CommandError, match=told):
        add("zhou", "周敏", "--body", "甲局", "--whole-site", "--duty", *duties)
    assert Body.objects.count() == User.objects.count() == 0
    assert add("wu", "吴桐", "--body", "甲局", "--whole-site", "--duty", "officer", "--certificate", "ZF-330781-01")
    assert User.objects.get().password_once, "whoever typed the command knows it"


@pytest.fixture
def own_home(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    return home()


def test_demo_people_keep_their_passwords_and_are_made_once(own_home):
    first = create_demo_people(PLACES)
    assert create_demo_people(PLACES) == first
    assert {login for login, _, _ in first} == {
        "bureau-head",
        "reviewer",
        "legal",
        "finance",
        "health",
        "health-head",
        "health-office",
        "market",
        "system",
        "security",
        "audit",
        "consortium",
        "vendor-office",
        "vendor-check",
        "hospital",
        "township",
    }
    assert len({password for _, password, _ in first}) == len(first)
    for login, password, _ in first:
        assert authenticate(username=login, password=password) is not None
    kept = own_home.root / "secret" / "demo-people.json"
    assert kept.stat().st_mode & 0o077 == 0
    assert json.loads(kept.read_text("utf-8")) == {login: password for login, password, _ in first}


def test_the_demo_bureau_sees_the_smallest_region_that_holds_all_places(own_home):
    create_demo_people(PLACES)
    assert User.objects.get(login="bureau-head").body.region == "330700"
    assert User.objects.get(login="consortium").body.institution_code == "H1"
    assert User.objects.get(login="township").body.institution_code == "H2"


def test_where_a_place_states_no_region_the_demo_bureau_sees_the_site(own_home):
    create_demo_people([*PLACES, {**PLACES[0], "institution_id": "H9", "region": None}])
    assert User.objects.get(login="bureau-head").body.region == ""
