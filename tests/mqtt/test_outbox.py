"""What a forwarder holds: until the site has it, oldest first, bounded, its losses counted."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.channels import load_channels
from zhunsheng.mqtt import forwarder
from zhunsheng.mqtt.forwarder import AGAIN, WINDOW, Forwarder
from zhunsheng.mqtt.link import Address
from zhunsheng.mqtt.outbox import Outbox
from zhunsheng.telemetry import wire

ROOT = Path(__file__).parents[2]
CHANNELS = load_channels(ROOT / "rulebook")
THEN = datetime(2026, 11, 20, tzinfo=UTC)
NAME = wire.topic("H1", "L-1", "reading")


def message(*seqs, payload=None, topic=NAME):
    said = [wire.Reading("H1", "L-1", "reading", "b", n, THEN, {"temperature": 4.0}) for n in seqs]
    return wire.Incoming(topic, payload or wire.encode(said), THEN + timedelta(seconds=seqs[0] if seqs else 0))


@pytest.fixture
def outbox(tmp_path):
    outbox = Outbox(tmp_path / "box.sqlite3", CHANNELS, 1_000_000)
    yield outbox
    outbox.close()


def due(outbox):
    return seqs(outbox.fresh(100))


def seqs(kept):
    return [json.loads(one.payload)["seq"] for one in kept]


def send(outbox, moment=1000.0):
    outbox.sent(outbox.fresh(10**6), moment)


def test_the_oldest_goes_first_and_what_is_under_way_is_not_sent_twice(outbox):
    outbox.keep([message(3), message(1), message(2)])
    assert due(outbox) == [3, 1, 2]
    outbox.sent(outbox.fresh(2), 1000.0)
    assert (due(outbox), outbox.overdue(9, 999.0)) == ([2], [])
    assert outbox.under_way(999.0) == 2
    send(outbox, 990.0)
    assert seqs(outbox.overdue(9, 1001.0)) == [2, 3, 1], "who waits longest is first"
    assert seqs(outbox.overdue(9, 999.0)) == [2]


def test_a_sender_hears_which_of_its_readings_are_kept(outbox):
    assert outbox.keep([message(1, 2), message(5)]) == [("H1/L-1", wire.Ack("b", -1, ((1, 2), (5, 5))))]


def test_a_message_goes_when_all_it_holds_is_stored(outbox):
    outbox.keep([message(1, 2), message(2, 3), message(9)])
    send(outbox)
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", 1)) == 0
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", 2)) == 1
    assert outbox.acknowledged("H1/L-1", wire.Ack("other", 99)) == 0
    assert outbox.acknowledged("H1/L-2", wire.Ack("b", 99)) == 0
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", 2, ((9, 9),))) == 1
    assert outbox.standing().waiting == 1
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", 3)) == 1
    assert (outbox.standing().waiting, outbox.size) == (0, 0)


def test_an_unreadable_message_goes_when_the_site_says_that_it_has_it(outbox):
    outbox.keep([message(payload=b"{"), message(payload=b"["), message(1)])
    send(outbox)
    assert outbox.acknowledged("H1/L-1", wire.Returned(wire.digest_of(b"{"), "ZS878")) == 1
    assert outbox.standing().waiting == 2


def test_a_reading_that_the_site_refuses_is_done_with_by_its_number(outbox):
    bad = json.dumps({"device": "L-1", "boot": "b", "seq": 4, "time": 0, "values": {}}).encode()
    outbox.keep([message(payload=bad)])
    send(outbox)
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", -1, ((4, 4),))) == 1


def test_what_was_never_sent_stays_whatever_is_said_of_it(outbox):
    outbox.keep([message(1), message(payload=b"{")])
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", wire.MOST_SEQ - 1)) == 0
    assert outbox.acknowledged("H1/L-1", wire.Returned(wire.digest_of(b"{"), "ZS878")) == 0
    send(outbox)
    assert outbox.acknowledged("H1/L-1", wire.Ack("b", 1)) == 1
    assert outbox.acknowledged("H1/L-1", wire.Returned(wire.digest_of(b"{"), "ZS878")) == 1


@pytest.fixture
def carrier(outbox, monkeypatch):
    """A forwarder whose line to the site is what a test says, and whose clock it sets."""
    here, site = (Address.read("mqtt://127.0.0.1:1?version=3", name) for name in ("here", "site"))
    carrier = Forwarder(here, site, outbox)
    carrier.site.connected.set()
    carrier.clock, carrier.told = THEN, []
    monkeypatch.setattr(forwarder, "now", lambda: carrier.clock)
    carrier.site.send = lambda _topic, payload: carrier.told.append(json.loads(payload))
    return carrier


def rounds(carrier, seconds, say=lambda _one: None):
    """Go round once a second; return what was sent."""
    found = []
    for _ in range(seconds):
        carrier.clock += timedelta(seconds=1)
        while carrier.round():
            pass
        found += carrier.told
        for one in carrier.told:
            say(one)
        carrier.told.clear()
    return found


def test_readings_that_nobody_acknowledges_hold_no_other_up(carrier, outbox):
    outbox.keep([message(n) for n in range(WINDOW + 100)])
    assert len(rounds(carrier, 5)) == WINDOW
    outbox.keep([message(WINDOW + 100)])
    told = rounds(carrier, int(AGAIN) + 5)
    assert [one["seq"] for one in told][:101] == list(range(WINDOW, WINDOW + 101))
    assert len(told) == 101 + WINDOW // 2, "beside it half a window is sent again, and no more"
    again = rounds(carrier, int(AGAIN))
    assert [one["seq"] for one in again] == list(range(WINDOW // 2, WINDOW)), "then those that wait longer now"


def test_what_was_sent_in_vain_goes_again_as_fast_as_it_is_acknowledged(carrier, outbox):
    outbox.keep([message(n) for n in range(2000)])
    send(outbox, 0.0)

    def stored(one):
        carrier.heard.put((wire.topic("H1", "L-1", "ack"), wire.encode_ack(wire.Ack("b", one["seq"]))))

    rounds(carrier, 12, stored)
    assert outbox.standing().waiting == 0


def test_beyond_its_bound_the_oldest_are_dropped_and_counted(tmp_path):
    size = len(message(0).payload)
    outbox = Outbox(tmp_path / "box.sqlite3", CHANNELS, 3 * size)
    outbox.keep([message(n) for n in range(5)])
    assert due(outbox) == [2, 3, 4]
    assert outbox.standing().lost == {"full": 2}
    outbox.keep([message(topic="zs/v1/elsewhere")])
    assert outbox.standing().lost == {"full": 2, "ZS877": 1}
    outbox.close()


def test_it_is_all_there_after_a_new_start(tmp_path):
    first = Outbox(tmp_path / "box.sqlite3", CHANNELS, 1_000_000)
    first.keep([message(1), message(2)])
    send(first, 5000.0)
    first.close()
    second = Outbox(tmp_path / "box.sqlite3", CHANNELS, 1_000_000)
    second.again()
    assert due(second) == [1, 2]
    assert second.size == second.standing().bytes > 0
    second.close()


SCRIPT = """
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
from tests.mqtt.test_outbox import CHANNELS, Outbox, message
box = Outbox(Path(sys.argv[1]), CHANNELS, 10**9)
for n in range(10**6):
    box.keep([message(n)])
    print(n, flush=True)
