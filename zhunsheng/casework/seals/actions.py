"""What the sequencer takes from the outbox, and what it leaves about it. Rows themselves never change."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from django.db.models import Exists, OuterRef

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.logs import logger
from zhunsheng.casework.metrics.counted import CARRIED
from zhunsheng.casework.metrics.process import turned
from zhunsheng.casework.outbox import queries as outbox
from zhunsheng.casework.outbox.actions import content, deed
from zhunsheng.casework.outbox.models import EvidenceOutbox
from zhunsheng.casework.seals.drafts import draft, sequence_of, signer_name
from zhunsheng.casework.seals.models import RecordKey
from zhunsheng.evidence.leaf import Draft, new_key
from zhunsheng.evidence.sequencer import Sequencer, Submitted
from zhunsheng.kernel.files import digest

#: A row that no longer says what it said when it was written is not logged.
ALTERED = "altered"
#: Rows by which the supply looks back: a number may be given before another transaction with a lower one ends; and
#: seconds after which it looks at all rows again, since one such transaction may take longer than so many rows.
LAG, AGAIN = 10_000, 3600.0
log = logger("sequencer")


class Supply:
    """Gives the sequencer rows that the log does not hold yet, oldest first."""

    def __init__(self, signers: Sequence[str], operator: str, site_key: bytes) -> None:
        self.signers, self.operator, self.site_key = frozenset(signers), operator, site_key
        self.floor, self.whole_at = 0, time.monotonic()

    def pull(self, limit: int, waiting: frozenset[str]) -> list[Draft]:
        """Return at most so many drafts, without bodies that wait. Their keys are kept before they are given."""
        bodies = [name.removeprefix("body-") for name in waiting]
        if time.monotonic() - self.whole_at > AGAIN:
            self.floor, self.whole_at = 0, time.monotonic()
        settled = RecordKey.objects.filter(pk=OuterRef("pk")).exclude(logged=False, refused="")
        rows = outbox.beyond(self.floor, Exists(settled), limit, bodies)
        if not rows and not bodies:
            self.floor = max(self.floor, outbox.last() - LAG)
        keys = _keys(rows)
        return [draft(row, keys[row.pk], self.signers, self.operator, self.site_key) for row in rows if row.pk in keys]


@deed
def _keys(rows: Sequence[EvidenceOutbox]) -> dict[int, bytes]:
    """Return the keys of rows, made where there is none; a row that was altered gets none and is told."""
    known = {one.pk: one for one in RecordKey.objects.filter(pk__in=[row.pk for row in rows])}
    fresh = []
    for row in rows:
        altered = digest(content(row)) != row.digest
        if row.pk not in known:
            known[row.pk] = RecordKey(pk=row.pk, key=new_key(), refused=ALTERED if altered else "")
            fresh.append(known[row.pk])
        elif altered:
            RecordKey.objects.filter(pk=row.pk).update(refused=ALTERED)
            known[row.pk].refused = ALTERED
        if altered:
            log.error("evidence altered", sequence=row.pk)
    RecordKey.objects.bulk_create(fresh)
    return {pk: bytes(one.key) for pk, one in known.items() if not one.refused}


@deed
def keep(done: Submitted) -> None:
    """Note what became of drafts. A kill before this only means that the log is asked again: it knows its rows."""
    for outcome in ("indices", "refused"):
        CARRIED.labels(outcome.replace("indices", "carried")).inc(len(getattr(done, outcome)))
    if done.indices:
        RecordKey.objects.filter(pk__in=[sequence_of(one) for one in done.indices]).update(logged=True)
    for source, problem in done.refused.items():
        RecordKey.objects.filter(pk=sequence_of(source)).update(refused=problem.code)
        log.error("evidence refused by the log", sequence=sequence_of(source), code=problem.code)
    for body, problem in done.waiting.items():
        log.warning("signer failed", body=body, code=problem.code)


def carry(sequencer: Sequencer, operator: str, site_key: bytes, stop: Callable[[], bool]) -> None:
    """Carry rows into the log until told to stop."""
    supply = Supply(list(sequencer.signers), operator, site_key)
    with walls.within(walls.SITE):
        for done in sequencer.run(supply.pull, stop):
            turned()
            if done.indices or done.refused or done.waiting:
                keep(done)


def take_keys(later: dict[int, bytes]) -> None:
    """Take keys that rows got after their database was frozen: the log may hold the leaves. Within a transaction."""
    RecordKey.objects.filter(pk__in=later, logged=False).delete()
    have = set(RecordKey.objects.filter(pk__in=later).values_list("pk", flat=True))
    RecordKey.objects.bulk_create(RecordKey(pk=pk, key=key) for pk, key in later.items() if pk not in have)


__all__ = ["ALTERED", "Supply", "carry", "keep", "signer_name", "take_keys"]
