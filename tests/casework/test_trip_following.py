"""Whoever follows readings by their numbers hears each of them: several processes that store wait for one another."""

import threading

import pytest
from django.db import connection, connections, transaction

from zhunsheng.casework.readings import batch
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


@pytest.mark.django_db(databases="__all__")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")
def test_a_second_process_stores_only_after_the_first():
    done = threading.Event()

    def second():
        with transaction.atomic(using=using()):
            batch.in_turn()
        done.set()
        connections.close_all()

    other = threading.Thread(target=second, daemon=True)
    with transaction.atomic(using=using()):
        batch.in_turn()
        other.start()
        assert not done.wait(1)
        transaction.set_rollback(True, using=using())
    other.join(90)
    assert done.is_set()
