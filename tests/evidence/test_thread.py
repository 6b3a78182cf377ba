"""From a draft to a proof that a stranger checks: append, head, cosignatures, proof file, verified."""

import pytest

from tests.evidence.sites import NAMES, draft, site
from zhunsheng.evidence import leaf, proof, receipt
from zhunsheng.evidence.receipt import Stage
from zhunsheng.kernel.errors import Problem


def test_from_draft_to_verified_proof(tmp_path):
    with site(tmp_path) as here:
        done = here.sequencer.submit([draft(i, "H1" if i % 2 else "B1", case=i % 3) for i in range(10)])
        assert done.indices == {f"outbox:{i}": i for i in range(10)}
        assert receipt.statuses(here.log, ["outbox:3", "outbox:99"]) == {
            "outbox:3": receipt.Status(Stage.LOGGED, 3, 0),
            "outbox:99": receipt.Status(Stage.WRITTEN),
        }
        head = here.sequencer.seal()
        assert (head.size, head.witnesses, head.sealed) == (10, 5, True)
        assert receipt.statuses(here.log, ["outbox:3"])["outbox:3"] == receipt.Status(Stage.SEALED, 3, 5)
        data, record = receipt.receipt(here.log, "outbox:3")
        shown = proof.verify(proof.parse(data), record, here.policy)
        assert (shown.index, shown.head.size, set(shown.witnesses)) == (3, 10, set(NAMES))
        envelope = leaf.open_entry(record)
        assert (envelope.leaf.sequence, envelope.leaf.previous, envelope.leaf.body) == (2, 0, "H1")
        bodies = {name: [key.verifier] for name, key in here.bodies.items()}
        assert leaf.signed(envelope, bodies)
        assert not leaf.signed(envelope, {"H1": bodies["B1"], "B1": bodies["H1"]})


def test_the_same_rows_again_change_nothing(tmp_path):
    with site(tmp_path) as here:
        first = here.sequencer.submit([draft(i) for i in range(5)])
        again = here.sequencer.submit([draft(i) for i in range(7)])
        assert again.indices == {**first.indices, "outbox:5": 5, "outbox:6": 6}
        assert here.log.size == 7


def test_without_a_quorum_there_is_no_receipt(tmp_path):
    with site(tmp_path) as here:
        here.sequencer.submit([draft(1)])
        for code, source in (("ZS814", "outbox:1"), ("ZS812", "outbox:2")):
            with pytest.raises(Problem) as caught:
                receipt.receipt(here.log, source)
            assert caught.value.code == code


def test_a_draft_that_is_not_allowed_stops_no_other(tmp_path):
    with site(tmp_path) as here:
        bad = draft(1, case=5, phone="13800138000")
        done = here.sequencer.submit([draft(0, case=5), bad, draft(2, case=5), draft(3, body="nobody")])
        assert done.indices == {"outbox:0": 0, "outbox:2": 1}
        assert {name: one.code for name, one in done.refused.items()} == {"outbox:1": "ZS809"}
        assert {name: one.code for name, one in done.waiting.items()} == {"nobody": "ZS808"}
        last = leaf.open_entry(next(here.log.entries(1, 2))).leaf
        assert (last.sequence, last.previous) == (2, 0)


def test_the_loop_appends_and_seals_and_ends_when_told(tmp_path):
    with site(tmp_path) as here:
        rows, asked = [draft(i, "nobody" if i == 3 else "H1") for i in range(40)], []

        def pull(limit, waiting):
            asked.append(waiting)
            known = here.log.indices([one.source for one in rows])
            return [one for one in rows if one.source not in known and one.body not in waiting][: min(limit, 16)]

        turns = list(here.sequencer.run(pull, lambda: here.log.size == 39))
        assert sum(len(one.indices) for one in turns) == 39
        assert asked[1] == {"nobody"}
        assert here.log.latest(sealed=True).size == 39


def test_partial_tiles_go_when_the_full_one_is_there(tmp_path):
    with site(tmp_path) as here:
        for start in range(0, 270, 30):
            here.sequencer.submit([draft(i) for i in range(start, start + 30)])
            here.sequencer.seal()
        folder = tmp_path / "tiles" / "tile"
        assert sorted(path.name for path in (folder / "0").iterdir()) == ["000", "001.p"]
        assert sorted(path.name for path in (folder / "entries").iterdir()) == ["000", "001.p"]


def test_a_witness_that_comes_back_completes_a_head(tmp_path):
    with site(tmp_path) as here:
        here.sequencer.submit([draft(i) for i in range(3)])
        address = here.policy.addresses["vendor"]
        here.policy.addresses["vendor"] = "http://127.0.0.1:1"
        assert here.sequencer.seal().witnesses == 4
        assert list(here.sequencer.missing) == ["vendor"]
        here.sequencer.submit([draft(3)])
        here.sequencer.seal()
        here.policy.addresses["vendor"] = address
        assert here.sequencer.seal().witnesses == 5
        assert receipt.statuses(here.log, ["outbox:0"])["outbox:0"].witnesses == 4
