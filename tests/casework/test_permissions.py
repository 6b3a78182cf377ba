"""Rights come from dated duties; a body that does not see a region cannot load files or run rules."""

from datetime import date, timedelta

import pytest

from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.bodies.permissions import ALLOWED, Verb, check_may, may, verbs_of
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db


def test_every_duty_says_what_it_allows():
    assert set(ALLOWED) == set(DutyName)


def test_system_and_audit_duties_read_no_finding():
    for duty in (DutyName.ADMINISTRATOR, DutyName.AUDITOR):
        assert Verb.READ_FINDINGS not in ALLOWED[duty]
    assert Verb.MANAGE_PEOPLE not in ALLOWED[DutyName.AUDITOR]
    assert [duty for duty in DutyName if Verb.READ_EVIDENCE in ALLOWED[duty]] == [DutyName.AUDITOR]


@pytest.mark.parametrize(
    ("login", "verb", "expected"),
    [
        ("head", Verb.READ_FINDINGS, True),
        ("head", Verb.IMPORT_FILES, False),
        ("reviewer", Verb.IMPORT_FILES, True),
        ("reviewer", Verb.RUN_RULES, True),
        ("lead", Verb.EXPORT_FINDINGS, True),
        ("pharmacy", Verb.EXPORT_FINDINGS, False),
        ("admin", Verb.READ_FINDINGS, False),
        ("idle", Verb.READ_FINDINGS, False),
        ("stranger", Verb.READ_RULEBOOK, False),
    ],
)
def test_who_may_what(people, login, verb, expected):
    assert may(people[login], verb) is expected


def test_an_importer_of_an_institution_imports_nothing(people):
    actions.assign_duty(ACTOR, people["lead"], DutyName.IMPORTER, date(2026, 1, 1))
    assert not verbs_of(people["lead"]) & {Verb.IMPORT_FILES, Verb.RUN_RULES, Verb.READ_IMPORTS}


def test_a_duty_holds_from_its_first_day_to_the_day_before_its_end(people):
    today = now().date()
    duty = actions.assign_duty(ACTOR, people["idle"], DutyName.OFFICE, today)
    assert may(people["idle"], Verb.READ_FINDINGS)
    actions.end_duty(ACTOR, duty, today + timedelta(days=1))
    assert may(people["idle"], Verb.READ_FINDINGS)
    later = actions.assign_duty(ACTOR, people["vendor"], DutyName.OFFICE, today + timedelta(days=1))
    assert not may(people["vendor"], Verb.EXPORT_FINDINGS) or later.valid_from > today


def test_a_duty_that_has_ended_gives_nothing(people):
    today = now().date()
    duty = actions.assign_duty(ACTOR, people["idle"], DutyName.OFFICE, today - timedelta(days=5))
    actions.end_duty(ACTOR, duty, today)
    with pytest.raises(Problem, match="ZS702"):
        check_may(people["idle"], Verb.READ_FINDINGS)


def test_a_duty_needs_a_body(people):
    with pytest.raises(ValueError, match="body"):
        actions.assign_duty(ACTOR, people["stranger"], DutyName.HEAD, date(2026, 1, 1))
