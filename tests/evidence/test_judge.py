"""What a foreign verifier says of our proofs: Debian's golang.org/x/mod, on the golden log and on a living one."""

import json
import os
import random
import subprocess
import zipfile

import pytest

from tests.evidence import golden
from tests.evidence.mutations import mutated
from tests.evidence.sites import draft, site
from tests.evidence.test_note import golden_proof
from zhunsheng.evidence import policy, proof, receipt
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT


@pytest.fixture
def written(tmp_path):
    """Return a function that writes proof, record and policy, and gives their paths."""

    def write(data, record, rules):
        paths = [tmp_path / name for name in ("x.tlog-proof", "record", "policy")]
        for path, content in zip(paths, (data, record, rules), strict=True):
            path.write_bytes(content)
        return paths

    return write


def test_the_judge_accepts_the_golden_proof_and_no_other_record(judge, written):
    made = golden_proof().data
    assert judge(*written(made, golden.ENTRIES[5], golden.POLICY)) == (True, "accepted 5 of 8\n")
    assert not judge(*written(made, golden.ENTRIES[4], golden.POLICY))[0]


def test_the_judge_asks_for_the_quorum(judge, written):
    lines = golden.HEAD.splitlines(keepends=True)
    one = proof.Proof(5, golden_proof().hashes, "".join(lines[:6]).encode()).data
    accepted, why = judge(*written(one, golden.ENTRIES[5], golden.POLICY))
    assert (accepted, "no quorum" in why) == (False, True)


def test_the_judge_accepts_every_receipt_of_a_living_log(judge, written, tmp_path):
    with site(tmp_path / "site") as here:
        rules = b"".join(line for line in policy_lines(here))
        for start in (0, 7, 300):
            here.sequencer.submit([draft(i, case=i % 5) for i in range(start, start + 300)])
            here.sequencer.seal()
        for i in (0, 1, 6, 255, 256, 299, 300, 511, 599):
            data, record = receipt.receipt(here.log, f"outbox:{i}")
            assert judge(*written(data, record, rules))[0], i


def policy_lines(here):
    yield f"log {here.key.verifier.vkey}\n".encode()
    for name, one in here.witnesses.items():
        yield f"witness {name} {one.key.verifier.vkey}\n".encode()
    yield b"group regulators 2 health insurance market\ngroup operators any hospital vendor\n"
    yield b"group both all regulators operators\nquorum both\n"


@pytest.mark.parametrize("kind", ["inclusion", "consistency"])
def test_the_judge_agrees_on_the_public_vectors(judge, shared_data, kind):
    text = (shared_data / "merkle_vectors" / f"{kind}.ndjson").read_text("utf-8")
    accepted, said = judge("vectors", kind, text=text)
    assert accepted, said
    wanted = ["refuse" if json.loads(line)["wantErr"] else "accept" for line in text.splitlines()]
    assert said.split() == wanted


def test_no_mutation_of_a_proof_survives_and_the_judge_agrees(judge, written):
    draw, rules = random.Random(20261122), policy.parse(golden.POLICY)
    survivors = []
    for number in range(500):
        what, data, record = mutated(draw, golden_proof().data, golden.ENTRIES[5])
        try:
            proof.verify(proof.parse(data), record, rules)
            survivors.append((number, what))
        except Problem as problem:
            assert problem.code in {"ZS801", "ZS802", "ZS803"}
        if number % 25 == 0:
            assert not judge(*written(data, record, golden.POLICY))[0], what
    assert survivors == []


@pytest.mark.skipif(os.getuid() != 0, reason="an own root takes root")
def test_a_receipt_is_judged_where_there_is_go_and_nothing_of_the_platform(judge, tmp_path):
    def receipt(record):
        with zipfile.ZipFile(tmp_path / "receipt.zip", "w") as archive:
            archive.writestr("one.tlog-proof", golden_proof().data)
            archive.writestr("one.record.json", record)
            archive.writestr("policy", golden.POLICY)
        command = [str(ROOT / "tools" / "judge-apart.sh"), str(tmp_path / "receipt.zip")]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert receipt(golden.ENTRIES[5]).stdout == "accepted 5 of 8\n"
    other = receipt(golden.ENTRIES[4])
    assert other.returncode != 0 and "refused" in other.stderr
