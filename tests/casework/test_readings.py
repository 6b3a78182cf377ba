"""Readings are stored once however often they come; what cannot be taken lies in the quarantine."""

import json
from datetime import timedelta

import pytest
from django.db import DataError, OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.casework.reading import NOON, ORG, message, only_known, raw, said, take
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.readings import actions, batch, hooks, queries, rows
from zhunsheng.casework.readings.models import HotRow, Quarantine, Series, Span
from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry import sets, wire
from zhunsheng.telemetry.spans import Spans

pytestmark = pytest.mark.django_db(databases="__all__")
SITE = Scope(None, None, None)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    only_known(monkeypatch)


def acks(taken):
    return [(name, wire.parse_ack(payload)) for name, payload in taken.acks]


def table(**bounds):
    return queries.of_any_device(ORG, "L-07", bounds.get("since", NOON), bounds.get("until", NOON + timedelta(days=1)))


def test_a_reading_is_stored_and_acknowledged():
    taken = take(message(said(0), said(1)), message(said(2)))
    assert [(one.stored, one.repeated, one.refused) for one in taken.results] == [(2, 0, ()), (1, 0, ())]
    assert acks(taken) == [(f"zs/v1/{ORG}/L-07/ack", wire.Ack("b1", 2))]
    found = table()
    assert found.schema == sets.READINGS
    assert found["seq"].to_pylist() == [0, 1, 2]
    assert found["temperature"].to_pylist() == [4.0, 4.1, 4.2]


def test_what_comes_again_adds_nothing_and_is_acknowledged_again():
    first = take(message(said(0), said(1)))
    again = take(message(said(0), said(1)), message(said(1)))
    assert [(one.stored, one.repeated) for one in again.results] == [(0, 2), (0, 1)]
    assert acks(again) == acks(first)
    assert HotRow.objects.count() == 2


def test_a_hole_is_told_and_filled():
    assert acks(take(message(said(0), said(1), said(4), said(5))))[0][1] == wire.Ack("b1", 1, ((4, 5),))
    assert acks(take(message(said(7))))[0][1] == wire.Ack("b1", 1, ((7, 7),))
    assert acks(take(message(said(3), said(2))))[0][1] == wire.Ack("b1", 5)
    assert Span.objects.count() == 2


def test_a_boot_may_begin_with_one():
    assert acks(take(message(said(1), said(2))))[0][1] == wire.Ack("b1", 2)


def test_another_boot_counts_for_itself():
    taken = take(message(said(0), said(0, boot="b2")))
    assert taken.results[0].stored == 2
    assert {ack.boot for _, ack in acks(taken)} == {"b1", "b2"}


def test_what_was_said_otherwise_before_goes_to_the_quarantine_and_the_first_stays():
    take(message(said(0, temperature=4.0)))
    taken = take(message(said(0, temperature=7.5)), message(said(0, at=NOON + timedelta(seconds=1), temperature=4.0)))
    assert [one.refused[0].code for one in taken.results] == ["ZS882", "ZS882"]
    assert [(one.stored, one.repeated) for one in taken.results] == [(0, 0), (0, 0)]
    assert table()["temperature"].to_pylist() == [4.0]
    row = Quarantine.objects.get()
    assert (row.institution_id, row.device, row.code, row.count) == (ORG, "L-07", "ZS882", 2)
    assert b"7.5" in bytes(row.first_sample)


def test_two_that_differ_within_one_message_keep_the_first():
    taken = take(message(said(0, temperature=4.0), said(0, temperature=5.0)))
    assert (taken.results[0].stored, taken.results[0].refused[0].code) == (1, "ZS882")


def test_an_impossible_value_is_kept_apart_and_does_not_hold_the_others_up():
    good, bad = (json.loads(wire.encode([said(n)])) for n in (0, 1))
    taken = take(
        raw([good, bad | {"values": {"temperature": 300}}], received=NOON + timedelta(hours=1)), message(said(2))
    )
    assert [one.stored for one in taken.results] == [1, 1]
    assert acks(taken) == [(f"zs/v1/{ORG}/L-07/ack", wire.Ack("b1", 2))], "it is done with, so it is not sent again"
    assert Quarantine.objects.get().code == "ZS879"


@pytest.mark.parametrize("payload", [b"{", b"\xff\xfe", b"[]", b"x" * 70_000])
def test_an_unreadable_message_is_returned_by_its_digest(payload):
    taken = take(raw(payload), raw(payload))
    assert acks(taken) == [(f"zs/v1/{ORG}/L-07/ack", wire.Returned(wire.digest_of(payload), "ZS878"))] * 2
    row = Quarantine.objects.get()
    assert (row.code, row.count, len(row.first_sample) <= 1024) == ("ZS878", 2, True)


def test_an_unknown_device_is_not_taken_and_keeps_what_it_has():
    taken = take(message(said(0, device="L-99")))
    assert taken.acks == ()
    assert taken.results[0].refused[0].code == "ZS881"
    assert Quarantine.objects.get().device == "L-99"
    assert not HotRow.objects.exists()


