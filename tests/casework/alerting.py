"""Helpers of the tests of vendors' alerts and ratings: a consortium with its people, a vendor, months of values."""

from datetime import date

from tests.casework.walking import person
from tests.web.people import ACTOR
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.kernel.time import month_start
from zhunsheng.lights.values import Value

VENDOR = "91330781MA2EXAMPLE"
FIRST = date(2025, 7, 1)


def oversight():
    """Return the people by login: reviewer and head of a consortium, the head of the vendor it oversees."""
    consortium = bodies.create_body(ACTOR, "consortium", "青禾县医共体", code="H33078100001")
    vendor = bodies.create_body(ACTOR, "vendor", "恒诺检验", code=VENDOR)
    made = {"one": DutyName.REVIEWER, "two": DutyName.HEAD, "three": DutyName.HEAD}
    people = {login: person(login, consortium, duty) for login, duty in made.items()}
    return people | {"vendor": person("vendor", vendor, DutyName.HEAD)}


def months(indicator, *shares, of=1000, first=FIRST, vendor=VENDOR):
    """Return one value a month by shares in percent; None: no value."""
    return [
        Value(indicator, vendor, month_start(first, n), share * of // 100, of)
        for n, share in enumerate(shares)
        if share is not None
    ]
