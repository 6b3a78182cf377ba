"""What a forwarder holds until the site has it: one file of SQLite, oldest first, bounded, its losses counted."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from zhunsheng.book.channels import Channels
from zhunsheng.telemetry import wire
from zhunsheng.telemetry.spans import Spans

SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
  id INTEGER PRIMARY KEY AUTOINCREMENT, topic TEXT NOT NULL, sender TEXT NOT NULL, payload BLOB NOT NULL,
  digest TEXT NOT NULL, taken_at REAL NOT NULL, sent_at REAL, open INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS message_digest ON message (digest);
CREATE INDEX IF NOT EXISTS message_sent ON message (sent_at);
CREATE TABLE IF NOT EXISTS item (
  sender TEXT NOT NULL, boot TEXT NOT NULL, seq INTEGER NOT NULL, message INTEGER NOT NULL,
  PRIMARY KEY (sender, boot, seq, message)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (reason TEXT PRIMARY KEY, count INTEGER NOT NULL, first_at REAL, last_at REAL);
"""
FREE = "DELETE FROM message WHERE id = ? AND open <= 0"
FREE_ITEMS = """
DELETE FROM item WHERE sender = ? AND boot = ? AND seq BETWEEN ? AND ?
AND (SELECT sent_at FROM message WHERE id = item.message) IS NOT NULL RETURNING message"""
LOST = """
INSERT INTO lost (reason, count, first_at, last_at) VALUES (?, ?, ?, ?)
ON CONFLICT (reason) DO UPDATE SET count = count + excluded.count, last_at = excluded.last_at"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A message that waits."""

    id: int
    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Standing:
    """How a forwarder stands: messages that wait, their bytes, the oldest in seconds since 1970; what was lost, why."""

    waiting: int
    bytes: int
    oldest: float | None
    lost: dict[str, int]


