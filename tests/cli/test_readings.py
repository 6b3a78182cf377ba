"""zhunsheng readings, gateway, forward, broker: from a file of messages to a verified closed day."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest
import typer
from typer.testing import CliRunner

from benchmarks._broker import free_port, wait_until
from zhunsheng.casework.readings import closed, registry
from zhunsheng.cli import gateway
from zhunsheng.cli.readings import app
from zhunsheng.kernel.home import Home
from zhunsheng.mqtt.link import Address, Link

database = pytest.mark.django_db(databases="__all__")
ROOT = Path(__file__).parents[2]
MAIN = "from zhunsheng.cli import main; main()"
SAID = {"device": "L-1", "boot": "b", "time": "2026-10-01T08:00:00+08:00", "values": {"temperature": 4.5}}

#: The devices of a site without people stand in a file.
LISTED = {"ZHUNSHENG_READINGS_REGISTRY": "zhunsheng.casework.readings.registry.listed"}


@pytest.fixture
def home(tmp_path, monkeypatch, db):
    home = Home(tmp_path / "site")
    (home.root / "telemetry").mkdir(parents=True)
    (home.root / "telemetry" / "devices.txt").write_text("V1/L-1\n")
    monkeypatch.setattr(registry, "known", registry.listed)
    for module in (closed, registry):
        monkeypatch.setattr(module, "home", lambda: home)
    return home.root


def run(command, *arguments, code=0):
    done = CliRunner().invoke(command, [*map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


@database
def test_messages_of_a_file_are_taken_closed_verified_and_exported(home, tmp_path):
    lines = [{"topic": "zs/v1/V1/L-1/reading", "payload": SAID | {"seq": n}} for n in range(3)]
    lines.append({"topic": "zs/v1/V1/L-2/reading", "payload": [SAID | {"seq": 0, "device": "L-2"}]})
    file = tmp_path / "messages.ndjson"
    file.write_text("\n".join(map(json.dumps, lines)))
    step = SAID | {"seq": 0, "boot": "n", "values": {"subject": "=1+1", "step": "left", "who": "C", "place": "H1"}}
    events = tmp_path / "events.ndjson"
    events.write_text(json.dumps({"topic": "zs/v1/V1/L-1/node", "payload": step}))
    assert json.loads(run(app, "replay", events, "--json"))["stored"] == 1
    told = json.loads(run(app, "replay", file, "--json", code=3))
    assert told == {"messages": 4, "stored": 3, "repeated": 0, "refused": 1}
    assert json.loads(run(app, "replay", file, "--json", code=3))["repeated"] == 3
    assert json.loads(run(app, "close", "--json")) == {"closed": ["node-2026-10-01-1", "reading-2026-10-01-1"]}
    assert json.loads(run(app, "verify", "--json")) == {"files": 2, "wrong": {}}
    (row,) = json.loads(run(app, "quarantine", "--json"))["quarantine"]
    assert (row["code"], row["device"], row["count"]) == ("ZS881", "L-2", 2)
    out = tmp_path / "out.csv"
    asked = ["export", "V1", "L-1", "--out", out, "--from", "2026-10-01", "--to", "2026-10-01", "--json"]
    assert json.loads(run(app, *asked))["rows"] == 3
    assert out.read_text().count("\n") == 4
    run(app, *asked[:-1], "--nodes")
    assert out.read_text().count("\n") == 2
    assert '"\'=1+1"' in out.read_text()
    key = json.loads(run(app, "key", "V1", "--json"))
    assert json.loads(run(app, "key", "V2", "--end", key["hint"], "--json")) == {"ended": 0}
    assert json.loads(run(app, "key", "V1", "--end", key["hint"], "--json")) == {"ended": 1}
    path = home / "telemetry" / "reading-2026-10" / "reading-2026-10-01-1.parquet"
    assert path.exists()
    path.write_bytes(path.read_bytes() + b"x")
    assert "ZS883" in run(app, "verify", "--json", code=1)


@database
def test_a_line_that_is_no_message_is_named(home, tmp_path):
    file = tmp_path / "messages.ndjson"
    file.write_text('{"topic": "x"}\n')
    assert "messages.ndjson:1" in run(app, "replay", file, "--json", code=1)


def test_gateway_and_embedded_broker_take_a_reading_and_tell_how_they_stand(tmp_path):
    (tmp_path / "telemetry").mkdir()
    (tmp_path / "telemetry" / "devices.txt").write_text("V1/L-1\n")
    port, health = free_port(), free_port()
    given = {**os.environ, "ZHUNSHENG_HOME": str(tmp_path), "ZHUNSHENG_GATEWAY_PORT": str(health)} | LISTED
    given["PYTHONPATH"] = str(ROOT)
    given.pop("DJANGO_SETTINGS_MODULE", None)
    url = f"mqtt://127.0.0.1:{port}?version=3"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    commands = (["broker", "--port", str(port)], ["gateway", "--broker", url])
    children = [subprocess.Popen([sys.executable, "-c", MAIN, *one], env=given, **quiet) for one in commands]
    try:
        heard = []
        device = Link(Address.read(url, "L-1"), ["zs/v1/V1/L-1/ack"], lambda one, _: heard.append(one.payload))
        device.start()
        assert device.connected.wait(90)
        wait_until(lambda: b"zhunsheng_broker_connected 1.0" in figures(health))
        device.send("zs/v1/V1/L-1/reading", json.dumps(SAID | {"seq": 9}).encode())
        wait_until(lambda: heard)
        assert json.loads(heard[0])["above"] == [[9, 9]]
        assert b'zhunsheng_readings_total{outcome="stored"} 1.0' in figures(health)
        device.stop()
    finally:
        for child in children:
            child.terminate()
        ended = [child.wait(60) for child in children]
    assert ended == [0, 0]


def figures(port):
    try:
        return urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20).read()
    except OSError:
        return b""


def command(name, function):
    alone = typer.Typer()
    alone.command(name)(function)
    return alone


def test_the_configuration_of_mosquitto_is_written(tmp_path):
    run(command("broker", gateway.broker), "--mosquitto", tmp_path / "broker", "--gateway", "gw.example")
    assert "user gw.example" in (tmp_path / "broker" / "acl").read_text()
    assert "use_identity_as_username true" in (tmp_path / "broker" / "mosquitto.conf").read_text()


def test_a_forwarder_tells_how_it_stands(tmp_path):
    forward = command("forward", gateway.forward)
    asked = ["--from", "mqtt://127.0.0.1", "--store", tmp_path / "box.sqlite3", "--status", "--json"]
    told = json.loads(run(forward, *asked, "--broker", "mqtt://127.0.0.1:1"))
    assert told == {"waiting": 0, "bytes": 0, "oldest": None, "lost": {}}
    assert "ZS884" in run(forward, *asked, "--broker", "http://x", code=1)
