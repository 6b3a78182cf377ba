"""Readings and node events over HTTP: taken like those of a broker, acknowledged in the answer, refused with a code."""

import json

import pytest
from django.test import Client

from tests.casework.reading import NOON, ORG, only_known, said
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.readings import queries
from zhunsheng.casework.readings.actions import end_key, make_key
from zhunsheng.casework.readings.models import HotRow, Quarantine
from zhunsheng.telemetry import wire

pytestmark = pytest.mark.django_db(databases="__all__")
STEP = {"subject": "W-1", "step": "picked_up", "who": "C-9", "place": "H1"}


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    only_known(monkeypatch)


@pytest.fixture
def secret():
    return make_key(Process("cli"), ORG)[1]


def post(body, secret, kind="readings"):
    data = body if isinstance(body, bytes) else wire.encode(body)
    answer = Client().post(
        f"/api/telemetry/{kind}", data, content_type="application/json", headers={"Authorization": f"Bearer {secret}"}
    )
    return answer.status_code, answer.json()


def test_readings_of_several_devices_are_taken_and_told(secret):
    code, told = post([said(0), said(1), said(5, device="L-08")], secret)
    assert code == 200
    assert (told["stored"], told["repeated"], told["refused"]) == (3, 0, [])
    assert {(one["device"], one["seq"], str(one["above"])) for one in told["held"]} == {
        ("L-07", 1, "[]"),
        ("L-08", -1, "[[5, 5]]"),
    }
    assert post([said(0)], secret)[1]["repeated"] == 1
    assert HotRow.objects.count() == 3


def test_node_events_are_taken(secret):
    assert post([said(0, kind="node", **STEP)], secret, "nodes")[1]["stored"] == 1
    assert queries.arrived(0)[1][0].values == STEP


def test_what_is_refused_is_told_with_its_mend_and_lies_in_the_quarantine(secret):
    code, told = post([said(0), said(1, temperature=400.0), said(0, device="L-99")], secret)
    assert (code, told["stored"]) == (200, 1)
    assert [one["code"] for one in told["refused"]] == ["ZS879", "ZS881"]
    assert all(one["mend"] for one in told["refused"])
    assert set(Quarantine.objects.values_list("device", "code")) == {("L-07", "ZS879"), ("L-99", "ZS881")}


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"7", b'[{"device": 3}]', b'[{"device": "a/b"}]', b"[" * 9000])
def test_an_unreadable_body_is_answered_with_its_code(secret, body):
    code, told = post(body, secret)
    assert (code, told["code"]) == (400, "ZS878")
    row = Quarantine.objects.get()
    assert (row.institution_id, row.code) == (ORG, "ZS878")


def test_a_key_of_one_device_sends_for_no_other():
    secret = make_key(Process("cli"), ORG, "L-07")[1]
    assert post([said(0)], secret)[0] == 200
    code, told = post([said(0, device="L-08")], secret)
    assert (code, told["code"]) == (400, "ZS881")
    assert HotRow.objects.count() == 1


def test_without_a_standing_key_nothing_is_taken(secret):
    assert post([said(0)], "zt_wrong")[0] == 401
    assert post([said(0)], "")[0] == 401
    end_key(Process("cli"), secret[:8], ORG)
    assert post([said(0)], secret)[0] == 401
    assert not HotRow.objects.exists()


def test_a_body_beyond_the_limit_is_refused(secret):
    code, told = post(json.dumps([{"device": "L-07", "x": "y" * 300_000}]).encode(), secret)
    assert code in (400, 413)
    assert told["code"] in ("ZS717", "ZS878")


def test_a_number_beyond_all_bounds_is_one_bad_reading(secret):
    good, bad = (wire.encode([said(n)]) for n in (0, 1))
    code, told = post(b"[%s,%s]" % (good, bad.replace(b"4.1", b"1e999")), secret)
    assert (code, told["stored"], [one["code"] for one in told["refused"]]) == (200, 1, ["ZS879"])


def test_what_is_within_the_limit_as_it_was_sent_is_taken(secret):
    text = {"fault": "门" * 127 + "。"}
    body = wire.encode([said(n, **text) for n in range(100)]).replace(b'"boot":', b'"boot":  ')
    assert 40_000 < len(body) < wire.MOST_BYTES < len(json.dumps(json.loads(body)).encode())
    code, told = post(body, secret)
    assert (code, told["stored"], told["refused"]) == (200, 100, [])


def test_a_time_ahead_of_the_site_is_refused(secret):
    code, told = post([said(0, at=NOON.replace(year=2090))], secret)
    assert (code, told["refused"][0]["code"]) == (200, "ZS880")
