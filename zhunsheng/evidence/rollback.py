"""The rollback rule: a log that was restored from a backup must not sign a second history over the lost entries.

At start every witness is asked what it has seen, with a head that was signed before (or the empty one): no new
signature is given for asking. When a witness or the log's own folder of tiles is ahead, the log refuses, until the
missing entries are fetched from a mirror or a new name is opened with a logged reason.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from itertools import islice

from zhunsheng.evidence import asking, checkpoint, leaf, note, tree
from zhunsheng.evidence.policy import Policy
from zhunsheng.evidence.store import Entry, Head, Log
from zhunsheng.evidence.tiles import Folder, node_reader
from zhunsheng.kernel.errors import Problem

_STEP = 1_024


def check(log: Log, key: note.Signer, policy: Policy, folder: Folder, pool: Executor) -> None:
    """Raise Problem ZS804 when someone has seen more than the log holds, ZS807 when someone saw another history.

    Raises ZS805 when so many witnesses are silent that those alone could have made a quorum over lost entries.
    """
    _check_folder(log, key.verifier, folder)
    known = log.latest()
    size, data = (known.size, known.data) if known else (0, _empty_head(log, key))
    silent = [one.name for one in standings(policy, size, data, pool) if not _answered(log, size, one)]
    if policy.quorum and policy.satisfied(silent):
        raise Problem("ZS805", silent="、".join(silent))


def standings(policy: Policy, size: int, head: bytes, pool: Executor) -> list[asking.Reply]:
    """Ask every witness what it has seen, with a head that was signed before: asking signs nothing new."""
    jobs = [pool.submit(asking.ask, policy.addresses[name], name, size, [], head) for name in policy.witnesses]
    return [job.result() for job in jobs]


def recover(log: Log, key: note.Verifier, mirror: Folder) -> int:
    """Fetch the entries that a mirror has beyond this log; return how many. Raises Problem ZS811, or ZS810 or ZS802.

    Everything is hashed and compared with the mirror's signed head before the first entry is stored.
    """
    data = mirror.checkpoint()
    if data is None:
        raise Problem("ZS811", detail="no checkpoint")
    head, _ = checkpoint.opened(data, key)
    size = log.size
    if head.size < size:
        raise Problem("ZS811", detail=f"it holds {head.size} entries, this log {size}")
    frontier = tree.Frontier(size, tree.hashes(_peaks(size), node_reader(log.tile, size)))
    hashed = bytearray()
    for entry in mirror.entries(size, head.size):
        hashed += tree.leaf_hash(entry)
        frontier.append(bytes(hashed[-tree.HASH_SIZE :]))
    if frontier.root != head.root:
        raise Problem("ZS811", detail="its entries and this log's do not make up its head")
    for batch in _batches(_as_hashed(mirror.entries(size, head.size), hashed)):
        log.append([_entry(one) for one in batch])
    log.keep_head(Head(head.size, data, 0, sealed=False))
    return head.size - size


def _check_folder(log: Log, key: note.Verifier, folder: Folder) -> None:
    data = folder.checkpoint()
    if data is None:
        return
    head, _ = checkpoint.opened(data, key)
    if head.size > log.size:
        raise Problem("ZS804", witness=str(folder.root), seen=head.size, size=log.size)
    if head.root != log.root(head.size):
        raise Problem("ZS807", witness=str(folder.root), size=head.size, detail="another root")


def _empty_head(log: Log, key: note.Signer) -> bytes:
    """Return the signed head of the empty tree: it precedes each history and so commits to none."""
    return note.sign(checkpoint.Checkpoint(log.origin, 0, tree.EMPTY).text, [key])


def _answered(log: Log, size: int, reply: asking.Reply) -> bool:
    """Whether a witness said what it has seen. Raises Problem ZS804 or ZS807."""
    if reply.seen is not None and reply.seen > log.size:
        raise Problem("ZS804", witness=reply.name, seen=reply.seen, size=log.size)
    if reply.detail.startswith("422"):
        raise Problem("ZS807", witness=reply.name, size=size, detail=reply.detail)
    return reply.seen is not None or bool(reply.lines)


def _peaks(size: int) -> list[tuple[int, int]]:
    return [(number << level, (number + 1) << level) for level, number in tree.cover(0, size)]


def _as_hashed(entries: Iterator[bytes], hashed: bytearray) -> Iterator[bytes]:
    """Yield entries that are those which were hashed: a mirror is another's folder and may change between two looks."""
    for i, entry in enumerate(entries):
        if tree.leaf_hash(entry) != hashed[i * tree.HASH_SIZE : (i + 1) * tree.HASH_SIZE]:
            raise Problem("ZS811", detail=f"an entry changed while it was read, the {i + 1}th")
        yield entry


def _batches(entries: Iterator[bytes]) -> Iterator[list[bytes]]:
    while batch := list(islice(entries, _STEP)):
        yield batch


def _entry(data: bytes) -> Entry:
    found = leaf.open_entry(data).leaf
    return Entry(found.source, data, found.case, found.sequence)
