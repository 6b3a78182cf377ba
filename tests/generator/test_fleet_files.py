"""A fleet as files: the same seed gives the same bytes, the key lies apart, whatever is replayed can be read."""

import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from zhunsheng.cli.simulate import play
from zhunsheng.generator.fleet import LOOK_ALIKES, STORIES, deliver, make, replayed
from zhunsheng.kernel.errors import Problem

SHARED = Path(os.environ.get("ZHUNSHENG_SHARED_DATA", "absent"))
START = date(2026, 10, 1)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("fleet")
    made = deliver(folder, make(3, START, days=2, vehicles=1, fridges=1))
    return folder, made


def test_the_same_seed_gives_the_same_bytes_and_another_does_not(written, tmp_path):
    folder, _ = written
    for seed, same in ((3, True), (4, False)):
        deliver(tmp_path / str(seed), make(seed, START, days=2, vehicles=1, fridges=1))
        for name in ("import/messages.ndjson", "import/fleet.json", "key.json"):
            assert ((tmp_path / str(seed) / name).read_bytes() == (folder / name).read_bytes()) is same


def test_every_story_is_told_once_and_only_the_key_tells_it(written):
    folder, made = written
    key = json.loads((folder / "key.json").read_text("utf-8"))["stories"]
    names = [one["story"] for one in key]
    assert sorted(names) == sorted(one.name for one in (*STORIES, *LOOK_ALIKES))
    assert made.devices == len(names) + 2
    told = "".join(path.read_text("utf-8") for path in (folder / "import").iterdir())
    assert not [name for name in names if name in told]
    assert not list((folder / "import").rglob("*key*"))


def test_messages_come_in_the_order_of_their_arrival(written):
    folder, made = written
    messages = list(replayed(folder))
    assert len(messages) == made.messages
    moments = [one.received for one in messages]
    assert moments == sorted(moments)
    sizes = [len(plain) if isinstance(plain := json.loads(one.payload), list) else 1 for one in messages]
    assert max(sizes) > 10, "what was stored in a dead zone is sent together"
    assert max(sizes) <= 100


def test_a_replay_sends_each_message_and_may_begin_now(written):
    folder, made = written
    sent = []
    assert play(replayed(folder), lambda *one: sent.append(one), 0) == made.messages == len(sent)
    one = next(replayed(folder))
    later = one.moved(3600.0)
    before, after = (json.loads(x.payload)["time"] for x in (one, later))
    assert (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds() == 3600


def test_what_cannot_be_replayed_is_told(tmp_path):
    for name, text in (
        ("a.csv", "timestamp,value\n2026-01-01 00:00:00,warm\n"),
        ("b.csv", "X;Y\n1;2\n"),
        ("c.csv", ""),
    ):
        (tmp_path / name).write_text(text, "utf-8")
        with pytest.raises(Problem) as caught:
            list(replayed(tmp_path / name))
        assert caught.value.code == "ZS874"
    with pytest.raises(Problem):
        replayed(tmp_path / "absent")
    (tmp_path / "messages.ndjson").write_text('{"received": "2026-01-01T00:00:00+00:00"}\n', "utf-8")
    with pytest.raises(Problem):
        list(replayed(tmp_path))


@pytest.mark.skipif(not (SHARED / "cold_chain").is_dir(), reason="shared data is absent")
def test_published_series_and_tracks_are_replayed():
    series = list(replayed(SHARED / "cold_chain"))
    assert len(series) == 7_267 + 22_695
    first = json.loads(next(one for one in series if "machine" in one.topic).payload)
    assert first["values"]["temperature"] == pytest.approx((73.96732207 - 32) / 1.8, abs=1e-3)
    tracks = list(replayed(SHARED / "tracks"))
    assert len(tracks) == 5_908
    point = json.loads(tracks[0].payload)
    assert point["seq"] == 0
    assert datetime.fromisoformat(point["time"]).tzinfo is UTC or point["time"].endswith("+00:00")


def test_the_command_writes_and_plays(tmp_path):
    from zhunsheng.cli import app

    run = CliRunner().invoke
    done = run(app, ["simulate", str(tmp_path / "f"), "--days", "1", "--vehicles", "0", "--fridges", "0", "--json"])
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["devices"] == len(STORIES) + len(LOOK_ALIKES)
    played = run(app, ["simulate", "--replay", str(tmp_path / "f")])
    assert len(played.output.splitlines()) == told["messages"]
    assert played.output.startswith("zs/v1/")
    assert run(app, ["simulate"]).exit_code == 2
