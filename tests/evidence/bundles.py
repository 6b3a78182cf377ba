"""Our receipts in the words of sigstore: a bundle and a trusted root, for a judge that reads nothing else.

Entry, hashes, index and head go over as the bytes that the log wrote. The kind of the entry is stated as what it is.
"""

import json
import os
import shutil
import subprocess
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from zhunsheng.evidence import note, proof
from zhunsheng.evidence.text import decode, encode
from zhunsheng.kernel.home import ROOT

LEAF, REKOR = ("zhunsheng.leaf", "1"), ("dsse", "0.0.2")
ABSENT = "no Node with @sigstore/verify: tools/assets.sh"
_SCRIPT = ROOT / "tests/evidence/judge/sigstore.mjs"


def judged(cases):
    """Put many cases before one process of the judge; return its verdicts in their order."""
    if shutil.which("node") is None or not (ROOT / "node_modules/@sigstore/verify").is_dir():
        (pytest.fail if os.environ.get("CI") else pytest.skip)(ABSENT)
    lines = "".join(f"{json.dumps(case)}\n" for case in cases)
    done = subprocess.run(
        ["node", str(_SCRIPT)], input=lines, capture_output=True, text=True, timeout=120, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    verdicts = done.stdout.splitlines()
    assert len(verdicts) == len(cases)
    return verdicts


def who(envelope, bodies):
    """The case of an envelope alone: did the key that it names sign it?"""
    return _case(envelope, [], _root([]), bodies)


def where(made: proof.Proof, entry, envelope, log: note.Verifier, bodies, kind=LEAF):
    """The case of a whole receipt: besides, does the entry stand at its index under a head that the log signed?"""
    claimed = {
        "logIndex": str(made.index),
        "logId": {"keyId": encode(long_id(log))},
        "kindVersion": {"kind": kind[0], "version": kind[1]},
        "integratedTime": "0",
        "inclusionProof": {
            "logIndex": str(made.index),
            "rootHash": "",  # the judge takes root and size from the signed head alone
            "treeSize": "0",
            "hashes": [encode(one) for one in made.hashes],
            "checkpoint": {"envelope": made.head.decode()},
        },
        "canonicalizedBody": encode(entry),
    }
    return _case(envelope, [claimed], _root([log]), bodies)


def rekor_body(envelope):
    """Return the entry that Rekor 2 would keep of an envelope: digest and signature, without the payload."""
    digest = sha256(decode(envelope["payload"], "payload")).digest()
    spec = {
        "payloadHash": {"algorithm": "SHA2_256", "digest": encode(digest)},
        "signatures": [{"content": envelope["signatures"][0]["sig"]}],
    }
    body = {"apiVersion": REKOR[1], "kind": REKOR[0], "spec": {"dsseV002": spec}}
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def long_id(key: note.Verifier):
    """Return the whole digest of which a note's key id is the first four bytes."""
    return sha256(f"{key.name}\n".encode() + bytes([key.kind]) + key.public).digest()


def _case(envelope, entries, root, bodies):
    material = {"publicKey": {"hint": envelope["signatures"][0]["keyid"]}, "tlogEntries": entries}
    return {
        "bundle": {
            "mediaType": "application/vnd.dev.sigstore.bundle.v0.3+json",
            "verificationMaterial": material,
            "dsseEnvelope": envelope,
        },
        "root": root,
        "keys": {key.id.hex(): _key(key) for keys in bodies.values() for key in keys},
        "entries": len(entries),
    }


def _root(logs):
    known = [
        {
            "baseUrl": f"https://{log.name}",
            "hashAlgorithm": "SHA2_256",
            "publicKey": _key(log),
            "logId": {"keyId": encode(long_id(log))},
        }
        for log in logs
    ]
    return {"mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1", "tlogs": known}


def _key(key):
    der = Ed25519PublicKey.from_public_bytes(key.public).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {"rawBytes": encode(der), "keyDetails": "PKIX_ED25519"}
