"""What doctor says of backups, drills, the sequencer and the clock, each in both states."""

from __future__ import annotations

from contextlib import closing

import pytest

from zhunsheng.casework.backups.queries import remember
from zhunsheng.cli import upkeep
from zhunsheng.evidence import leaf, note
from zhunsheng.evidence.checkpoint import Checkpoint
from zhunsheng.evidence.places import make_log
from zhunsheng.evidence.sequencer import entry_of, only_one, placed
from zhunsheng.evidence.signer import LocalSigner
from zhunsheng.evidence.store import Head, Log
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now_seconds


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv("ZHUNSHENG_HOME", str(tmp_path))
    return make_log(home().log, "log.example/upkeep", "operator")


def test_old_backups_and_bad_drills_are_told(place):
    assert (upkeep._backup().seen, upkeep._drill().seen) == ("从未做过", "从未做过")
    remember(home(), "backup", {"at": now_seconds() - 3 * upkeep.DAY})
    remember(home(), "drill", {"at": now_seconds(), "good": True})
    assert (upkeep._backup().state, upkeep._drill().state) == ("poor", "well")
    remember(home(), "backup", {"at": now_seconds()})
    remember(home(), "drill", {"at": now_seconds(), "good": False})
    assert (upkeep._backup().state, upkeep._drill().state) == ("well", "missing")
    (home().root / "RESTORING").touch()
    assert upkeep._backup().state == "missing"


def test_a_sequencer_that_stands_still_is_told(place):
    assert upkeep._sequencer().state == "poor"
    with only_one(place.database):
        assert upkeep._sequencer().state == "well"


@pytest.mark.parametrize(("ours", "theirs", "state"), [(0, 0, "well"), (300, 0, "missing"), (200, 300, "missing")])
def test_a_clock_that_is_apart_from_the_witnesses_is_told(place, ours, theirs, state):
    """ours, theirs: seconds by which the leaf's and the witness's time lie after the present."""
    moment = now_seconds()
    key, witness = note.load_skey(place.key), note.Signer.new("health.example/witness", note.COSIGNATURE)
    lines = [f"log {key.verifier.vkey}", f"witness health {witness.verifier.vkey}", "quorum health", ""]
    place.policy_file.write_text("\n".join(lines), "utf-8")
    operator = note.load_skey(place.operator)
    draft = leaf.Draft("outbox:1", "case.noted", "operator", "0" * 20, "0" * 64, moment + ours)
    with place_log(place) as log:
        payload = placed([draft], 0, {})[0].payload
        signature = LocalSigner(operator).sign([payload])[0]
        log.append([entry_of(placed([draft], 0, {})[0], payload, operator.verifier.id.hex(), signature)])
        text = Checkpoint(log.origin, 1, log.root(1)).text
        data = note.sign(text, [key]) + witness.line(text, moment + theirs).encode()
        log.keep_head(Head(1, data, 1, sealed=True))
    assert upkeep._beside_witnesses(place).state == state


def place_log(place):

    return closing(Log(place.database))
