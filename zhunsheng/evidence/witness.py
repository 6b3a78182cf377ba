"""A witness (C2SP tlog-witness 1.0.0): cosigns a head only when it continues the one it cosigned before.

One small database holds, for each log, the last head cosigned. Check and store are one transaction, and the store
comes before the answer: whatever is killed when, a witness never cosigns two histories.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from zhunsheng.evidence import checkpoint, note, tree
from zhunsheng.evidence.http import TEXT, Answer
from zhunsheng.evidence.store import connect, transaction
from zhunsheng.evidence.text import decode_hash, encode, number, refuse, utf8
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now_seconds

MAX_REQUEST, MAX_PROOF_LINES = 131_072, 63
SIZE_TYPE = "text/x.tlog.size"
SCHEMA = "CREATE TABLE IF NOT EXISTS seen(origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB, data BLOB)"


class Witness:
    """A witness with its key, the logs that it watches (origin -> keys), and its database."""

    def __init__(
        self, path: Path, key: note.Signer, logs: dict[str, list[note.Verifier]], at: Callable[[], int] = now_seconds
    ) -> None:
        self.path, self.key, self.logs, self.at = path, key, logs, at
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = connect(path)
        connection.execute(SCHEMA)
        connection.close()

    def add_checkpoint(self, body: bytes, _token: str = "") -> Answer:
        """Answer a request to cosign: 200 with the cosignature, or why not, as a status code."""
        try:
            old, proof, data = parse_request(body)
            signed = note.parse(data)
            head = checkpoint.parse(signed.text)
        except Problem as problem:
            return _no(400, problem)
        if head.origin not in self.logs:
            return Answer(404, b"unknown origin\n")
        try:
            trusted = note.verified(signed, self.logs[head.origin])
        except Problem as problem:
            return _no(403, problem)
        if not trusted:
            return Answer(403, b"no signature of a trusted key\n")
        if old > head.size:
            return Answer(400, b"the old size is larger than the new one\n")
        return self._cosign(old, proof, head, signed)

    def seen(self) -> list[tuple[str, int]]:
        """Return (origin, size) of each log's last cosigned head."""
        connection = connect(self.path)
        try:
            return list(connection.execute("SELECT origin, size FROM seen ORDER BY origin"))
        finally:
            connection.close()

    def about(self) -> bytes:
        """Say who this is and what it has seen."""
        lines = [f"{origin} {size}" for origin, size in self.seen()]
        return "\n".join([self.key.verifier.vkey, *lines, ""]).encode()

    def _cosign(self, old: int, proof: list[bytes], head: checkpoint.Checkpoint, signed: note.Note) -> Answer:
        connection = connect(self.path)
        try:
            with transaction(connection):
                size, root = _last(connection, head.origin)
                if old != size:
                    return Answer(409, f"{size}\n".encode(), SIZE_TYPE)
                if not tree.verify_consistency(old, head.size, proof, root, head.root):
                    return Answer(422, b"the head does not continue the one cosigned before\n")
                row = (head.origin, head.size, head.root, signed.data)
                connection.execute("INSERT OR REPLACE INTO seen VALUES(?, ?, ?, ?)", row)
        finally:
            connection.close()
        return Answer(200, self.key.line(signed.text, self.at()).encode(), TEXT)


def request(old: int, proof: list[bytes], head: bytes) -> bytes:
    """Return the body of a request to cosign a head."""
    lines = "".join(f"{encode(one)}\n" for one in proof)
    return f"old {old}\n{lines}\n".encode() + head


def parse_request(body: bytes) -> tuple[int, list[bytes], bytes]:
    """Read a request: old size, proof, signed checkpoint. Raises Problem ZS801."""
    front, split, head = utf8(body, "request", MAX_REQUEST).partition("\n\n")
    first, *lines = front.split("\n")
    if not split or not first.startswith("old ") or len(lines) > MAX_PROOF_LINES:
        refuse("request", "not old size, proof, empty line, checkpoint")
    return (
        number(first.removeprefix("old "), "request"),
        [decode_hash(line, "request") for line in lines],
        head.encode(),
    )


def _last(connection: sqlite3.Connection, origin: str) -> tuple[int, bytes]:
    row = connection.execute("SELECT size, root FROM seen WHERE origin = ?", (origin,)).fetchone()
    return (row[0], row[1]) if row else (0, tree.EMPTY)


def _no(status: int, problem: Problem) -> Answer:
    return Answer(status, f"{problem.kind.message('en', problem.values)}\n".encode())