"""


def test_what_was_kept_is_there_after_a_kill(tmp_path):
    """Each number printed was kept before; a kill comes at any moment."""
    path = tmp_path / "box.sqlite3"
    script = [sys.executable, "-c", SCRIPT.format(root=str(ROOT)), str(path)]
    with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as child:
        last = next(int(line) for line in child.stdout if int(line) >= 50)
        child.kill()
        rest = [int(line) for line in child.stdout.read().split("\n")[:-1]]
    last = rest[-1] if rest else last
    outbox = Outbox(path, CHANNELS, 10**9)
    numbers = seqs(outbox.fresh(10**6))
    assert numbers[: last + 1] == list(range(last + 1))
    assert len(numbers) - (last + 1) in (0, 1)
    outbox.close()


@given(st.lists(st.lists(st.integers(0, 12), min_size=1, max_size=4, unique=True), max_size=8), st.data())
def test_a_message_is_held_exactly_until_its_last_reading_is_stored(groups, data):
    outbox = Outbox(Path(":memory:"), CHANNELS, 10**9)
    outbox.keep([message(*group) for group in groups])
    send(outbox)
    stored = set()
    for _ in range(4):
        seq = data.draw(st.integers(-1, 12))
        span = data.draw(st.tuples(st.integers(0, 12), st.integers(0, 12)).map(lambda two: (min(two), max(two))))
        stored |= set(range(seq + 1)) | set(range(span[0], span[1] + 1))
        outbox.acknowledged("H1/L-1", wire.Ack("b", seq, (span,)))
        left = [group for group in groups if not set(group) <= stored]
        assert outbox.standing().waiting == len(left)
    outbox.close()
