"""What devices send is read or refused with a code; nothing that a device sends ends in anything else."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from zhunsheng.book.channels import load_channels
from zhunsheng.kernel.errors import Problem
from zhunsheng.telemetry import sets, wire

BOOK = Path(__file__).parents[2] / "rulebook"
CHANNELS = load_channels(BOOK)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 23, 0, 10, tzinfo=UTC)
TOPIC = "zs/v1/91420000MA/L-07/reading"
NODE = "zs/v1/91420000MA/L-07/node"
GOOD = {"device": "L-07", "boot": "a3", "seq": 12, "time": "2026-11-23T08:00:00+08:00", "values": {"temperature": 4}}
STEP = {"subject": "W-1", "step": "picked_up", "who": "C-9", "place": "H1"}


def read(item, topic=TOPIC):
    return wire.parse(topic, json.dumps(item).encode(), NOW, CHANNELS)


def test_a_reading_is_read_in_utc_and_floats():
    (one,) = read(GOOD)
    assert one.identity == ("91420000MA", "L-07", "a3", 12)
    assert one.at == datetime(2026, 11, 23, tzinfo=UTC)
    assert one.values == {"temperature": 4.0}
    assert isinstance(one.values["temperature"], float)


def test_a_moment_may_be_whole_milliseconds():
    (one,) = read(GOOD | {"time": 1_795_392_000_250})
    assert one.at == datetime(2026, 11, 23, 0, 0, 0, 250_000, tzinfo=UTC)


def test_a_node_event_says_subject_step_person_and_place():
    (one,) = read(GOOD | {"values": STEP}, NODE)
    assert one.values == STEP


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"device": "L-08"}, "ZS881"),
        ({"device": ["L-07"]}, "ZS881"),
        ({"boot": ""}, "ZS879"),
        ({"boot": "a/3"}, "ZS879"),
        ({"boot": True}, "ZS879"),
        ({"seq": -1}, "ZS879"),
        ({"seq": 1.0}, "ZS879"),
        ({"seq": True}, "ZS879"),
        ({"seq": 2**62}, "ZS879"),
        ({"time": "2026-11-23T08:00:00"}, "ZS880"),
        ({"time": "yesterday"}, "ZS880"),
        ({"time": "1970-01-01T00:00:00Z"}, "ZS880"),
        ({"time": "2026-11-23T08:15:01+08:00"}, "ZS880"),
        ({"time": 10**30}, "ZS880"),
        ({"time": None}, "ZS880"),
        ({"time": "0001-01-01T00:00:00+14:00"}, "ZS880"),
        ({"values": {}}, "ZS879"),
        ({"values": {"temperature": 90.1}}, "ZS879"),
        ({"values": {"temperature": "4"}}, "ZS879"),
        ({"values": {"temperature": True}}, "ZS879"),
        ({"values": {"door": 1}}, "ZS879"),
        ({"values": {"fault": "\ud800"}}, "ZS879"),
        ({"values": {"fault": "x" * 129}}, "ZS879"),
        ({"values": {"rssi": -70}}, "ZS879"),
        ({"values": {"temperature": 10**400}}, "ZS879"),
        ({"more": 1}, "ZS878"),
    ],
)
def test_what_cannot_be_is_refused_with_its_code(change, code):
    with pytest.raises(wire.Refused) as refused:
        read(GOOD | change)
    assert refused.value.code == code


def test_edges_are_held():
    assert read(GOOD | {"time": "2026-11-23T08:15:00+08:00"})
    assert read(GOOD | {"values": {"temperature": 90, "humidity": 0, "door": False, "fault": "E7"}})


@pytest.mark.parametrize("values", [{}, {"subject": "W-1", "step": "x", "who": "y"}, STEP | {"when": "now"}])
def test_an_incomplete_node_event_is_refused(values):
    with pytest.raises(wire.Refused, match="ZS879"):
        read(GOOD | {"values": values}, NODE)


@pytest.mark.parametrize(
    "payload",
    [b"", b"{", b"\xff", b"[]", b"nul", b"[" * 5000, b'{"seq": NaN}', json.dumps([GOOD] * 101).encode(), b" " * 70_000],
)
def test_an_unreadable_message_is_refused(payload):
    with pytest.raises(wire.Refused, match="ZS878"):
        wire.parse(TOPIC, payload, NOW, CHANNELS)


@pytest.mark.parametrize(
    "topic",
    ["", "zs/v1/a/b", "zs/v1/a/b/ack", "zs/v2/a/b/reading", "zs/v1/a b/c/node", "zs/v1/+/b/node", "zs/v1//b/node"],
)
def test_a_wrong_topic_is_refused(topic):
    with pytest.raises(wire.Refused, match="ZS877"):
        read(GOOD, topic)


def test_one_bad_reading_spoils_no_other_of_its_message():
    bad = GOOD | {"seq": 13, "values": {"temperature": 99}}
    readings, refused = wire.sift(TOPIC, json.dumps([GOOD, bad, 7]).encode(), NOW, CHANNELS)
    assert [one.seq for one in readings] == [12]
    assert [(one.refused.code, one.boot, one.seq) for one in refused] == [("ZS879", "a3", 13), ("ZS878", None, None)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
twisted = st.fixed_dictionaries({key: st.just(value) | json_values for key, value in GOOD.items()}) | json_values


@given(twisted, st.sampled_from([TOPIC, NODE]))
def test_any_json_is_read_or_refused_and_nothing_else(item, topic):
    readings, bad = [], []
    try:
        readings, bad = wire.sift(topic, json.dumps(item).encode(), NOW, CHANNELS)
    except wire.Refused as refused:
        assert refused.code in ("ZS877", "ZS878")
    for one in readings:
        assert wire.EARLIEST <= one.at <= NOW + wire.AHEAD
    assert all(one.refused.code.startswith("ZS8") for one in bad)
    sets.table(readings, NOW)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(payload):
    try:
        wire.sift(TOPIC, payload, NOW, CHANNELS)
    except wire.Refused as refused:
        assert refused.code == "ZS878"


sound = st.builds(
    wire.Reading,
    org=st.just("91420000MA"),
    device=st.just("L-07"),
    kind=st.just("reading"),
    boot=st.from_regex(r"[0-9a-z]{1,8}", fullmatch=True),
    seq=st.integers(0, 2**40),
    at=st.integers(10**9 * 10**6, 1_795_000_000 * 10**6).map(lambda us: EPOCH + timedelta(microseconds=us)),
    values=st.fixed_dictionaries({"temperature": st.floats(-90, 90), "door": st.booleans()}),
)


@given(st.lists(sound, min_size=1, max_size=100))
def test_what_is_written_is_read_as_it_was(readings):
    assert wire.parse(TOPIC, wire.encode(readings), NOW, CHANNELS) == readings


def test_an_acknowledgement_is_read_as_it_was_written():
    for ack in (wire.Ack("a3", 12), wire.Ack("a3", -1, ((4, 9), (11, 11))), wire.Returned("ab", "ZS878")):
        assert wire.parse_ack(wire.encode_ack(ack)) == ack
    with pytest.raises(wire.Refused):
        wire.parse_ack(b'{"boot": "a", "seq": 1, "above": [[1]]}')


def test_an_acknowledgement_holds_what_is_stored_and_not_the_hole():
    ack = wire.Ack("a", 3, ((6, 8),))
    assert [seq for seq in range(10) if ack.holds(seq)] == [0, 1, 2, 3, 6, 7, 8]


def test_the_table_has_a_column_of_its_type_for_each_channel():
    types = {"number": pa.float64(), "flag": pa.bool_(), "text": pa.string()}
    assert {field.name: field.type for field in sets.CHANNELS} == {
        name: types[one.type] for name, one in CHANNELS.channels.items()
    }


def test_a_table_keeps_order_moments_and_what_was_not_said():
    (one,) = read(GOOD)
    made = sets.table([one, one], [NOW, NOW + timedelta(seconds=1)])
    assert made.schema == sets.READINGS
    assert made["door"].to_pylist() == [None, None]
    assert made["received_at"].to_pylist() == [NOW, NOW + timedelta(seconds=1)]
    with pytest.raises(ValueError, match="1 moments"):
        sets.table([one, one], [NOW])
    assert sets.empty().num_rows == 0


def test_wrong_channels_are_refused_with_place_and_reason(tmp_path):
    (tmp_path / "telemetry").mkdir()
    path = tmp_path / "telemetry" / "channels.yaml"
    for text in (
        "channels: {t: {zh: a, en: b, type: number}}",
        "channels: {t: {zh: a, en: b, type: flag, unit: K}}",
        "{}",
    ):
        path.write_text(text)
        with pytest.raises(Problem, match="ZS884"):
            load_channels(tmp_path)


@pytest.mark.parametrize("time", ["2026-11-23\ud80008:00:00", "2026-11-23\x0008:00:00"])
def test_what_a_refusal_tells_can_be_written_down(time):
    with pytest.raises(wire.Refused, match="ZS880") as refused:
        read(GOOD | {"time": time})
    assert refused.value.detail.isascii()
    assert refused.value.detail.isprintable()


@pytest.mark.parametrize(
    "plain",
    [
        {"boot": "b", "seq": 2**70},
        {"boot": "b", "seq": -2},
        {"boot": "b", "seq": True},
        {"boot": "\ud800", "seq": 1},
        {"boot": "b", "seq": 1, "above": [[3, 2**70]]},
        {"boot": "b", "seq": 1, "above": [[5, 3]]},
        {"boot": "b", "seq": 1, "above": [[-1, 3]]},
        {"returned": "\ud800" * 32, "code": "ZS878"},
        {"returned": "0" * 32, "code": "\ud800"},
    ],
)
def test_an_acknowledgement_beyond_what_can_be_is_none(plain):
    with pytest.raises(wire.Refused, match="ZS878"):
        wire.parse_ack(json.dumps(plain).encode())


@pytest.mark.parametrize("body", ['{"seq": 1e999}', ' [ {"a": 1e999}\n,  7 ,"\\ud800,[",[2] ]', "[3]"])
def test_pieces_are_the_text_that_was_sent(body):
    found = wire.pieces(body.encode())
    assert [one for one, _ in found] == wire.items(body.encode())
    assert [json.loads(text) for _, text in found] == [one for one, _ in found]
    assert all(text in body for _, text in found)
