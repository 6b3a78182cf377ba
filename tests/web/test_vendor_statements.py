"""Pages over vendors: how many statements they take does not grow with what they list."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.casework.vendoring import CODE
from tests.casework.walking import person
from zhunsheng.casework.agreements.models import Agreement
from zhunsheng.casework.bodies.models import DutyName
from zhunsheng.casework.vendors import actions
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
PAGES = ("/agreements", "/oversight", "/oversight/survey", "/vendors/expiry", "/inbox", "/desk")
CODES = (CODE, "91330781MA2LABX02H", "91330781MA2LABX03F")


def served(clerk, code):
    """A vendor with two lines in service and an agreement on each."""
    vendor, day = actions.register(clerk, {"code": code, "name": f"检验{code[-3:]}"}), now().date()
    for kind in ("laboratory", "imaging"):
        case = actions.apply(clerk, vendor, clerk.body, {"kind": kind, "statement": "申请提供服务"})
        line = ServiceLine.objects.filter(entry=case)
        line.update(state="in_service", entered_on=day, history=[[str(day), "in_service", case.number]])
        Agreement.objects.create(
            case=case, vendor=vendor, institution_id=code, body=clerk.body, kind=kind, title="合同", drafted_on=day
        )


def statements(client, page):
    client.get(page)  # what is read once and kept
    with CaptureQueriesContext(connection) as told:
        assert client.get(page).status_code == 200
    return len(told)


def test_statements_do_not_grow_with_vendors(as_, people):
    clerk = person("clerk", people["consortium"].body, DutyName.HANDLER)
    client = as_("consortium")
    served(clerk, CODES[0])
    one = {page: statements(client, page) for page in PAGES}
    for code in CODES[1:]:
        served(clerk, code)
    assert {page: statements(client, page) for page in PAGES} == one
