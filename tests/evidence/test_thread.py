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
        for code, source in (("ZS803", "outbox:1"), ("ZS812", "outbox:2")):
            with pytest.raises(Problem) as caught:
                receipt.receipt(here.log, source)
            assert caught.value.code == code
