"""The sequencer: the one process that gives leaves their place, signs heads, and collects cosignatures.

Order of things: leaves get their place, their bodies sign them, the batch is committed; then the head is signed and
kept, the tiles are written, the witnesses are asked. Each step can be killed and is taken up again by the next start.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from zhunsheng.evidence import asking, checkpoint, leaf, note, rollback
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.signer import BodySigner
from zhunsheng.evidence.store import Entry, Head, Log
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.errors import Problem

MAX_BATCH, MAX_SECONDS = 1_024, 1.0


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of drafts: their indices by source; the bodies whose signer failed, with the reason (ZS808); and the
    sources of drafts that are not allowed, with the reason (ZS809)."""

    indices: dict[str, int]
    waiting: dict[str, Problem]
    refused: dict[str, Problem]


class Sequencer:
    """Writes one log. Make it inside ``only_one``; call ``start`` before anything else."""

    def __init__(
        self, log: Log, key: note.Signer, policy: Policy, folder: Folder, signers: Mapping[str, BodySigner]
    ) -> None:
        self.log, self.key, self.policy, self.folder, self.signers = log, key, policy, folder, signers
        self.pool = ThreadPoolExecutor(max_workers=max(4, len(policy.witnesses)))
        self.started = False
        #: Witnesses that did not cosign the last head, with the reason.
        self.missing: dict[str, str] = {}

    def start(self) -> None:
        """Ask every witness for its size. Raises Problem ZS804, ZS805 or ZS807 when the log must not go on."""
        rollback.check(self.log, self.key, self.policy, self.folder, self.pool)
        self.started = True

    def submit(self, drafts: Sequence[leaf.Draft]) -> Submitted:
        """Append drafts as leaves, signed by their bodies; what is in the log already keeps its index.

        When this returns the leaves are on the disk. Drafts of a body whose signer fails wait, and so do later ones of
        the same cases. A draft that is not allowed is refused by itself; the others go on.
        """
        if len(drafts) > MAX_BATCH:
            raise ValueError(f"a batch has at most {MAX_BATCH} drafts")
        known = self.log.indices([one.source for one in drafts])
        fresh = list({one.source: one for one in drafts if one.source not in known}.values())
        waiting: dict[str, Problem] = {}
        refused = self._unlike([one for one in drafts if one.source in known], known)
        known = {source: index for source, index in known.items() if source not in refused}
        while True:
            leaves = self._placed(able([one for one in fresh if one.source not in refused], waiting))
            payloads = payloads_of(leaves, refused)
            signatures = self._signed(leaves, payloads, waiting) if len(payloads) == len(leaves) else {}
            if len(signatures) == len(leaves):
                break
        entries = [entry_of(one, payloads[i], *signatures[i]) for i, one in enumerate(leaves)]
        return Submitted({**known, **self.append(entries)}, waiting, refused)

    def append(self, entries: list[Entry]) -> dict[str, int]:
        """Append entries that are signed and placed already; return their indices by source."""
        if not self.started:
            raise RuntimeError("start the sequencer first")
        first = self.log.append(entries) if entries else 0
        return {entry.source: first + i for i, entry in enumerate(entries)}

    def seal(self) -> Head:
        """Sign the head, write the tiles, collect cosignatures; publish the head once they are a quorum."""
        if not self.started:
            raise RuntimeError("start the sequencer first")
        size = self.log.size
        head = self.log.latest()
        if head is None or head.size != size:
            head = Head(size, sign_head(self.log, self.key, size), 0, sealed=not self.policy.quorum)
            self.log.keep_head(head)
        self._write_tiles(size)
        collected = asking.collect(self.log, self.policy, head, self.pool)
        self.log.keep_head(collected.head, collected.sizes)
        self.missing = collected.missing
        if collected.head.sealed:
            self.folder.publish(collected.head.data)
        return collected.head

    def run(
        self, pull: Callable[[int, frozenset[str]], Sequence[leaf.Draft]], stop: Callable[[], bool]
    ) -> Iterator[Submitted]:
        """Turn what ``pull(limit, waiting bodies)`` gives into leaves, and seal each second while there is need.

        Yields what became of each batch. A body whose signer failed is asked again a second later; until then ``pull``
        should leave its rows out, so that they do not fill the batch.
        """
        sealed_at, waiting = time.monotonic(), frozenset[str]()
        while not stop():
            done = self.submit(pull(MAX_BATCH, waiting))
            waiting |= frozenset(done.waiting)
            yield done
            if len(done.indices) < MAX_BATCH:
                time.sleep(max(0.0, min(0.1, sealed_at + MAX_SECONDS - time.monotonic())))
            if time.monotonic() - sealed_at >= MAX_SECONDS:
                self._seal_if_needed()
                sealed_at, waiting = time.monotonic(), frozenset()
        self._seal_if_needed()

    def close(self) -> None:
        """Let the threads go."""
        self.pool.shutdown()

    def _seal_if_needed(self) -> None:
        head = self.log.latest(sealed=True)
        if self.log.size > (head.size if head else 0):
            self.seal()

    def _write_tiles(self, size: int) -> None:
        published = self.log.published
        if size > published:
            self.folder.write(published, size, self.log.tile, self.log.entries)
            self.log.keep_published(size)

    def _unlike(self, drafts: list[leaf.Draft], known: Mapping[str, int]) -> dict[str, Problem]:
        """Return the drafts whose rows the log holds with another content: a number was given twice after a restore."""
        found = {}
        for one in drafts:
            index = known[one.source]
            held = leaf.open_entry(next(self.log.entries(index, index + 1))).leaf
            if held.digest != one.digest:
                found[one.source] = Problem("ZS976", source=one.source, index=index)
        return found

    def _placed(self, drafts: list[leaf.Draft]) -> list[leaf.Leaf]:
        ends = self.log.case_ends([one.case for one in drafts])
        return placed(drafts, self.log.size, ends)

    def _signed(
        self, leaves: list[leaf.Leaf], payloads: list[bytes], waiting: dict[str, Problem]
    ) -> dict[int, tuple[str, bytes]]:
        """Return key id and signature of each leaf by its place; a body that fails is added to ``waiting``."""
        by_body: dict[str, list[int]] = {}
        for i, one in enumerate(leaves):
            by_body.setdefault(one.body, []).append(i)
        found: dict[int, tuple[str, bytes]] = {}
        jobs = {body: self.pool.submit(self._ask, body, [payloads[i] for i in at]) for body, at in by_body.items()}
        for body, job in jobs.items():
            try:
                found.update(zip(by_body[body], job.result(), strict=True))
            except Problem as problem:
                if problem.code != "ZS808":
                    raise
                waiting[body] = problem
        return found

    def _ask(self, body: str, payloads: list[bytes]) -> list[tuple[str, bytes]]:
        """Have a body sign, and check what it signed."""
        if body not in self.signers:
            raise Problem("ZS808", body=body, detail="no signer is known")
        signer = self.signers[body]
        signatures = signer.sign(payloads)
        for payload, signature in zip(payloads, signatures, strict=True):
            if not signer.verifier.accepts(leaf.pae(payload), signature):
                raise Problem("ZS808", body=body, detail="a signature does not verify")
        return [(signer.verifier.id.hex(), signature) for signature in signatures]


