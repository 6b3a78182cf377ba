"""What @sigstore/verify says of our receipts: who signed, and where the entry stands. No mutation is accepted.

Its verdict on a place is read in two ways. A leaf of ours is refused in the end, since only the bodies of Rekor's
entries are known to it; it says so after head and place have held, never before. And an entry in Rekor's form, kept
by the same log, is accepted outright.
"""

import json
from dataclasses import replace

import pytest

from tests.evidence import bundles
from tests.evidence.sites import ORIGIN, draft, site
from zhunsheng.evidence import checkpoint, note, proof, receipt, store
from zhunsheng.evidence.text import decode, encode

NO_BODY_OF_REKOR = "TLOG_BODY_ERROR: kind/version mismatch - expected: zhunsheng.leaf/1, received: undefined/undefined"
#: Rows whose receipts are judged: first and last of a batch, and one whose proof has hashes from both sides.
ROWS = (0, 6, 7, 12, 20)


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A living log: three heads over leaves of two bodies, and one entry in Rekor's form under the last."""
    with site(tmp_path_factory.mktemp("site")) as one:
        for start in (0, 7, 14):
            one.sequencer.submit([draft(i, "HB"[i % 2] + "1", case=i % 5) for i in range(start, start + 7)])
            if start == 14:
                body = bundles.rekor_body(envelope_of(one, "outbox:12"))
                one.sequencer.append([store.Entry("control:1", body, "c" * 20, 1)])
            one.sequencer.seal()
        yield one


def envelope_of(here, source):
    index = here.log.indices([source])[source]
    return json.loads(next(here.log.entries(index, index + 1)))


def bodies(here):
    return {name: [key.verifier] for name, key in here.bodies.items()}


def flipped(data, place=0):
    return data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]


@pytest.fixture(scope="module")
def verdicts(here):
    """The verdicts of one process on all cases: name -> list."""
    cases = {"signed": [bundles.who(envelope_of(here, f"outbox:{i}"), bodies(here)) for i in ROWS]}
    cases["forged"] = [bundles.who(one, bodies(here)) for one in changed_envelopes(here)]
    cases["receipts"] = [place_of(here, *received(here, f"outbox:{i}")) for i in ROWS]
    cases["leaf"] = with_mutations(here, bundles.LEAF, "outbox:12")
    cases["control"] = with_mutations(here, bundles.REKOR, "control:1")
    said = iter(bundles.judged([case for part in cases.values() for case in part]))
    return {name: [next(said) for _ in part] for name, part in cases.items()}


def test_the_bodies_signatures_hold_and_no_mutation_of_them(verdicts):
    assert verdicts["signed"] == ["accepted"] * len(ROWS)
    *forged, unknown = verdicts["forged"]
    assert set(forged) == {"SIGNATURE_ERROR: signature verification failed"}
    assert unknown == "PUBLIC_KEY_ERROR: key not found: 00000000"


def test_each_receipt_holds_up_to_the_body_of_its_entry(verdicts):
    assert verdicts["receipts"] == [NO_BODY_OF_REKOR] * len(ROWS)


@pytest.mark.parametrize(
    ("name", "held"), [("leaf", NO_BODY_OF_REKOR), ("control", "accepted")], ids=("leaf", "control")
)
def test_head_and_place_hold_and_no_mutation_of_them(verdicts, name, held):
    verdict, *refusals = verdicts[name]
    assert verdict == held
    assert {one.partition(":")[0] for one in refusals} == {"TLOG_INCLUSION_PROOF_ERROR"}


def changed_envelopes(here):
    """Yield envelopes of a body's leaf with one thing changed; last, one whose key nobody knows."""
    one = envelope_of(here, "outbox:12")
    payload, signature = decode(one["payload"], "test"), one["signatures"][0]
    raw = decode(signature["sig"], "test")

    def signed(**change):
        return {**one, "signatures": [{**signature, **change}]}

    for place in range(len(payload)):
        yield {**one, "payload": encode(flipped(payload, place))}
    for place in range(len(raw)):
        yield signed(sig=encode(flipped(raw, place)))
    yield signed(sig=encode(raw[:-1]))
    yield {**one, "payloadType": one["payloadType"] + "x"}
    yield signed(keyid=here.bodies["B1"].verifier.id.hex())  # H1 signed it
    yield signed(keyid="00000000")


def received(here, source):
    """Return a row's receipt (its proof, its entry) and the log's key."""
    data, entry = receipt.receipt(here.log, source)
    return proof.parse(data), entry, here.key.verifier


def place_of(here, made, entry, log, kind=bundles.LEAF, envelope=None):
    return bundles.where(made, entry, envelope or json.loads(entry), log, bodies(here), kind)


def with_mutations(here, kind, source):
    """Return the case of a row's receipt, then those of its mutations; the envelope stays that of a body's leaf."""
    one, envelope = received(here, source), envelope_of(here, "outbox:12")
    changed = mutations(one[0], one[1], here.key)
    return [place_of(here, *each, kind, envelope) for each in (one, *changed)]


def mutations(made, entry, key):
    """Yield (proof, entry, the log's key) with one thing changed."""
    log = key.verifier
    for place in range(len(entry)):
        yield made, flipped(entry, place), log
    for record in (entry + b"\0", entry[:-1], b""):
        yield made, record, log
    for hashes in changed_hashes(made.hashes):
        yield replace(made, hashes=hashes), entry, log
    head, _ = checkpoint.opened(made.head, log)
    for index in (made.index + 1, made.index - 1, made.index ^ 2, head.size, 2**63 - 1):
        yield replace(made, index=index), entry, log
    for data in changed_heads(made, head, key):
        yield replace(made, head=data), entry, log
    yield made, entry, note.Signer.new(ORIGIN).verifier
    yield made, entry, replace(log, name="log.example/other")


def changed_hashes(hashes):
    """Yield the path with each of its hashes changed, dropped or doubled, and turned around."""
    for i, one in enumerate(hashes):
        yield *hashes[:i], flipped(one, i), *hashes[i + 1 :]
        yield *hashes[:i], *hashes[i + 1 :]
        yield *hashes[:i], one, one, *hashes[i + 1 :]
    yield hashes[::-1]


def changed_heads(made, head, key):
    """Yield heads that the log did not sign so, and false ones that it did sign."""
    text, lines = made.head.decode().split("\n\n")
    first, *cosigned = lines.splitlines(keepends=True)
    dash, name, tail = first.split(" ")
    raw = decode(tail.strip(), "test")
    others = [
        replace(head, size=head.size + 1),
        replace(head, root=flipped(head.root, 31)),
        replace(head, origin=head.origin + "x"),
    ]
    for other in others:
        yield f"{other.text}\n{lines}".encode()
    for place in range(len(raw)):  # the key id and each byte of the log's signature
        yield f"{text}\n\n{dash} {name} {encode(flipped(raw, place))}\n{''.join(cosigned)}".encode()
    yield f"{text}\n\n{''.join(cosigned)}".encode()  # the witnesses alone
    for size in (0, made.index, 2 * head.size, 2**62):
        yield note.sign(replace(head, size=size).text, [key])
    yield note.sign(others[1].text, [key])
    forger = note.Signer.new(ORIGIN)  # another's signature under the id of the log's key
    yield f"{head.text}\n{dash} {name} {encode(raw[:4] + forger.raw(head.text.encode()))}\n".encode()
