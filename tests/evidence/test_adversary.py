"""Who owns the operator's machine and one witness's key gets nothing accepted: a sample of benchmarks/attacks.py."""

import random
from dataclasses import replace

import pytest

from tests.evidence import adversary, judging
from tests.evidence.sites import GROUPS, NAMES
from zhunsheng.evidence import note, policy


def test_no_attack_is_accepted_by_verifier_monitor_or_judge(tmp_path, judge):
    tried, accepted = adversary.series(tmp_path, 81, seed=20261122, judge=judging.asked(judge, tmp_path))
    assert tried == {one.__name__: 9 for one in adversary.ATTACKS}
    assert accepted == {"verifier": 0, "monitor": 0, "judge": 0}


def test_the_counting_can_fail(tmp_path, judge):
    """What is true is accepted by all three; and where one witness alone makes the quorum, its thief is believed."""
    asked, here = judging.asked(judge, tmp_path), adversary.world(tmp_path)
    log = adversary.Log(here.entries, here.heads[adversary.SIZE])
    true = adversary.Shown([adversary.receipt(log.entries_, log.head, 5)], [log])
    assert adversary.accepted(here, true, asked) == {"verifier": 1, "judge": 1, "monitor": 1}
    lines = here.policy_data.decode().splitlines()
    alone = "\n".join([*(one for one in lines if not one.startswith(("group", "quorum"))), "quorum health", ""])
    weak = replace(here, policy_data=alone.encode())
    wins = [adversary.accepted(weak, adversary.tamper(random.Random(n), weak, here.folder), asked) for n in range(24)]
    assert sum(one["judge"] for one in wins) == 24, "the judge looks at head and place, not at the body's signature"
    assert 0 < sum(one["verifier"] for one in wins) < 24, "a leaf of another body cannot be signed anew"
    assert 0 < sum(one["monitor"] for one in wins) < 24, "what it has seen before does not change"


@pytest.mark.parametrize(
    ("quorum", "needed"),
    [
        ("quorum none\n", 0),
        (f"{GROUPS}quorum operators\n", 0),
        (f"{GROUPS}quorum both\n", 1),  # two of three: two quorums may share one witness, which signs both views
        ("group three 3 health insurance market hospital\nquorum three\n", 2),
        ("group whole all health insurance hospital\nquorum whole\n", 3),
    ],
)
def test_a_policy_says_how_few_dishonest_witnesses_could_seal_two_histories(quorum, needed):
    lines = [f"witness {name} {note.Signer.new(f'{name}.example/w', 4).verifier.vkey}\n" for name in NAMES]
    assert policy.parse("".join([*lines, quorum]).encode()).to_split() == needed
