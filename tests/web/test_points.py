"""Pages of points: from a punished case to the person, by whom they may be seen, and out and in again as a file."""

from __future__ import annotations

import re
import time
from datetime import date

import duckdb
import pytest

from tests.casework import walking
from tests.casework.walking import opened, punished, take
from tests.web.serving import LEAD, OTHER, TOWN
from zhunsheng import sources
from zhunsheng.casework.cases import library
from zhunsheng.casework.cases.models import Case
from zhunsheng.facts import lake
from zhunsheng.kernel.home import Home
from zhunsheng.kernel.time import now

pytestmark = pytest.mark.django_db
WHO = f"D{LEAD.id[-4:]}D1"


@pytest.fixture
def crew(people, monkeypatch):
    monkeypatch.setattr(walking, "INSTITUTION", LEAD.id)
    today = now().date()
    monkeypatch.setitem(walking.SPECIAL, "start_on", str(today))
    monkeypatch.setattr(walking, "_value", dated(walking._value, today))
    return {
        "one": people["reviewer"],
        "two": people["head"],
        "office": people["lead"],
        "legal": people["legal"],
        "finance": people["finance"],
    }


def dated(value, today):
    """Points enter into force this year, on whatever day the test runs."""

    def of(one, crew, case):
        return f"{today.year}-01-05" if one.id == "from_on" else value(one, crew, case)

    return of


def given(crew, **about):
    cycle = library.cycle("points_decision")
    case = opened(cycle, crew, practitioner=WHO, **about)
    for name in ("notify", "confirm", "enter"):
        case = take(case, cycle, name, crew)
    return case


NINE = {"severity": "serious", "responsibility": "main", "points": "9"}


def test_a_punished_case_leads_to_points_and_they_to_the_person(crew, as_):
    origin = punished(crew)
    reviewer = as_("reviewer")
    assert f"/points/propose?origin={origin.pk}" in reviewer.get(f"/cases/{origin.pk}").content.decode()
    text = reviewer.get(f"/points/propose?origin={origin.pk}").content.decode()
    address = re.search(r'href="(/cases/new\?[^"]*points_decision[^"]*)"', text)[1].replace("&amp;", "&")
    text = reviewer.get(f"{address}&practitioner={WHO}").content.decode()
    assert f'value="{WHO}"' in text and f'<option value="{LEAD.id}" selected>' in text
    assert as_("lead").get(f"/points/propose?origin={origin.pk}").status_code == 404
    clue = opened(library.cycle("clue"), crew)
    assert reviewer.get(f"/points/propose?origin={clue.pk}").status_code == 404

    given(crew, **NINE)
    text = reviewer.get("/points").content.decode()
    assert f"/points/people/{WHO}" in text and "约谈、重点关注" in text
    assert f"/points/people/{WHO}" not in reviewer.get("/points?least=10").content.decode()
    assert f"/points/people/{WHO}" not in reviewer.get(f"/points?institution={TOWN.id}").content.decode()
    text = reviewer.get(f"/points/people/{WHO}").content.decode()
    assert "拟处理" in text and "JF" in text
    assert reviewer.get("/points?state=x").status_code == 400


def test_a_suspended_person_shows_the_days_and_who_sees_it(crew, as_):
    given(crew, **NINE)
    case = Case.objects.get(cycle="payment_ruling")
    for name in ("notify", "decide"):
        case = take(case, case.life, name, crew)
    text = as_("lead").get(f"/points/people/{WHO}").content.decode()
    assert "暂停支付资格" in text and case.number in text and "与导入的登记" not in text
    for login in ("other", "town"):
        client = as_(login)
        assert client.get(f"/points/people/{WHO}").status_code == 404
        assert WHO not in client.get("/points").content.decode()
    assert WHO in as_("reviewer").get(f"/cases/{case.pk}").content.decode()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_register_goes_out_and_comes_in_again(crew, as_, tmp_path, kind):
    case = given(crew, **NINE)
    answer = as_("reviewer").get(f"/points/register.{kind}")
    path = tmp_path / f"points.{kind}"
    path.write_bytes(answer.content)
    home = Home(tmp_path / "var")
    report = sources.load(home, [path], recorded_at=1)
    assert [one.state for one in report.files] == ["loaded"]

    rows = duckdb.sql(lake.select("penalty_points", lake.files(home, lake.latest(home), "penalty_points"))).fetchall()
    assert [row[:9] for row in rows] == [
        (WHO, LEAD.id, case.number, "reg-735/38/1", "main", 9, None, date(now().year, 1, 5), None)
    ]
    assert as_("reviewer").get("/points.csv?least=9").content.decode("utf-8-sig").count(WHO) == 1
    assert as_("reviewer").get("/points.pdf").status_code == 404
    assert OTHER.id not in answer.content.decode("utf-8", "ignore")


def test_the_desk_page_names_the_decision_with_the_next_ask_and_is_free_after_it_is_lifted(
    crew, as_, ready, django_capture_on_commit_callbacks
):
    given(crew, **NINE)
    case = Case.objects.get(cycle="payment_ruling")
    doctor, today = as_("lead"), str(now().date())
    order = {
        "person_id": "330781001", "encounter_id": "E9", "visit_type": "outpatient", "start": today, "moment": "before",
        "institution": "", "practitioner_id": WHO, "item_code": ["X"], "at": [""], "quantity": ["1"],
        "unit_price": ["9"],
    }  # fmt: skip

    def told(**change):
        return doctor.post("/desk", order | change).content.decode()

    assert "处于暂停" not in told()
    with django_capture_on_commit_callbacks(execute=True):
        case = take(take(case, case.life, "notify", crew), case.life, "decide", crew)
    began = time.perf_counter()
    assert f"暂停（依据 {case.number}）" in told()
    assert time.perf_counter() - began < 1
    assert "须由人认定" in told(visit_type="emergency")
    with django_capture_on_commit_callbacks(execute=True):
        take(case, case.life, "lift", crew, {"lifted_on": today})
    assert "处于暂停" not in told()
