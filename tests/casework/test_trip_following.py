"""Whoever follows readings by their numbers hears each of them, also where several processes store at once."""

import threading

import pytest
from django.db import connection, connections, transaction

from tests.casework.tripping import courier, course, device, messages
from zhunsheng.casework.readings import actions as readings
from zhunsheng.casework.readings import batch
from zhunsheng.casework.readings.following import heard
from zhunsheng.casework.readings.router import using


class Recorded:
    """A connection that keeps what it is asked to execute."""

    def __init__(self, vendor):
        self.vendor, self.asked = vendor, []

    def cursor(self):
        return self

    def __enter__(self):
        return self

    def __exit__(self, *_told):
        return None

    def execute(self, statement, values):
        self.asked.append((statement, values))


@pytest.mark.parametrize(("vendor", "waits"), [("postgresql", 1), ("sqlite", 0)])
def test_who_stores_waits_for_its_turn_where_two_may_write_at_once(monkeypatch, vendor, waits):
    one = Recorded(vendor)
    monkeypatch.setattr(batch, "connections", {using(): one})
    batch.in_turn()
    assert len(one.asked) == waits
    assert all("pg_advisory_xact_lock" in statement for statement, _values in one.asked)


@pytest.mark.django_db(transaction=True, databases="__all__")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_number_is_heard_only_with_all_before_it():
    people = courier()
    device(people)
    device(people, "V-02")
    done = threading.Event()

    def second():
        readings.take(messages(course(5.0), name="V-02"))
        done.set()
        connections.close_all()

    with transaction.atomic(using=using()):
        readings.take(messages(course(5.0)))
        other = threading.Thread(target=second, daemon=True)
        other.start()
        assert not done.wait(1)
    other.join(20)
    assert done.is_set()
    assert [one.device for one, _received in heard(0)[1]] == ["V-01", "V-02"]