def test_a_wrong_topic_has_no_sender():
    taken = take(raw({"x": 1}, "zs/v1/\x00/reading"), raw({"x": 1}, "elsewhere"))
    assert taken.acks == ()
    assert Quarantine.objects.get().institution_id == ""
    assert Quarantine.objects.get().count == 2


def test_made_up_senders_of_one_organisation_do_not_fill_the_quarantine_of_another(monkeypatch):
    monkeypatch.setattr("zhunsheng.casework.readings.batch.MOST_SENDERS", 3)
    take(*(message(said(0, device=f"X-{number}")) for number in range(6)))
    take(message(said(0, device="X-6")), message(said(0, device="X-0")))
    assert Quarantine.objects.filter(institution_id=ORG).count() == 4
    assert Quarantine.objects.get(institution_id=ORG, device="").count == 4
    assert Quarantine.objects.get(institution_id=ORG, device="X-0").count == 2
    take(message(said(0, org="H1", device="F-9")))
    assert Quarantine.objects.get(institution_id="H1").device == "F-9"


def test_made_up_organisations_share_one_row(monkeypatch):
    monkeypatch.setattr("zhunsheng.casework.readings.batch.MOST_ORGANISATIONS", 2)
    take(*(message(said(0, org=f"O{number}", device="X")) for number in range(5)))
    take(message(said(0, org="O1", device="Y")))
    assert set(Quarantine.objects.values_list("institution_id", "count")) == {("O0", 1), ("O1", 1), ("", 3)}
    assert Quarantine.objects.filter(institution_id="O1").count() == 2


def holed(count, boot="b1"):
    """A series with so many single readings, two apart."""
    take(message(said(1, boot=boot)))
    series = Series.objects.get(key=f"{ORG}/L-07/{boot}")
    Span.objects.bulk_create([Span(series=series, first=n, last=n) for n in range(3, 2 * count + 1, 2)])
    return series


def test_a_device_with_many_holes_costs_no_more_than_another():
    series = holed(3000)
    ids, ends = {series.key: series.pk}, {series.key: (2000, 2000)}
    assert batch._spans(ids, ends)[series.key].all == ((1, 1), (1999, 1999), (2001, 2001))
    assert acks(take(message(said(2000))))[0][1] == wire.Ack("b1", 1, ((1999, 2001),))
    assert acks(take(message(said(2))))[0][1] == wire.Ack("b1", 3)
    assert Span.objects.count() == 3000 - 2


def test_a_series_in_too_many_pieces_takes_what_fills_a_hole_and_leaves_the_rest_with_the_device(monkeypatch):
    monkeypatch.setattr(batch, "MOST_SPANS", 20)
    holed(19)
    taken = take(message(said(100), said(102), said(101), said(2)))
    assert [one.code for one in taken.results[0].refused] == ["ZS895"]
    ack = acks(taken)[0][1]
    assert (ack.holds(100), ack.holds(101), ack.holds(2), ack.holds(102)) == (True, True, True, False)
    assert Span.objects.count() == 19
    assert Quarantine.objects.get().code == "ZS895"
    bad = json.loads(wire.encode([said(200)])) | {"values": {"temperature": 300}}
    assert acks(take(raw([bad, bad | {"seq": 300}]))) == [(f"zs/v1/{ORG}/L-07/ack", wire.Ack("b1", 3, ((200, 200),)))]
    assert take(message(said(102))).results[0].stored == 1


@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=6), min_size=1, max_size=8))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
def test_what_is_done_with_is_known_however_it_came(batches):
    Span.objects.all().delete()
    HotRow.objects.all().delete()
    known = set()
    for group in batches:
        known |= set(group)
        ack = acks(take(message(*(said(n) for n in group))))[0][1]
        assert all(ack.holds(seq) for seq in group)
        assert not any(ack.holds(seq) for seq in range(1, 45) if seq not in known)
    spans = Spans()
    for seq in known:
        spans.add(seq)
    assert sorted(Span.objects.values_list("first", "last")) == list(spans.all)


def test_a_time_ahead_is_refused_and_one_late_is_taken():
    ahead = message(said(0, at=NOON + timedelta(minutes=6)), received=NOON)
    late = message(said(1, at=NOON - timedelta(days=90)), received=NOON)
    taken = take(ahead, late)
    assert [one.stored for one in taken.results] == [0, 1]
    assert Quarantine.objects.get().code == "ZS880"


def test_a_listener_hears_new_readings_once_and_its_failure_stops_nobody(monkeypatch):
    heard = []
    monkeypatch.setattr(hooks, "_LISTENERS", [lambda _: 1 / 0, heard.extend])
    take(message(said(0)), message(said(0)), message(said(1)))
    take(message(said(1)))
    assert [one.seq for one in heard] == [0, 1]
    assert HotRow.objects.count() == 2


def test_a_listener_makes_good_what_it_missed():
    take(message(said(0), said(1)))
    number, found = queries.arrived(0, 1)
    assert [one.seq for one in found] == [0]
    number, found = queries.arrived(number)
    assert [one.seq for one in found] == [1]
    assert queries.arrived(number) == (number, [])
    assert queries.last_number() == number


