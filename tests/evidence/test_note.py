"""Notes, keys, cosignatures, checkpoints, policies and proof files: published examples and hostile ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence import golden
from zhunsheng.evidence import checkpoint, leaf, note, policy, proof, tiles, tree, witness
from zhunsheng.evidence.text import decode_hash
from zhunsheng.kernel.errors import Problem

NEUMANN = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
NEUMANN_VKEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
LINE = "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
FOO = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
FOO_NOTE = (
    "This is an example message.\n\n— example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
).encode()


def refused(call, *arguments):
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value.code


def test_published_keys_and_notes():
    signer = note.parse_skey(NEUMANN)
    assert signer.skey == NEUMANN
    assert signer.verifier.vkey == NEUMANN_VKEY
    assert signer.verifier == note.parse_vkey(NEUMANN_VKEY)
    assert note.sign(TEXT, [signer]).decode() == f"{TEXT}\n{LINE}"
    foo = note.parse_vkey(FOO)
    assert note.verified(note.parse(FOO_NOTE), [foo, signer.verifier]) == {foo: 0}


def test_the_golden_head_comes_out_byte_for_byte():
    signers = [golden.LOG, *golden.WITNESSES.values()]
    assert [one.verifier.vkey for one in signers] == golden.VKEYS
    head = checkpoint.Checkpoint(golden.LOG.verifier.name, 8, bytes.fromhex(golden.ROOTS[8]))
    made = note.sign(head.text, signers, golden.SECONDS)
    assert made.decode() == golden.HEAD
    assert checkpoint.opened(made, golden.LOG.verifier)[0] == head
    assert note.parse(made).data == made
    found = note.verified(note.parse(made), [one.verifier for one in signers])
    assert list(found.values()) == [0] + [golden.SECONDS] * 3


def golden_proof(index=5):
    return proof.Proof(index, tuple(decode_hash(one, "hash") for one in golden.INCLUSION_5), golden.HEAD.encode())


def test_the_golden_proof_holds_under_its_policy():
    rules = policy.parse(golden.POLICY)
    made = golden_proof()
    assert proof.parse(made.data) == made
    shown = proof.verify(made, golden.ENTRIES[5], rules)
    assert (shown.index, shown.head.size, shown.witnesses) == (5, 8, dict.fromkeys(golden.WITNESSES, golden.SECONDS))
    assert refused(proof.verify, golden_proof(4), golden.ENTRIES[5], rules) == "ZS802"
    assert refused(proof.verify, made, golden.ENTRIES[4], rules) == "ZS802"


def test_extra_data_is_kept_and_means_nothing():
    made = proof.Proof(5, golden_proof().hashes, golden.HEAD.encode(), b"case 7")
    assert proof.parse(made.data) == made
    assert proof.verify(made, golden.ENTRIES[5], policy.parse(golden.POLICY)).index == 5


def test_too_few_witnesses_are_no_quorum():
    lines = golden.HEAD.splitlines(keepends=True)
    one = proof.Proof(5, golden_proof().hashes, "".join(lines[:6]).encode())
    assert refused(proof.verify, one, golden.ENTRIES[5], policy.parse(golden.POLICY)) == "ZS803"
    two = proof.Proof(5, golden_proof().hashes, "".join(lines[:7]).encode())
    assert set(proof.verify(two, golden.ENTRIES[5], policy.parse(golden.POLICY)).witnesses) == {"health", "insurance"}
    twice = proof.Proof(5, golden_proof().hashes, "".join([*lines[:6], lines[5]]).encode())
    assert refused(proof.verify, twice, golden.ENTRIES[5], policy.parse(golden.POLICY)) == "ZS803"


def test_sixteen_and_more_signatures_and_unknown_kinds_are_accepted():
    unknown = note.Signer.new("other.example/key")
    others = "".join(note.Signer.new(f"w{i}.example").line("x\n") for i in range(30))
    text = golden.HEAD.split("\n\n")[0] + "\n"
    odd = f"— log.example/medcon {'AAAAAAAA'}\n"  # the log's name with an id and a kind that nobody here knows
    made = (golden.HEAD + others + unknown.line(text) + odd).encode()
    assert len(note.parse(made).lines) == 36
    assert checkpoint.opened(made, golden.LOG.verifier)[0].size == 8


def test_a_known_key_with_a_wrong_signature_spoils_the_note():
    forged = golden.HEAD.replace("1MBXM7k0", "1MBXM7k1").encode()
    assert refused(checkpoint.opened, forged, golden.LOG.verifier) == "ZS802"


BAD_NOTES = {
    "nothing": b"",
    "no signature": b"text\n\n",
    "no text": golden.HEAD.encode().partition(b"\n\n")[2],
    "cut line": golden.HEAD.encode()[:-1],
    "control": golden.HEAD.replace("medcon\n8", "medcon\r\n8").encode(),
    "tab": golden.HEAD.replace(".example/m", ".example\t/m").encode(),
    "bytes": b"\xff" + golden.HEAD.encode(),
    "hyphen": golden.HEAD.replace("— market", "- market").encode(),
    "no base64": golden.HEAD.replace("BcYAw==", "BcYAw=!").encode(),
    "loose base64": golden.HEAD.replace("BcYAw==", "BcYAx==").encode(),
    "short": golden.HEAD.replace(golden.HEAD.splitlines()[4].split()[-1], "1MBXMw==").encode(),
    "many": golden.HEAD.encode() + b"".join(b"\xe2\x80\x94 a AAAAAAA=\n" for _ in range(200)),
    "long": golden.HEAD.encode() * 200,
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_NOTES)
def test_malformed_notes_are_refused(name):
    assert refused(note.parse, BAD_NOTES[name]) == "ZS801"


@pytest.mark.parametrize(
    "text",
    [
        "o\n08\n" + "A" * 43 + "=\n",
        "o\n-1\n" + "A" * 43 + "=\n",
        "o\n9223372036854775808\n" + "A" * 43 + "=\n",
        "o\n99999999999999999999\n" + "A" * 43 + "=\n",
        "o\n٣\n" + "A" * 43 + "=\n",
        "o\n1\nAAAA\n",
        "\n1\n" + "A" * 43 + "=\n",
        "o\n1\n",
        "o\n0\n" + "A" * 43 + "=\n",
    ],
)
def test_malformed_checkpoints_are_refused(text):
    assert refused(checkpoint.parse, text) == "ZS801"


def test_a_checkpoint_may_carry_extension_lines():
    root = golden.HEAD.splitlines()[2]
    assert checkpoint.parse(f"o\n8\n{root}\nextension\n").size == 8
    assert refused(checkpoint.parse, f"o\n8\n{root}\n\nx\n") == "ZS801"


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "a+b",
        "a+00000000+AQ==",
        NEUMANN_VKEY.replace("c74f20a3", "c74f20a4"),
        NEUMANN_VKEY.replace("Peter", "Peter "),
        NEUMANN_VKEY.replace("+ARpc", "+BRpc"),
        golden.VKEYS[1].replace("health", "wealth"),
    ],
)
def test_malformed_keys_are_refused(vkey):
    assert refused(note.parse_vkey, vkey) == "ZS801"
    assert refused(note.parse_skey, vkey) == "ZS801"


def test_key_files_are_private_and_never_overwritten(tmp_path):
    path = tmp_path / "folder" / "log.key"
    note.save_skey(path, golden.LOG)
    assert path.stat().st_mode & 0o777 == 0o600
    assert note.load_skey(path).skey == golden.LOG.skey
    assert refused(note.save_skey, path, golden.LOG) == "ZS813"
    assert refused(note.load_skey, tmp_path / "absent") == "ZS812"


def test_a_policy_of_two_groups():
    made = policy.parse(
        golden.POLICY.replace(b"quorum regulators", b"")
        + b"# the supervised\n\twitness hospital "
        + note.Signer.new("h.example", note.COSIGNATURE).verifier.vkey.encode()
        + b" http://127.0.0.1:1\ngroup operators any hospital\ngroup both all regulators operators\nquorum both\n"
    )
    assert {name: one for name, one in made.addresses.items() if one} == {"hospital": "http://127.0.0.1:1"}
    assert made.satisfied({"health", "market", "hospital"})
    assert not made.satisfied({"health", "hospital"})
    assert not made.satisfied({"health", "insurance", "market"})
    assert policy.parse(b"quorum none\n").satisfied(())


KEYS = [f"witness w{i} {vkey}\n".encode() for i, vkey in enumerate(golden.VKEYS[1:])]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        KEYS[0],
        KEYS[0] + b"quorum w1\n",
        KEYS[0] + b"quorum w0\nquorum w0\n",
        KEYS[0] + KEYS[0] + b"quorum w0\n",
        KEYS[0] + KEYS[0].replace(b"w0", b"w9") + b"quorum w0\n",
        KEYS[0] + b"group g all w0\ngroup h any w0\nquorum h\n",
        KEYS[0] + b"group g all w0 w0\nquorum g\n",
        KEYS[0] + b"group g 2 w0\nquorum g\n",
        KEYS[0] + b"group g 0 w0\nquorum g\n",
        KEYS[0] + b"group g all\nquorum g\n",
        KEYS[0] + b"group g all g\nquorum g\n",
        KEYS[0] + b"group none all w0\nquorum none\n",
        KEYS[0] + b"group g all none\nquorum g\n",
        b"witness w " + golden.VKEYS[0].encode() + b"\nquorum w\n",
        b"log " + golden.VKEYS[1].encode() + b"\nquorum none\n",
        b"log " + golden.VKEYS[0].encode() + b"\nlog " + golden.VKEYS[0].encode() + b"\nquorum none\n",
        b"quorum none\r\n",
        b"trust everyone\nquorum none\n",
    ],
)
def test_malformed_policies_are_refused(data):
    assert refused(policy.parse, data) == "ZS801"


def test_a_log_is_no_witness_of_itself():
    own = note.Signer("w.example", golden.LOG._seed, note.COSIGNATURE).verifier.vkey.encode()
    lines = [b"log " + golden.VKEYS[0].encode() + b"\n", b"witness w " + own + b"\n"]
    for listed in (lines, lines[::-1]):
        assert refused(policy.parse, b"".join(listed) + b"quorum none\n") == "ZS801"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"proof@v1", b"proof@v2"),
        (b"index 5", b"index 05"),
        (b"index 5", b"index -5"),
        (b"index 5\n", b""),
        (b"index 5\n", b"extra !\nindex 5\n"),
        (b"index 5\n", b"index 5\n" + b"A" * 43 + b"=\n" * 1 + b"AAAA\n"),
        (b"index 5\n", b"index 5\n" + (b"A" * 43 + b"=\n") * 64),
        (b"\n\nlog.example", b"\nlog.example"),
    ],
)
def test_malformed_proof_files_are_refused(old, new):
    data = golden_proof().data
    assert old in data
    changed = data.replace(old, new)
    assert refused(lambda: proof.verify(proof.parse(changed), golden.ENTRIES[5], policy.parse(golden.POLICY))) in {
        "ZS801",
        "ZS802",
    }


def test_a_log_that_the_policy_does_not_name_is_not_trusted():
    rules = policy.parse(b"log " + NEUMANN_VKEY.encode() + b"\nquorum none\n")
    assert refused(proof.verify, golden_proof(), golden.ENTRIES[5], rules) == "ZS802"
    assert tree.leaf_hash(golden.ENTRIES[5])


PARSERS = {
    "note": note.parse,
    "policy": policy.parse,
    "proof": proof.parse,
    "request": witness.parse_request,
    "bundle": tiles.unbundle,
    "bodies": leaf.parse_bodies,
    "leaf": leaf.parse,
}


@pytest.mark.parametrize("name", PARSERS)
@given(data=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace"))))
def test_no_bytes_at_all_do_more_than_be_refused(name, data):
    try:
        PARSERS[name](data)
    except Problem as problem:
        assert problem.code in {"ZS801", "ZS809"}


@given(place=st.integers(0, 10_000), fresh=st.binary(max_size=3), width=st.integers(0, 3))
def test_a_head_and_a_proof_with_any_few_bytes_changed_prove_nothing_else(place, fresh, width):
    data = golden_proof().data
    place %= len(data)
    changed = data[:place] + fresh + data[place + width :]
    try:
        shown = proof.verify(proof.parse(changed), golden.ENTRIES[5], policy.parse(golden.POLICY))
    except Problem as problem:
        assert problem.code in {"ZS801", "ZS802", "ZS803"}
    else:  # an unknown line, or a witness beyond the quorum, may be dropped or added: what is proved stays the same
        assert (shown.index, shown.head.root.hex(), len(shown.witnesses) >= 2) == (5, golden.ROOTS[8], True)
