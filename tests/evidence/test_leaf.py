"""Leaves and envelopes: canonical, small, without personal data, signed by who acted; hostile ones are refused."""

import json
import re
from dataclasses import replace
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from tests.evidence.sites import draft, site
from zhunsheng.evidence import leaf, note
from zhunsheng.evidence.text import decode, encode
from zhunsheng.kernel.errors import Problem

BODY = note.Signer("H1", sha256(b"body test seed").digest())
ONE = leaf.place(draft(1, grantee="B1", kinds=["finding.decided"], start=5), 2, 7)


def entry(one=ONE, key=BODY):
    return leaf.seal(one.payload, key.verifier.id.hex(), key.raw(leaf.pae(one.payload)))


def refused(call, *arguments):
    with pytest.raises(Problem) as caught:
        call(*arguments)
    return caught.value.code


def test_a_leaf_goes_and_comes_back_the_same():
    envelope = leaf.open_entry(entry())
    assert envelope.leaf == ONE
    assert leaf.signed(envelope, leaf.parse_bodies(f"# keys\n{BODY.verifier.vkey}\n".encode()))
    assert not leaf.signed(envelope, {})
    assert leaf.pae(b"x") == b"DSSEv1 35 application/vnd.zhunsheng.leaf+json 1 x"


def test_the_digest_needs_its_key():
    key = leaf.new_key()
    assert leaf.keyed_digest(key, b"a") != leaf.keyed_digest(leaf.new_key(), b"a")
    assert leaf.keyed_digest(b"k", b"a") == leaf.keyed_digest(b"k", b"a")
    assert leaf.keyed_digest(key, b"a") != sha256(b"a").hexdigest()


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "Finding"},
        {"kind": ""},
        {"body": "a b"},
        {"case": "330781199001011234"},
        {"case": "张三"},
        {"digest": "ab"},
        {"source": "outbox 7"},
        {"rulebook": "x"},
        {"time": -1},
        {"time": True},
        {"time": 1.5},
        {"sequence": 0},
        {"sequence": 1},
        {"previous": None},
        {"previous": 2**60},
        {"about": {"name": "11010519491231002X"}},
        {"about": {"phone": "tel 13800138000"}},
        {"about": {"number": 13800138000}},
        {"about": {"Name": "x"}},
        {"about": {"long": "x" * 201}},
        {"about": {"odd": 1.5}},
        {"about": {"none": None}},
        {"about": {f"n{'x' * i}": "x" for i in range(17)}},
        {"about": {f"n{'x' * i}": ["汉" * 200] * 8 for i in range(9)}},
        {"about": []},
    ],
)
def test_what_is_no_leaf_is_refused(change):
    assert refused(lambda: replace(ONE, **change).payload) == "ZS809"


def changed(**values):
    found = json.loads(ONE.payload) | values
    return rfc8785.dumps({name: value for name, value in found.items() if value != "gone"})


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        (b"", "ZS801"),
        (b"\xff", "ZS801"),
        (b"[" * 4000, "ZS801"),
        (b"1e5", "ZS801"),
        (b"NaN", "ZS801"),
        (b"[]", "ZS809"),
        (changed(version=2), "ZS809"),
        (changed(extra=1), "ZS809"),
        (changed(source="gone"), "ZS809"),
        (ONE.payload.replace(b'":', b'": ', 1), "ZS809"),
        (ONE.payload.replace(b'"version":1', b'"version":1,"version":1'), "ZS809"),
        (ONE.payload.replace(b'{"about"', b'{"x":1,"about"'), "ZS809"),
        (ONE.payload + b" " * 5000, "ZS801"),
    ],
)
def test_hostile_payloads_are_refused(payload, code):
    assert refused(leaf.parse, payload) == code


def test_hostile_envelopes_are_refused():
    good = json.loads(entry())
    bad = [
        good | {"payloadType": "text"},
        good | {"signatures": []},
        good | {"signatures": good["signatures"] * 2},
        good | {"more": 1},
        good | {"payload": good["payload"] + "="},
        good | {"payload": encode(b"{}")},
        good | {"payload": 7},
    ]
    for one in bad:
        assert refused(leaf.open_entry, rfc8785.dumps(one)) in {"ZS801", "ZS809"}
    assert refused(leaf.open_entry, entry() + b" ") == "ZS801"
    assert refused(leaf.open_entry, entry().replace(b",", b", ", 1)) == "ZS801"
    assert refused(leaf.open_entry, b"x" * 9000) == "ZS801"


@given(data=st.binary(max_size=300))
def test_no_bytes_at_all_do_harm(data):
    assert refused(leaf.open_entry, data) == "ZS801"


def test_a_body_file_holds_keys_of_its_kind():
    other = note.Signer.new("w.example", note.COSIGNATURE)
    assert refused(leaf.parse_bodies, other.verifier.vkey.encode()) == "ZS801"
    two = f"{BODY.verifier.vkey}\n{note.Signer.new('H1').verifier.vkey}\n".encode()
    assert len(leaf.parse_bodies(two)["H1"]) == 2


def test_a_living_log_holds_no_identity_or_phone_number(tmp_path):
    """The scan is another one than the check at the door: it looks at every run of digits of each entry and payload."""
    with site(tmp_path) as here:
        here.sequencer.submit([draft(i, case=i % 9, grantee="B1", until=i) for i in range(200)])
        found = []
        for data in here.log.entries(0, 200):
            payload = decode(json.loads(data)["payload"], "entry").decode()
            texts = [value for name, value in json.loads(payload).items() if name not in ("case", "digest")]
            found += looks_personal(json.dumps(texts, ensure_ascii=False))
        assert found == []
    assert looks_personal('{"a": "身份证11010519491231002X号", "b": "13800138000"}') == [
        "11010519491231002X",
        "13800138000",
    ]


def looks_personal(text):
    """Return runs of digits that have the shape of an identity number (18 with its check digit) or a mobile phone."""
    runs = re.findall(r"[0-9]{11,18}[Xx]?", text)
    return [one for one in runs if re.fullmatch(r"1[3-9][0-9]{9}", one) or _identity(one)]


def _identity(text):
    if not re.fullmatch(r"[1-9][0-9]{16}[0-9Xx]", text):
        return False
    weights = [2 ** (17 - i) % 11 for i in range(17)]
    return "10X98765432"[sum(int(d) * w for d, w in zip(text, weights, strict=False)) % 11] == text[17].upper()
