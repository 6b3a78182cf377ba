"""Signers: a body signs its own leaves with its own key, beside its witness, never with the operator of the log.

The operator sends leaves; the signer signs those of its own body only, writes down which, and the body can compare that
list with the log at any time. The token keeps strangers from asking.
"""

from __future__ import annotations

import hmac
import http.client
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from zhunsheng.evidence import leaf, note
from zhunsheng.evidence.http import Answer, post
from zhunsheng.evidence.store import connect, transaction
from zhunsheng.evidence.text import decode, encode
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now_seconds

MAX_LEAVES = 1_024
#: How far a leaf's time may lie from the signer's clock, in seconds: a body does not sign for another day.
MAX_DRIFT = 86_400
#: Where nobody opened the signer for older leaves.
NEVER = 2**63
#: A full batch takes a signer a good part of a second; one that hangs holds up all others for so long.
TIMEOUT_SECONDS = 5.0
SCHEMA = "CREATE TABLE IF NOT EXISTS signed(digest TEXT PRIMARY KEY, source TEXT NOT NULL, at INTEGER NOT NULL)"


class BodySigner(Protocol):
    """Who signs for a body. Raises Problem ZS808 when it does not."""

    @property
    def verifier(self) -> note.Verifier:
        """The body's public key."""

    def sign(self, payloads: list[bytes]) -> list[bytes]:
        """Sign leaves."""


class LocalSigner:
    """A key in this process: for demonstrations, where one person runs all bodies, and for tests."""

    def __init__(self, key: note.Signer) -> None:
        self.key = key

    @property
    def verifier(self) -> note.Verifier:
        """The body's public key."""
        return self.key.verifier

    def sign(self, payloads: list[bytes]) -> list[bytes]:
        """Sign leaves."""
        return [self.key.raw(leaf.pae(payload)) for payload in payloads]


class RemoteSigner:
    """A body's signer at an address of its own. What it answers is checked under the body's public key."""

    def __init__(self, address: str, token: str, verifier: note.Verifier) -> None:
        self.address, self.token, self.verifier = address, token, verifier

    def sign(self, payloads: list[bytes]) -> list[bytes]:
        """Have leaves signed. Raises Problem ZS808 with the reason."""
        body = json.dumps({"leaves": [payload.decode() for payload in payloads]}).encode()
        try:
            answer = post(self.address, "/sign-leaves", body, self.token, TIMEOUT_SECONDS)
            if answer.status != 200:
                raise Problem("ZS808", body=self.verifier.name, detail=answer.body[:200].decode("utf-8", "replace"))
            found = [decode(text, "signature") for text in json.loads(answer.body)["signatures"]]
        except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError) as error:
            raise Problem("ZS808", body=self.verifier.name, detail=f"{type(error).__name__}: {error}") from error
        if len(found) != len(payloads):
            raise Problem("ZS808", body=self.verifier.name, detail=f"{len(found)} of {len(payloads)} signatures")
        return found


class Desk:
    """The signing side of a body's own process: answers requests, keeps the list of what was signed.

    ``since`` (POSIX seconds): leaves from then on are signed too, however old. After an outage of more than a day the
    rows of the body would wait for ever otherwise; only the body itself opens its signer for them.
    """

    def __init__(
        self, path: Path, key: note.Signer, token: str, at: Callable[[], int] = now_seconds, since: int = NEVER
    ) -> None:
        self.path, self.key, self.token, self.at, self.since = path, key, token, at, since
        connection = connect(path)
        connection.execute(SCHEMA)
        connection.close()

    def sign_leaves(self, body: bytes, token: str) -> Answer:
        """Sign leaves of the own body; refuse all of a request that holds any other."""
        if not hmac.compare_digest(token.encode(), self.token.encode()):
            return Answer(403, b"wrong token\n")
        try:
            payloads = [text.encode() for text in json.loads(body)["leaves"]]
            leaves = [leaf.parse(payload) for payload in payloads]
        except Problem as problem:
            return Answer(422, f"{problem.kind.message('en', problem.values)}\n".encode())
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return Answer(400, b"not a list of leaves\n")
        if len(leaves) > MAX_LEAVES or not self._own(leaves):
            return Answer(422, f"only {MAX_LEAVES} leaves of {self.key.verifier.name}, of the present day\n".encode())
        signatures = LocalSigner(self.key).sign(payloads)
        self._keep(payloads, leaves)
        return Answer(200, json.dumps({"signatures": [encode(one) for one in signatures]}).encode(), "application/json")

    def count(self) -> int:
        """Return how many leaves were signed."""
        connection = connect(self.path)
        try:
            return int(connection.execute("SELECT count(*) FROM signed").fetchone()[0])
        finally:
            connection.close()

    def signed(self) -> dict[str, tuple[str, int]]:
        """Return (source, time) of every leaf that was signed, by the digest of its payload."""
        connection = connect(self.path)
        try:
            rows = connection.execute("SELECT digest, source, at FROM signed")
            return {digest: (source, at) for digest, source, at in rows}
        finally:
            connection.close()

    def _own(self, leaves: list[leaf.Leaf]) -> bool:
        first, last = min(self.at() - MAX_DRIFT, self.since), self.at() + MAX_DRIFT
        return all(one.body == self.key.verifier.name and first <= one.time <= last for one in leaves)

    def _keep(self, payloads: list[bytes], leaves: list[leaf.Leaf]) -> None:
        connection = connect(self.path)
        rows = [(sha256(p).hexdigest(), one.source, one.time) for p, one in zip(payloads, leaves, strict=True)]
        try:
            with transaction(connection):
                connection.executemany("INSERT OR REPLACE INTO signed VALUES(?, ?, ?)", rows)
        finally:
            connection.close()
