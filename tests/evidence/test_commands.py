"""The commands log and witness as an operator, a body and a stranger use them."""

import json
import subprocess
import sys
from contextlib import contextmanager

import pytest
from typer.testing import CliRunner

from tests.evidence.sites import draft
from zhunsheng.cli import app
from zhunsheng.evidence import leaf
from zhunsheng.evidence.places import LogPlace
from zhunsheng.kernel.home import ROOT
from zhunsheng.kernel.time import now_seconds

runner = CliRunner()


def run(*arguments, expect=0):
    done = runner.invoke(app, [*map(str, arguments), "--json"])
    assert done.exit_code == expect, done.output
    return json.loads(done.stdout)


@contextmanager
def serving(folder):
    """Run the real process of a body; yield its address."""
    code = "from zhunsheng.cli import main; main()"
    command = [sys.executable, "-c", code, "witness", "run", str(folder), "--port", "0"]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        yield child.stdout.readline().split()[0]
    finally:
        child.terminate()
        child.wait()


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """A log with one body that witnesses and signs in a process of its own; four leaves, sealed."""
    root = tmp_path_factory.mktemp("log")
    log = run("log", "init", root / "log", "--origin", "log.example/county")
    body = run("witness", "init", root / "h1", "--name", "h1.example/witness", "--body", "H1", "--log", log["log"])
    (root / "bodies").write_text(f"{body['body']}\n{log['operator']}\n")
    place = LogPlace(root / "log")
    with serving(root / "h1") as address:
        place.policy_file.write_text(f"log {log['log']}\nwitness h1 {body['witness']} {address}\nquorum h1\n")
        (place.root / "signers").write_text(f"{body['body']} {address} ../h1/token\n")
        with place.sequencer() as sequencer:
            drafts = [renewed(i) for i in range(4)]
            assert sequencer.submit(drafts).waiting == {}
            assert sequencer.seal().sealed
    return root


def renewed(number):
    """A draft of the present day: a signer signs no other."""
    one = draft(number, case=number % 2)
    return leaf.Draft(one.source, one.kind, one.body, one.case, one.digest, now_seconds())


def test_the_log_and_the_witness_say_how_they_are(checked):
    told = run("log", "show", checked / "log")
    assert (told["entries"], told["sealed"], told["witnesses"]) == (4, 4, {"h1": 4})
    told = run("witness", "show", checked / "h1")
    assert (told["seen"], told["signed"]) == ({"log.example/county": 4}, 4)


def test_a_receipt_is_checked_offline(checked, tmp_path):
    run("log", "receipt", checked / "log", "outbox:2", "--out", tmp_path)
    arguments = [tmp_path / "outbox-2.tlog-proof", tmp_path / "outbox-2.json", "--policy", checked / "log" / "policy"]
    told = run("log", "verify", *arguments)
    assert (told["index"], told["body"], told["body_signature_checked"], told["payload_checked"]) == (
        2,
        "H1",
        False,
        False,
    )
    (tmp_path / "payload").write_bytes(b"payload 2")
    (tmp_path / "key").write_text((b"k" * 32).hex())
    full = [*arguments, "--bodies", checked / "bodies", "--payload", tmp_path / "payload", "--key", tmp_path / "key"]
    told = run("log", "verify", *full)
    assert (told["body_signature_checked"], told["payload_checked"]) == (True, True)
    (tmp_path / "payload").write_bytes(b"payload 3")
    assert run("log", "verify", *full, expect=1)["error"]["code"] == "ZS802"
    (tmp_path / "bodies").write_text("")
    assert run("log", "verify", *arguments, "--bodies", tmp_path / "bodies", expect=1)["error"]["code"] == "ZS802"
    (tmp_path / "outbox-2.json").write_bytes(b"another record")
    assert run("log", "verify", *arguments, expect=1)["error"]["code"] == "ZS802"


def test_the_tiles_are_audited_and_replayed(checked, tmp_path):
    tiles, rules = checked / "log" / "tiles", checked / "log" / "policy"
    assert run("log", "audit", tiles, "--policy", rules)["entries"] == 4
    replay = ["log", "monitor", tiles, "--policy", rules, "--bodies", checked / "bodies", "--state", tmp_path / "state"]
    assert run(*replay, "--root", "H1")["faults"] == []
    assert run(*replay, "--root", "H1")["entries"] == 4
    (tmp_path / "state").unlink()
    assert [name for _, name, _ in run(*replay, expect=3)["faults"]] == ["no_grant"] * 4


def test_what_is_absent_or_there_already_is_named(checked, tmp_path):
    assert run("log", "show", tmp_path / "none", expect=1)["error"]["code"] == "ZS812"
    assert run("log", "init", checked / "log", "--origin", "a.b", expect=1)["error"]["code"] == "ZS813"
    assert run("witness", "show", tmp_path / "none", expect=1)["error"]["code"] == "ZS812"
    assert run("log", "receipt", checked / "log", "outbox:9", expect=1)["error"]["code"] == "ZS812"
    assert run("log", "recover", checked / "log", tmp_path, expect=1)["error"]["code"] == "ZS811"


def test_a_body_whose_signer_is_gone_waits_and_the_others_go_on(checked):
    """Its process is stopped: its own leaves wait, with their cases; the operator's are appended."""
    place = LogPlace(checked / "log")
    place.policy_file.write_text(place.policy_file.read_text().replace("quorum h1", "quorum none"))
    with place.sequencer() as sequencer:
        other = leaf.Draft("outbox:9", "run.finished", "operator", "9" * 20, "0" * 64, now_seconds())
        after = leaf.Draft("outbox:8", "run.finished", "operator", renewed(7).case, "0" * 64, now_seconds())
        done = sequencer.submit([renewed(7), other, after])
        assert done.indices == {"outbox:9": 4}
        assert done.waiting["H1"].code == "ZS808"
