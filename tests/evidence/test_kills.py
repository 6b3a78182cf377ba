"""SIGKILL at random points of appending, signing, writing tiles: what was acknowledged stays, nothing is half-done."""

import random
import signal
import subprocess
import sys
import time

from tests.effort import times
from zhunsheng.evidence import leaf, monitor, note, policy, store, tree, verify
from zhunsheng.evidence.places import make_log
from zhunsheng.kernel.home import ROOT


def kill_once(place, first, draw):
    """Run a sequencer, kill it after a random time, and return the first number that it did not acknowledge."""
    command = [sys.executable, "-m", "tests.evidence.killed", str(place.root), str(first)]
    child = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    time.sleep(draw.random() * 0.4)
    child.send_signal(signal.SIGKILL)
    said = [line.split() for line in child.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    child.wait()
    return int(said[-1][0]) if said else first


def examine(place):
    """Look at what is left as a stranger would, and return how many entries there are."""
    log = store.Log(place.database)
    size = log.size
    frontier = tree.Frontier()
    cases = {}
    for i, data in enumerate(log.entries(0, size)):
        one = leaf.open_entry(data).leaf
        assert one.source == f"outbox:{i}"
        assert (one.sequence, one.previous) == (
            cases.get(one.case, (0, None))[0] + 1,
            cases.get(one.case, (0, None))[1],
        )
        cases[one.case] = (one.sequence, i)
        frontier.append(tree.leaf_hash(data))
    assert log.root(size) == frontier.root
    assert log.case_ends(list(cases)) == cases
    assert list(log.connection.execute("PRAGMA integrity_check")) == [("ok",)]
    log.close()
    return size


def test_a_killed_sequencer_loses_nothing_and_leaves_nothing_half_done(tmp_path):
    draw = random.Random(7)
    place = make_log(tmp_path / "log", "log.example/killed", "operator")
    size = 0
    for _ in range(times(24)):
        acknowledged = kill_once(place, size, draw)
        size = examine(place)
        assert size >= acknowledged
        head = place.tiles.checkpoint()
        if head is not None:
            assert verify.audit(place.tiles, place.policy()).size <= size
    assert size > 100
    with place.sequencer() as sequencer:
        assert sequencer.seal().size == size
    assert verify.audit(place.tiles, policy.parse(place.policy_file.read_bytes())).size == size
    state, operator = monitor.State(), note.load_skey(place.operator).verifier
    rules = monitor.Rules({"operator": [operator]}, ["operator"])
    assert monitor.replay(place.tiles, place.policy(), rules, state) == []
    assert state.kinds == {"finding.decided": size}
