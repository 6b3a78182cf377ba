"""Logs say what happened and hold no fact value, not even when a page fails."""

import json
import logging

import pytest
from django.test import Client

from tests.web.serving import FAR, LEAD
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.findings import queries
from zhunsheng.casework.findings.filters import Filter
from zhunsheng.casework.logs import logger, logging_config

CANARY = "子宫造影"


@pytest.fixture
def lines():
    """Everything that any logger prints, as the site's own handler formats it."""
    import io
    import logging.config

    config = logging_config("DEBUG")
    stream = io.StringIO()
    config["handlers"]["console"]["stream"] = stream
    config["root"]["level"] = "DEBUG"
    config["loggers"] = {"zhunsheng": {"level": "DEBUG"}}
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(logging_config("INFO"))


@pytest.mark.django_db
def test_pages_over_known_facts_leave_no_fact_in_the_log(people, lines):
    client = Client()
    client.force_login(people["reviewer"])
    with scope(people["reviewer"]).lake() as reader:
        finding = queries.page(reader, Filter(q=CANARY), 1)[0]
    facts = [
        CANARY,
        finding["person_id"],
        finding["finding_id"],
        finding["encounter_id"],
        finding["item_code"],
        LEAD.name,
    ]
    for address in (
        f"/findings?q={CANARY}",
        f"/findings/{finding['finding_id']}",
        f"/encounters/{finding['encounter_id']}",
        f"/findings/{finding['person_id']}",
        f"/findings.csv?q={CANARY}",
        f"/knowledge/sex_limited_services?q={CANARY}",
        f"/findings?month={CANARY}",
    ):
        client.get(address)
    text = json.dumps(lines(), ensure_ascii=False)
    assert [line["route"] for line in lines() if line["event"] == "request"][:3] == ["findings", "finding", "encounter"]
    assert not [fact for fact in facts if fact in text]


@pytest.mark.django_db
def test_a_page_that_fails_logs_where_and_not_what(people, lines, monkeypatch):
    def fail(*_args):
        raise ValueError(f"bad row {CANARY} {FAR.id}")

    monkeypatch.setattr("zhunsheng.casework.findings.queries.totals", fail)
    client = Client(raise_request_exception=False)
    client.force_login(people["reviewer"])
    response = client.get("/findings")
    assert response.status_code == 500
    told = [line for line in lines() if line["event"] == "view failed"]
    assert told[0]["exception"] == "builtins.ValueError"
    assert told[0]["at"][-1].startswith("tests/casework/test_logs.py")
    assert told[0]["request"] == response["X-Request-ID"]
    assert response["X-Request-ID"] in response.content.decode()
    text = json.dumps(lines(), ensure_ascii=False)
    assert CANARY not in text
    assert FAR.id not in text


def test_the_text_of_a_library_is_not_printed(lines):
    logging.getLogger("some.library").warning("row %s", CANARY)
    logger("web").info("request", status=200)
    foreign, own = lines()
    assert CANARY not in json.dumps(foreign, ensure_ascii=False)
    assert foreign["logger"] == "some.library"
    assert (own["event"], own["status"]) == ("request", 200)


@pytest.mark.django_db
def test_what_strangers_send_to_the_public_forms_is_in_no_log(people, county, lines, monkeypatch):
    client = Client(raise_request_exception=False)
    receipt, code = "A1B2-C3D4-E5F6-G7H8", "JKLM-NPQR-STVW-XYZ2"
    told = {"content": CANARY, "id-name": CANARY, "id-contact": CANARY, "act": CANARY, "secret": CANARY}
    asked = [
        client.post("/report", told),
        client.post("/report/follow", {"code": receipt}),
        client.post("/report/follow/add", {"text": CANARY}),
        client.post("/verify", {"code": code, "number": CANARY}),
        client.get(f"/verify?code={code}"),
        client.get(f"/calendar/{receipt}.ics"),
        client.post("/login", {"login": CANARY, "password": CANARY}),
    ]
    assert max(answer.status_code for answer in asked) < 500

    def fail(*_args, **_given):
        raise ValueError(f"bad row {CANARY} {receipt}")

    monkeypatch.setattr("zhunsheng.casework.tips.queries.by_receipt", fail)
    assert client.post("/report/follow", {"code": receipt}).status_code == 500
    assert len([line for line in lines() if line["event"] == "request"]) >= len(asked)
    assert [line["exception"] for line in lines() if line["event"] == "view failed"][-1] == "builtins.ValueError"
    text = json.dumps(lines(), ensure_ascii=False)
    assert not [value for value in (CANARY, receipt, code) if value in text]
