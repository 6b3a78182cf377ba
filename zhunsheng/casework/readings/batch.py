"""One transaction's worth of readings: which are new, which came before, what was said differently then."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connections

from zhunsheng.casework.readings import closed, rows
from zhunsheng.casework.readings.models import HotRow, Quarantine, Series, Span
from zhunsheng.casework.readings.router import using
from zhunsheng.telemetry import wire
from zhunsheng.telemetry.spans import Spans

INSERT = """
INSERT INTO readings_hotrow (series_id, seq, kind, at, received_at, said, closing)
VALUES (%s, %s, %s, %s, %s, %s, '') ON CONFLICT (series_id, seq) DO NOTHING"""
ADD_SERIES = """
INSERT INTO readings_series (institution_id, device, boot, key) VALUES (%s, %s, %s, %s) ON CONFLICT (key) DO NOTHING"""
DROP_SPAN = "DELETE FROM readings_span WHERE series_id = %s AND first = %s"
KEEP_SPAN = """
INSERT INTO readings_span (series_id, first, last) VALUES (%s, %s, %s)
ON CONFLICT (series_id, first) DO UPDATE SET last = excluded.last"""
KEEP_LATEST = """
INSERT INTO readings_latest (institution_id, device, boot, seq, at, received_at, said)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (institution_id, device) DO UPDATE SET boot = excluded.boot, seq = excluded.seq, at = excluded.at,
received_at = excluded.received_at, said = excluded.said WHERE excluded.at >= readings_latest.at"""
KEEP_BAD = """
INSERT INTO readings_quarantine
(institution_id, device, code, count, first_at, last_at, detail, first_sample, last_sample)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (institution_id, device, code) DO UPDATE SET count = readings_quarantine.count + excluded.count,
last_at = excluded.last_at, detail = excluded.detail, last_sample = excluded.last_sample"""
TURN = "SELECT pg_advisory_xact_lock(%s)"
#: The lock of those who give numbers to readings; any number that no other lock has.
ARRIVALS = 0x5A53_0001
#: Spans of the series named by number, first and last: those that a sequence between the two lies in or joins, and the
#: one that holds the beginning. Two searches of an index each, however many spans a series has.
JOINED = """
WITH wanted (series, low, high) AS (VALUES {places})
SELECT s.series_id, s.first, s.last FROM wanted JOIN readings_span s ON s.series_id = wanted.series AND s.first <= 1
UNION SELECT s.series_id, s.first, s.last FROM wanted JOIN readings_span s ON s.series_id = wanted.series
AND s.first <= wanted.high AND s.first >= COALESCE(
(SELECT MAX(b.first) FROM readings_span b WHERE b.series_id = wanted.series AND b.first <= wanted.low), wanted.low)"""
#: Series of which the spans are asked in one go.
SERIES = 300
#: Intervals that a series may be in; a device that leaves out more sends what it left out, or begins another boot.
MOST_SPANS = 10_000
#: Rows of the quarantine for the devices of one organisation; those of further ones share one for each code.
MOST_SENDERS = 500
#: Organisations that the quarantine tells apart.
MOST_ORGANISATIONS = 1000
NO_ROOM = -1
CONTRADICTS = "ZS882"
#: A reading and the number of its message in the batch.
Placed = tuple[int, wire.Reading]
Numbered = tuple[str, int]


@dataclass(slots=True)
class Lot:
    """What the quarantine adds for one sender and code."""

    count: int
    first_at: int
    last_at: int
    detail: str
    first_sample: bytes
    last_sample: bytes


def in_turn() -> None:
    """Let who stores readings at once wait for one another until the transaction ends.

    Who follows the numbers of rows would never hear of one that was given before another and committed after it.
    SQLite has one writer at a time as it is.
    """
    connection = connections[using()]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(TURN, (ARRIVALS,))


def key_of(reading: wire.Reading) -> str:
    """Return the key of the series that a reading belongs to."""
    return f"{reading.org}/{reading.device}/{reading.boot}"


class Batch:
    """The readings of some messages against what is stored. All of it within one transaction of the file of readings.

    ``of``: sound readings by message. ``settled``: series and sequence of what went to the quarantine instead.
    """

    def __init__(self, of: list[list[wire.Reading]], settled: list[Numbered]) -> None:
        self.of = of
        self.settled = settled
        self.stored = [0] * len(of)
        self.fresh: list[wire.Reading] = []
        self.repeats: list[Placed] = []
        self.touched: dict[str, set[int]] = defaultdict(set)
        self.ids = _series({key_of(one) for group in of for one in group} | {key for key, _ in settled})
        self.spans = _spans(self.ids, _ends(of, settled))
        self.held: dict[str, int] = {}
        self.beyond: list[Placed] = []

    def store(self, received: Sequence[datetime]) -> None:
        """Insert what is new, note which sequences are done with and what each device said last."""
        in_turn()
        lines: list[tuple[Any, ...]] = []
        latest: dict[tuple[str, str], tuple[Any, ...]] = {}
        for number, group in enumerate(self.of):
            arrived = rows.micros(received[number])
            for one in group:
                key = key_of(one)
                if not self._has_room(key, one.seq):
                    self.beyond.append((number, one))
                    continue
                self.touched[key].add(one.seq)
                if not self.spans[key].add(one.seq):
                    self.repeats.append((number, one))
                    continue
                self.stored[number] += 1
                self.fresh.append(one)
                at, said = rows.micros(one.at), rows.said(one)
                lines.append((self.ids[key], one.seq, one.kind, at, arrived, said))
                last = latest.get((one.org, one.device))
                if one.kind == "reading" and (last is None or at >= last[4]):
                    latest[one.org, one.device] = (one.org, one.device, one.boot, one.seq, at, arrived, said)
        for key, seq in self.settled:
            if self._has_room(key, seq):
                self.touched[key].add(seq)
                self.spans[key].add(seq)
        _execute(INSERT, lines)
        _execute(KEEP_LATEST, list(latest.values()))
        self._keep_spans()

    def _has_room(self, key: str, seq: int) -> bool:
        """Whether a sequence adds no interval to its series, or the series may have one more."""
        spans = self.spans[key]
        if any(near in spans for near in (seq - 1, seq, seq + 1)):
            return True
        if key not in self.held:
            self.held[key] = Span.objects.filter(series_id=self.ids[key]).count() - len(spans.was)
        return self.held[key] + len(spans.firsts) < MOST_SPANS

    def _keep_spans(self) -> None:
        gone: list[tuple[int, int]] = []
        kept: list[tuple[int, int, int]] = []
        for key in self.touched:
            dropped, changed = self.spans[key].changes()
            gone += [(self.ids[key], first) for first in dropped]
            kept += [(self.ids[key], first, last) for first, last in changed]
        _execute(DROP_SPAN, gone)
        _execute(KEEP_SPAN, kept)

    def conflicts(self) -> list[Placed]:
        """Return the readings that say something else than the one that was stored under their identity before."""
        if not self.repeats:
            return []
        ids = {self.ids[key_of(one)] for _, one in self.repeats}
        seqs = {one.seq for _, one in self.repeats}
        found = HotRow.objects.filter(series_id__in=ids, seq__in=seqs).values_list("series_id", "seq", "at", "said")
        hot = {(series, seq): (at, said) for series, seq, at, said in found}
        apart, beyond = [], []
        for number, one in self.repeats:
            held = hot.get((self.ids[key_of(one)], one.seq))
            if held is None:
                beyond.append((number, one))
            elif held != (rows.micros(one.at), rows.said(one)):
                apart.append((number, one))
        known = closed.holding([one for _, one in beyond]) if beyond else frozenset()
        return apart + [(number, one) for number, one in beyond if one.identity not in known]

    def refused(self) -> list[tuple[int, wire.Bad]]:
        """Return what was not taken after all, by message: what contradicts what was stored, and what has no room.

        Of the latter its sender hears nothing and keeps it, since there is room as soon as the holes are filled.
        """
        apart = [(number, conflict(one)) for number, one in self.conflicts()]
        return apart + [(number, _without_room(one)) for number, one in self.beyond]

    def outcomes(self, refused_of: list[tuple[int, wire.Bad]]) -> Iterator[tuple[int, int, list[wire.Refused]]]:
        """Yield for each message how many of its readings were stored, were stored before, and why not others."""
        repeated = [0] * len(self.of)
        refused: list[list[wire.Refused]] = [[] for _ in self.of]
        for number, _ in self.repeats:
            repeated[number] += 1
        for number, bad in refused_of:
            repeated[number] -= bad.refused.code == CONTRADICTS
            refused[number].append(bad.refused)
        return zip(self.stored, repeated, refused, strict=True)

    def standings(self) -> Iterator[tuple[str, wire.Ack]]:
        """Yield what is done with of each series that the batch touched, as its device wants to know."""
        for key, seqs in self.touched.items():
            upto, above = self.spans[key].around(seqs)
            yield key, wire.Ack(key.rsplit("/", 1)[1], upto, above)


def conflict(one: wire.Reading) -> wire.Bad:
    """Return a reading that contradicts what was stored under its identity, as the quarantine takes it."""
    refused = wire.Refused(CONTRADICTS, f"{one.device} {one.boot} {one.seq}")
    return wire.Bad(refused, one.boot, one.seq, wire.encode([one])[:1024])


def _without_room(one: wire.Reading) -> wire.Bad:
    refused = wire.Refused("ZS895", f"{one.device} {one.boot} {one.seq}")
    return wire.Bad(refused, one.boot, one.seq, wire.encode([one])[:1024])


def quarantine(entries: Sequence[tuple[wire.Incoming, wire.Bad]]) -> None:
    """Count what was not taken by sender and code, with the first and the last sample."""
    lots: dict[tuple[str, str, str], Lot] = {}
    for message, bad in entries:
        org, device = _sender(message.topic)
        at, code = rows.micros(message.received), bad.refused.code
        lot = lots.setdefault((org, device, code), Lot(0, at, at, "", bad.sample, b""))
        lot.count, lot.last_at = lot.count + 1, at
        lot.detail, lot.last_sample = bad.refused.detail, bad.sample
    _execute(KEEP_BAD, [(*sender, *_plain(lot)) for sender, lot in zip(_bounded(lots), lots.values(), strict=True)])


def _bounded(senders: Iterable[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    """Yield for each sender and code the row that counts it; no organisation takes the rows of another."""
    rows_of: dict[str, int] = {}
    new = 0
    for org, device, code in senders:
        if Quarantine.objects.filter(institution_id=org, device=device, code=code).exists():
            yield org, device, code
            continue
        if org not in rows_of:
            rows_of[org] = Quarantine.objects.filter(institution_id=org).count()
            new += not rows_of[org]
            if not rows_of[org] and _organisations() + new > MOST_ORGANISATIONS:
                rows_of[org] = NO_ROOM
        if rows_of[org] == NO_ROOM:
            yield "", "", code
        elif rows_of[org] >= MOST_SENDERS:
            yield org, "", code
        else:
            rows_of[org] += 1
            yield org, device, code


def _organisations() -> int:
    return Quarantine.objects.values("institution_id").distinct().count()


def _plain(lot: Lot) -> tuple[Any, ...]:
    return lot.count, lot.first_at, lot.last_at, lot.detail, lot.first_sample, lot.last_sample


def _sender(topic: str) -> tuple[str, str]:
    try:
        org, device, _kind = wire.address(topic)
    except wire.Refused:
        return "", ""
    return org, device


def _series(keys: set[str]) -> dict[str, int]:
    """Return the numbers of series, new ones made; on PostgreSQL another writer of the same series waits."""
    wanted = sorted(keys)
    found = _numbers(wanted)
    if missing := [key for key in wanted if key not in found]:
        _execute(ADD_SERIES, [(*key.split("/"), key) for key in missing])
        found = _numbers(wanted)
    return found


def _numbers(keys: list[str]) -> dict[str, int]:
    found = Series.objects.select_for_update().filter(key__in=keys).order_by("key")
    return dict(found.values_list("key", "pk"))


def _ends(of: list[list[wire.Reading]], settled: list[Numbered]) -> dict[str, tuple[int, int]]:
    """Return the lowest and the highest sequence of each series."""
    found: dict[str, tuple[int, int]] = {}
    for key, seq in [*((key_of(one), one.seq) for group in of for one in group), *settled]:
        low, high = found.get(key, (seq, seq))
        found[key] = min(low, seq), max(high, seq)
    return found


def _spans(ids: dict[str, int], ends: dict[str, tuple[int, int]]) -> dict[str, Spans]:
    """Return those spans of series that matter between two sequences: a device with many holes costs no more for it."""
    held: dict[int, list[tuple[int, int]]] = defaultdict(list)
    wanted = [(ids[key], low - 1, high + 1) for key, (low, high) in ends.items()]
    with connections[using()].cursor() as cursor:
        for first in range(0, len(wanted), SERIES):
            some = wanted[first : first + SERIES]
            statement = JOINED.format(places=", ".join(["(%s, %s, %s)"] * len(some)))
            cursor.execute(statement, [number for one in some for number in one])
            for series, begin, end in cursor.fetchall():
                held[series].append((begin, end))
    return {key: Spans(held[number]) for key, number in ids.items()}


def _execute(statement: str, lines: Iterable[tuple[Any, ...]]) -> None:
    if lines:
        with connections[using()].cursor() as cursor:
            cursor.executemany(statement, lines)
