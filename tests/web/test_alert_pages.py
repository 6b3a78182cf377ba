"""Pages of alerts and ratings: worst first, every light and point with its reason, and nothing of other bodies."""

import json
from datetime import date

import duckdb
import pytest
from django.test import Client

from tests.casework import test_alerts, test_ratings
from tests.casework.alerting import VENDOR, months, oversight
from tests.casework.walking import Clock, person
from tests.web import serving
from tests.web.people import ACTOR
from zhunsheng.casework.alerts import sources
from zhunsheng.casework.alerts.models import Alert
from zhunsheng.casework.bodies import actions as bodies
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.ratings.models import Rating

pytestmark = pytest.mark.django_db


@pytest.fixture
def crew(db, monkeypatch):
    Clock(monkeypatch)
    return oversight()


def client(user):
    found = Client()
    found.force_login(user)
    return found


def test_alerts_stand_worst_first_and_one_says_value_bands_actions_and_release(crew):
    values = [*months(test_alerts.LATE, 15), *months("vendors/test_accuracy", 93)]
    found = test_alerts.run(crew, values, date(2025, 8, 1))
    reader = client(crew["one"])
    page = reader.get("/alerts").content.decode()
    assert page.index("检测准确率") < page.index("报告迟发") and "15.00%（150/1000）" in page
    assert "报告迟发" not in reader.get("/alerts?colour=red").content.decode().split("<table")[1]
    page = reader.get(f"/alerts/{found['late_reports'].pk}").content.decode()
    for said in ("15.00%（150/1000）", "不高于 5.00%", "20.00%", "本地默认", "下达整改", "连续两个月", "尚未满足"):
        assert said in page, said
    assert reader.get("/alerts?colour=green").status_code == 400
    elsewhere = person("far", bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078299999"), "head")
    for user in (elsewhere, crew["vendor"]):
        assert client(user).get(f"/alerts/{found['late_reports'].pk}").status_code == 404
        assert not Alert.objects.filter(case__number__in=client(user).get("/alerts").content.decode()).exists()
    english = client(crew["two"])
    english.cookies["django_language"] = "en"
    assert english.get(f"/alerts/{found['accuracy'].pk}").status_code == 200


def test_an_alert_names_what_it_rests_on_and_leads_there(crew, tmp_path, monkeypatch):
    county = serving.County()
    serving.places(county)
    county.add("institution", institution_id=VENDOR, name="恒诺检验", kind="vendor", valid_from=date(2020, 1, 1))
    for number in ("T-1", "T-2"):
        county.add("trip", vendor_id=VENDOR, trip_id=number, institution_id=serving.LEAD.id, excursion=True,
                   started_on=date(2026, 2, 3), judged_on=date(2026, 2, 4), plan_started=False)  # fmt: skip
    path = tmp_path / "run.duckdb"
    with duckdb.connect(str(path)) as con:
        serving.load_facts(con, county)
        con.execute("CREATE TABLE meta (key VARCHAR, value VARCHAR)")
        con.execute("INSERT INTO meta VALUES ('manifest', ?)", [json.dumps({"run_id": "r", "as_of": "2026-02-28"})])
    file = lake.RunFile(path)
    events = sources.changes(file, crew["one"].body, None, date(2026, 2, 28))
    late = [*months("vendors/test_accuracy", 96, first=date(2025, 12, 1)),
            *months("vendors/diagnostic_concordance", 96, first=date(2026, 1, 1))]  # fmt: skip
    found = test_alerts.run(crew, late, date(2026, 3, 1), events)
    alert, both = found["plan_not_started"], found["two_yellow"]
    page = lambda one: client(crew["one"]).get(f"/alerts/{one.pk}").content.decode()  # noqa: E731
    assert "当前数据中没有" in page(alert).split('id="grounds"')[1]  # no run to read it from yet
    monkeypatch.setattr(lake, "current_run", lambda: file)
    rests = page(alert).split('id="grounds"')[1].split("</section>")[0]
    assert "T-1" in rests and "T-2" in rests and "2026-02-03" in rests and "当前数据中没有" not in rests
    assert f"/indicators/vendors/trip_plan_started/rows?subject={VENDOR}&amp;month=2026-02" in rests
    rests = page(both).split('id="grounds"')[1].split("</section>")[0]
    for one in (found["accuracy"], found["concordance"]):
        assert f'href="/alerts/{one.pk}"' in rests
    many = [f"T-{n}" for n in range(60)]
    Alert.objects.filter(pk=alert.pk).update(content=alert.content | {"grounds": many})
    rests = page(alert).split('id="grounds"')[1].split("</section>")[0]
    assert "共 60 项，列出最近 50 项" in rests and "T-59" in rests and "T-9<" not in rests


def test_an_alert_names_no_alert_of_another_body_that_the_same_cause_lit(crew):
    far = person("far", bodies.create_body(ACTOR, "consortium", "邻县医共体", code="H33078299999"), "head")
    late = [*months("vendors/test_accuracy", 96, first=date(2025, 12, 1)),
            *months("vendors/diagnostic_concordance", 96, first=date(2026, 1, 1))]  # fmt: skip
    test_alerts.run({"one": far}, late, date(2026, 3, 1))
    test_alerts.run(crew, late, date(2026, 3, 1))
    Alert.objects.update(party_sees=True, subject_body=crew["vendor"].body)
    held = {name: {one.light: one.pk for one in Alert.objects.filter(body=user.body)}
            for name, user in (("far", far), ("near", crew["one"]))}  # fmt: skip
    for mine, other in (("far", "near"), ("near", "far")):
        both = held[mine].pop("vendors/two_yellow")
        rests = client(crew["vendor"]).get(f"/alerts/{both}").content.decode().split('id="grounds"')[1]
        rests = rests.split("</section>")[0]
        for light, pk in held[mine].items():
            assert f'href="/alerts/{pk}"' in rests, light
            assert f'href="/alerts/{held[other][light]}"' not in rests, light


def test_a_rating_says_why_for_every_point_and_the_vendor_sees_it_once_told(crew):
    case = test_ratings.drafted(crew, test_ratings.WEAK | {"price": None})
    rating = Rating.objects.get()
    reader = client(crew["one"])
    assert "49–59" in reader.get("/ratings").content.decode()
    page = reader.get(f"/ratings/{rating.pk}").content.decode()
    for said in ("每一分的理由", "90.00%（90/100）", "不到 97.00%", "未知", "0–10", "评价卡摘要"):
        assert said in page, said
    assert client(crew["vendor"]).get(f"/ratings/{rating.pk}").status_code == 404
    test_ratings.step(crew, case, "notify")
    assert client(crew["vendor"]).get(f"/ratings/{rating.pk}").status_code == 200
    assert reader.get(f"/ratings/vendors/{VENDOR}").status_code == 200
    assert reader.get("/ratings/vendors/none").status_code == 404