def test_the_last_reading_is_that_of_the_latest_time():
    take(message(said(3, battery=50.0)), message(said(2, battery=51.0)), message(said(0, device="L-08")))
    found = queries.latest(SITE)
    assert found[ORG, "L-07"][0].values == {"battery": 50.0}
    assert len(found) == 2


def test_who_does_not_see_the_sender_sees_none_of_it():
    take(message(said(0)), raw(b"{"))
    other, own = Scope(frozenset({"H9"}), frozenset(), None), Scope(frozenset({ORG}), frozenset(), None)
    bounds = (ORG, "L-07", NOON, NOON + timedelta(days=1))
    assert queries.of_device(own, *bounds).num_rows == 1
    assert queries.of_device(other, *bounds).num_rows == 0
    assert queries.quarantine(own).count() == 1
    assert queries.quarantine(other).count() == 0
    assert not queries.latest(other)


def test_a_node_event_is_apart_from_readings():
    step = {"subject": "W-1", "step": "picked_up", "who": "C-9", "place": "H1"}
    take(message(said(0, kind="node", **step)), message(said(1)))
    found = queries.of_any_device(ORG, "L-07", NOON, NOON + timedelta(days=1), "node")
    assert found["step"].to_pylist() == ["picked_up"]
    assert table()["seq"].to_pylist() == [1]


def test_nothing_is_kept_of_a_batch_whose_store_fails(monkeypatch):
    monkeypatch.setattr(actions, "quarantine", lambda _entries: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        take(message(said(0)))
    assert not HotRow.objects.exists()
    assert not Span.objects.exists()


@pytest.mark.parametrize("time", ["2026-11-20\ud80012:00:00", "2026-11-20\x0012:00:00"])
def test_a_time_that_no_database_can_hold_is_one_bad_reading(time):
    good = json.loads(wire.encode([said(1)]))
    taken = take(raw([good | {"seq": 0, "time": time}, good], received=NOON + timedelta(hours=1)))
    assert (taken.results[0].stored, taken.results[0].refused[0].code) == (1, "ZS880")
    assert acks(taken)[0][1] == wire.Ack("b1", 1)


@pytest.mark.parametrize("error", [UnicodeEncodeError("utf-8", "\ud800", 0, 1, "surrogates"), DataError("\x00")])
def test_a_message_that_the_database_cannot_hold_is_returned_and_stops_no_other(monkeypatch, error):
    def said_as_row(one, plain=rows.said):
        if one.device == "L-08":
            raise error
        return plain(one)

    monkeypatch.setattr(rows, "said", said_as_row)
    bad = message(said(0, device="L-08"))
    taken = take(message(said(0)), message(said(1)), bad, message(said(2)), message(said(3)))
    assert [(one.stored, len(one.refused)) for one in taken.results] == [(1, 0), (1, 0), (0, 1), (1, 0), (1, 0)]
    assert (f"zs/v1/{ORG}/L-08/ack", wire.Returned(wire.digest_of(bad.payload), "ZS878")) in acks(taken)
    assert table()["seq"].to_pylist() == [0, 1, 2, 3]
    assert (Quarantine.objects.get().device, Quarantine.objects.get().code) == ("L-08", "ZS878")


def test_a_broken_store_still_raises(monkeypatch):
    monkeypatch.setattr(rows, "said", lambda _one: (_ for _ in ()).throw(OperationalError("disk full")))
    with pytest.raises(OperationalError):
        take(message(said(0)), message(said(1)))
    assert not Quarantine.objects.exists()


def test_a_key_is_shown_once_held_as_digest_and_ended_with_evidence():
    key, secret = actions.make_key(Process("cli"), ORG)
    assert queries.sender_of(secret) == key
    assert secret not in str(vars(key))
    assert actions.end_key(Process("cli"), key.hint, "H1") == 0, "the key of another"
    assert queries.sender_of(secret) == key
    assert actions.end_key(Process("cli"), key.hint, ORG) >= 1
    assert queries.sender_of(secret) is None
    kinds = list(EvidenceOutbox.objects.values_list("kind", flat=True))
    assert kinds == ["sender_key.made", "sender_key.ended"]
    with pytest.raises(Problem, match="ZS881"):
        actions.make_key(Process("cli"), "a/b")


@given(st.lists(st.lists(st.integers(0, 30), min_size=1, max_size=8), max_size=12))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_intervals_know_what_a_set_knows(batches):
    stored, spans, plain = {}, Spans(), set()
    for group in batches:
        spans = Spans(stored.items())
        for seq in group:
            assert spans.add(seq) == (seq not in plain)
            plain.add(seq)
        gone, kept = spans.changes()
        for first in gone:
            del stored[first]
        stored |= dict(kept)
        upto, above = spans.around(group)
        ack = wire.Ack("b", upto, above)
        assert all(ack.holds(seq) for seq in group)
        assert not any(ack.holds(seq) for seq in range(1, 32) if seq not in plain)
    held = {seq for first, last in stored.items() for seq in range(first, last + 1)}
    assert held == plain
    assert all(seq in spans for seq in plain)