class Outbox:
    """The messages of a place on their way. One process writes; each change is on the disk when it returns.

    ``most_bytes``: what the payloads may take. Beyond it the oldest go, counted. For use by one thread at a time.
    """

    def __init__(self, path: Path, channels: Channels, most_bytes: int) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.channels = channels
        self.most_bytes = most_bytes
        self.connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;" + SCHEMA)
        self.size = int(self._one("SELECT COALESCE(SUM(LENGTH(payload)), 0) FROM message"))

    def keep(self, messages: Sequence[wire.Incoming]) -> list[tuple[str, wire.Ack]]:
        """Keep messages; return what their senders may hear: which sequences they need not keep any more.

        One on a topic that no site takes is counted as lost: it would never go.
        """
        wrong, moment = 0, 0.0
        held: dict[tuple[str, str], Spans] = defaultdict(Spans)
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            for message in messages:
                moment = message.received.timestamp()
                try:
                    org, device, _kind = wire.address(message.topic)
                except wire.Refused:
                    wrong += 1
                    continue
                for boot, seq in self._add(message, f"{org}/{device}", moment):
                    held[f"{org}/{device}", boot].add(seq)
            if wrong:
                self.connection.execute(LOST, ("ZS877", wrong, moment, moment))
            self._bound(moment)
        return [(sender, wire.Ack(boot, -1, spans.all)) for (sender, boot), spans in held.items()]

    def _add(self, message: wire.Incoming, sender: str, moment: float) -> set[tuple[str, int]]:
        numbers = self._numbers(message)
        done = self.connection.execute(
            "INSERT INTO message (topic, sender, payload, digest, taken_at, open) VALUES (?, ?, ?, ?, ?, ?)",
            (message.topic, sender, message.payload, wire.digest_of(message.payload), moment, max(1, len(numbers))),
        )
        lines = [(sender, boot, seq, done.lastrowid) for boot, seq in numbers]
        self.connection.executemany("INSERT INTO item VALUES (?, ?, ?, ?)", lines)
        self.size += len(message.payload)
        return numbers

    def _numbers(self, message: wire.Incoming) -> set[tuple[str, int]]:
        """Return boot and sequence of what a message holds; nothing for one that only its digest can settle."""
        try:
            readings, bad = wire.sift(message.topic, message.payload, message.received, self.channels)
        except wire.Refused:
            return set()
        found = {(one.boot, one.seq) for one in readings}
        return found | {(one.boot, one.seq) for one in bad if one.boot is not None and one.seq is not None}

    def again(self) -> None:
        """Let every message count as not sent: whoever sent them may have been killed."""
        self.connection.execute("UPDATE message SET sent_at = NULL")

    def fresh(self, most: int) -> list[Kept]:
        """Return the oldest messages that were not sent."""
        found = self.connection.execute(
            "SELECT id, topic, payload FROM message WHERE sent_at IS NULL ORDER BY id LIMIT ?", (most,)
        )
        return [Kept(*one) for one in found]

    def overdue(self, most: int, before: float) -> list[Kept]:
        """Return messages that were sent before a moment and not acknowledged since, those that wait longest first."""
        found = self.connection.execute(
            "SELECT id, topic, payload FROM message WHERE sent_at < ? ORDER BY sent_at, id LIMIT ?", (before, most)
        )
        return [Kept(*one) for one in found]

    def under_way(self, since: float) -> int:
        """Return how many messages were sent since a moment and are not acknowledged."""
        return int(self._one("SELECT COUNT(*) FROM message WHERE sent_at >= ?", since))

    def holds(self, numbers: Sequence[int]) -> bool:
        """Whether any of some messages is still there."""
        places = ",".join("?" * len(numbers))
        return bool(self._one(f"SELECT EXISTS (SELECT 1 FROM message WHERE id IN ({places}))", *numbers))  # noqa: S608

    def sent(self, messages: Iterable[Kept], moment: float) -> None:
        """Note when messages were sent. Lost by a kill, which sends them once more."""
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            lines = [(moment, one.id) for one in messages]
            self.connection.executemany("UPDATE message SET sent_at = ? WHERE id = ?", lines)

    def acknowledged(self, sender: str, ack: wire.Ack | wire.Returned) -> int:
        """Let go of what the site has; return how many messages.

        One that was never sent stays, whatever is said of it: the site's word is about what it was given from here.
        """
        with self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            if isinstance(ack, wire.Returned):
                found = self.connection.execute(
                    "SELECT id FROM message WHERE digest = ? AND sender = ? AND sent_at IS NOT NULL",
                    (ack.digest, sender),
                )
                return self._free([one[0] for one in found], whole=True)
            spans = [(-1, ack.seq), *ack.above]
            held = [
                one[0] for span in spans
                for one in self.connection.execute(FREE_ITEMS, (sender, ack.boot, *span))
            ]  # fmt: skip
            self.connection.executemany("UPDATE message SET open = open - 1 WHERE id = ?", [(one,) for one in held])
            return self._free(sorted(set(held)), whole=False)

    def _free(self, numbers: list[int], *, whole: bool) -> int:
        gone = 0
        for number in numbers:
            size = self._one("SELECT LENGTH(payload) FROM message WHERE id = ?", number)
            if whole:
                self.connection.execute("UPDATE message SET open = 0 WHERE id = ?", (number,))
                self.connection.execute("DELETE FROM item WHERE message = ?", (number,))
            if self.connection.execute(FREE, (number,)).rowcount:
                gone += 1
                self.size -= int(size)
        return gone

    def _bound(self, moment: float) -> None:
        """Drop the oldest while there is more than may be held, and count them."""
        dropped = 0
        while self.size > self.most_bytes:
            oldest = self.connection.execute("SELECT id FROM message ORDER BY id LIMIT 1").fetchone()
            dropped += self._free([oldest[0]], whole=True)
        if dropped:
            self.connection.execute(LOST, ("full", dropped, moment, moment))

    def standing(self) -> Standing:
        """Return how the forwarder stands."""
        count, size, oldest = self.connection.execute(
            "SELECT COUNT(*), COALESCE(SUM(LENGTH(payload)), 0), MIN(taken_at) FROM message"
        ).fetchone()
        lost = dict(self.connection.execute("SELECT reason, count FROM lost").fetchall())
        return Standing(count, size, oldest, lost)

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _one(self, statement: str, *values: object) -> int:
        found = self.connection.execute(statement, values).fetchone()
        return found[0] if found else 0
