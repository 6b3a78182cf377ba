"""Rows of evidence against leaves of the log: each row has its leaf with the same digest, each leaf its row.

Read-only. A row that is not in the log yet waits and is counted as waiting; a leaf whose row was lost to a restore that
left evidence of itself is counted as lost. Everything else that does not match is a fault.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox import queries as outbox
from zhunsheng.casework.outbox.actions import content
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals.drafts import SOURCE, sequence_of
from zhunsheng.casework.seals.models import RecordKey
from zhunsheng.evidence import leaf, monitor, store
from zhunsheng.evidence.places import LogPlace
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest

#: Faults of which each is named; beyond it they are counted.
NAMED = 100
_PAGE = 2_000


@dataclass(slots=True)
class Reconciled:
    """What was counted. ``waiting``: rows not in the log yet; ``lost``: leaves whose rows a restore did not have."""

    rows: int = 0
    leaves: int = 0
    equal: int = 0
    waiting: int = 0
    lost: int = 0
    others: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    wrong: dict[str, int] = field(default_factory=dict)
    named: list[tuple[str, str]] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.wrong

    def fault(self, name: str, where: str) -> None:
        """Count a fault, and name the first of them."""
        self.wrong[name] = self.wrong.get(name, 0) + 1
        if len(self.named) < NAMED:
            self.named.append((name, where))


def reconcile(place: LogPlace) -> Reconciled:
    """Compare the database with a log. Raises Problem ZS812 where there is no log, ZS801 or ZS809 for a broken entry.

    The log is read first: rows that are carried meanwhile do not count as leaves without a row.
    """
    found = Reconciled()
    with closing(store.Log(place.database)) as log, walls.within(walls.SITE):
        leaves = _leaves(log, found)
        restored = list(_restored())
        for row, key in _rows():
            found.rows += 1
            found.kinds[row.kind] = found.kinds.get(row.kind, 0) + 1
            _compare(row, key, leaves.pop(row.pk, None), found)
    for number in sorted(leaves):
        if any(last < number < following for last, following in restored):
            found.lost += 1
        else:
            found.fault("leaf_without_row", f"{SOURCE}:{number}")
    return found


def _leaves(log: store.Log, found: Reconciled) -> dict[int, str]:
    """Return the digest of each leaf by the number of its row, after checking its place in its case."""
    state, leaves = monitor.State(), dict[int, str]()
    for index, entry in enumerate(log.entries(0, log.size)):
        one = leaf.open_entry(entry).leaf
        for fault in monitor.order(index, one, state):
            found.fault(fault.name, f"{one.source} @{index}: {fault.detail}")
        found.leaves += 1
        if one.source.startswith(f"{SOURCE}:"):
            leaves[sequence_of(one.source)] = one.digest
        else:
            found.others += 1
    return leaves


def _rows() -> Iterator[tuple[EvidenceOutbox, RecordKey | None]]:
    """Yield each row with its key, by pages, so that a long table is not held in memory."""
    last = 0
    while rows := outbox.after(last, _PAGE):
        keys = RecordKey.objects.in_bulk([row.pk for row in rows])
        yield from ((row, keys.get(row.pk)) for row in rows)
        last = rows[-1].pk


def _compare(row: EvidenceOutbox, key: RecordKey | None, logged: str | None, found: Reconciled) -> None:
    where = f"{SOURCE}:{row.pk}"
    said = content(row)
    if digest(said) != row.digest:
        found.fault("row_altered", where)
    elif logged is not None and key is None:
        found.fault("key_missing", where)
    elif logged is not None and key is not None and leaf.keyed_digest(bytes(key.key), said) != logged:
        found.fault("digest_differs", where)
    elif logged is not None:
        found.equal += 1
    elif key is not None and key.refused:
        found.fault("refused", f"{where}: {key.refused}")
    elif key is not None and key.logged:
        found.fault("row_without_leaf", where)
    else:
        found.waiting += 1


def _restored() -> Iterator[tuple[int, int]]:
    """Yield (last row that a restore had, first number given after it) of each restore."""
    for payload in outbox.payloads("backup.restored"):
        told = json.loads(payload)
        yield told["last"], told["following"]


def check(place: LogPlace) -> Reconciled | None:
    """Return the comparison, or None where the site keeps no log."""
    try:
        return reconcile(place)
    except Problem as problem:
        if problem.code == "ZS812":
            return None
        raise
