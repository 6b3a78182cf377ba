"""Fixtures of the site tests: a judged county on disk, people in the database, clients that are logged in."""

from __future__ import annotations

import shutil
import threading

import pytest
from django.test import Client

from tests.web import people as cast
from tests.web import serving
from zhunsheng.casework.jobs.worker import Worker
from zhunsheng.kernel.home import home
from zhunsheng.runs import store

EARLIER, CURRENT = serving.EARLIER, serving.CURRENT


@pytest.fixture(scope="session")
def county(runs_of_county):
    """Two runs of the small county: the earlier one lacks the last month."""
    shutil.copytree(runs_of_county, home().root, dirs_exist_ok=True)
    return store.current(home())


@pytest.fixture
def people(db, county):
    """Everyone, with bodies and duties."""
    return cast.everyone()


@pytest.fixture
def as_(people):
    """A client logged in as the person of a login."""

    def enter(login):
        client = Client()
        client.force_login(people[login])
        return client

    return enter


@pytest.fixture
def work(db, monkeypatch):
    """Do the jobs that wait, in this process; the connection of the test stays open."""
    monkeypatch.setattr("django.db.close_old_connections", lambda: None)
    return lambda: Worker(threading.Event()).run(stop_when_empty=True)