def able(drafts: Sequence[leaf.Draft], waiting: Mapping[str, Problem]) -> list[leaf.Draft]:
    """Return the drafts that can go on: not of a waiting body, and not after one of those in the same case."""
    stopped: set[str] = set()
    found = []
    for one in drafts:
        if one.body in waiting or one.case in stopped:
            stopped.add(one.case)
        else:
            found.append(one)
    return found


def placed(drafts: Sequence[leaf.Draft], size: int, ends: Mapping[str, tuple[int, int]]) -> list[leaf.Leaf]:
    """Give drafts their places from index ``size`` on; ``ends`` holds (sequence, index) of each case's last leaf."""
    last: dict[str, tuple[int, int | None]] = dict(ends)
    found = []
    for i, one in enumerate(drafts):
        sequence, previous = last.get(one.case, (0, None))
        found.append(leaf.place(one, sequence + 1, previous))
        last[one.case] = (sequence + 1, size + i)
    return found


def payloads_of(leaves: Sequence[leaf.Leaf], refused: dict[str, Problem]) -> list[bytes]:
    """Return the payload of each leaf that is allowed; the others are added to ``refused`` by source."""
    found = []
    for one in leaves:
        try:
            found.append(one.payload)
        except Problem as problem:
            refused[one.source] = problem
    return found


def entry_of(one: leaf.Leaf, payload: bytes, key_id: str, signature: bytes) -> Entry:
    """Return the log's entry for a leaf, its payload and signature."""
    return Entry(one.source, leaf.seal(payload, key_id, signature), one.case, one.sequence)


def sign_head(log: Log, key: note.Signer, size: int) -> bytes:
    """Return the signed checkpoint of a log at a size."""
    return note.sign(checkpoint.Checkpoint(log.origin, size, log.root(size)).text, [key])


@contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Hold the log's lock for the block; the kernel frees it when the process dies. Raises Problem ZS806 when held."""
    with path.with_suffix(".lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Problem("ZS806", path=path) from error
        yield
