"""What the tests of the desk's interfaces share: a compiled desk, a key, orders."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from tests.web.serving import LEAD
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.desk.actions import make_key
from zhunsheng.casework.desk.policies import Pace
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.web import desk

WOMAN_ONLY = "002101030300000"


@pytest.fixture
def ready(people, monkeypatch):
    """A compiled desk; the journal of this test alone."""
    desk.desk().renew()
    desk._keys.clear()
    monkeypatch.setattr(desk, "_pace", Pace())
    yield
    desk.journal().close()
    for path in desk.journal().files():
        path.unlink()


@pytest.fixture
def secret(ready):
    """The key of the leading hospital."""
    return make_key(Process("test"), place(LEAD), "HIS")[1]


def place(of):
    """Return the body of an institution."""
    return Body.objects.get(institution_code=of.id, kind="institution")


def post(path, data, secret=None):
    """Post JSON; return status and JSON."""
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    text = data if isinstance(data, str) else json.dumps(data)
    answer = Client().post(path, text, content_type="application/json", headers=headers)
    return answer.status_code, answer.json()
