"""A passkey in software for the tests (WebAuthn level 2, ES256, attestation none): right answers and wrong ones."""

from __future__ import annotations

import hashlib
import json
import os
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

ORIGIN, SITE = "http://testserver", "testserver"


def text(data):
    return urlsafe_b64encode(data).rstrip(b"=").decode()


class SoftKey:
    """One credential; ``count`` is how often it says it has signed."""

    def __init__(self):
        self.key, self.id, self.count = ec.generate_private_key(ec.SECP256R1()), os.urandom(32), 0

    def _client(self, kind, options, origin, challenge):
        return json.dumps({"type": kind, "challenge": challenge or options["challenge"], "origin": origin}).encode()

    def _data(self, site, flags, extra=b""):
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, self.count) + extra

    def create(self, options, origin=ORIGIN, site=SITE, challenge=None):
        point = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: point.x.to_bytes(32, "big"), -3: point.y.to_bytes(32, "big")}
        held = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        made = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": self._data(site, 0x45, held)})
        client = self._client("webauthn.create", options, origin, challenge)
        return self._answer(clientDataJSON=text(client), attestationObject=text(made))

    def sign(self, options, origin=ORIGIN, site=SITE, challenge=None, flags=0x05):
        self.count += 1
        client, data = self._client("webauthn.get", options, origin, challenge), self._data(site, flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=text(client), authenticatorData=text(data), signature=text(signature))

    def _answer(self, **response):
        return json.dumps({"id": text(self.id), "rawId": text(self.id), "type": "public-key", "response": response})


def known(options):
    """The credentials that a browser is asked to sign with."""
    return [urlsafe_b64decode(one["id"] + "==") for one in options["allowCredentials"]]
