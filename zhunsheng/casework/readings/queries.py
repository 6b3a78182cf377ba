"""Reads of readings: open days and closed ones as one table, within what the reader sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from django.db.models import F, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.readings import closed, rows
from zhunsheng.casework.readings.models import ClosedFile, HotRow, Latest, Quarantine, SenderKey
from zhunsheng.kernel.files import digest
from zhunsheng.telemetry import sets, wire

HOT = ("series__key", "seq", "kind", "at", "said", "received_at", "closing")


def sealed(secret: str) -> str:
    """Return the digest by which a key is known."""
    return digest(secret.encode("utf-8", "replace"))


def sender_of(secret: str) -> SenderKey | None:
    """Return the standing key of a secret, or None."""
    with walls.within(walls.SITE):
        return SenderKey.objects.filter(digest=sealed(secret), ended_at=None).first()


def sender_keys(scope: Scope) -> QuerySet[SenderKey]:
    """Return the keys of senders in view, newest first."""
    return scope.rows(SenderKey.objects.all())


def of_device(scope: Scope, org: str, device: str, since: datetime, until: datetime, kind: str = "reading") -> pa.Table:
    """Return what a device in view said from ``since`` (held) to ``until`` (not held), by time; READINGS of sets.

    A device out of view gives an empty table.
    """
    return of_any_device(org, device, since, until, kind) if scope.sees(org) else sets.empty()


def of_any_device(org: str, device: str, since: datetime, until: datetime, kind: str = "reading") -> pa.Table:
    """Return the same whatever the scope. For who has shown otherwise that the reader may see it, and for judging."""
    days = closed.day_of(since), closed.day_of(until)
    return _told(org, device, (since, until), kind, "at", lambda: closed.files(kind, *days))


def open_days(since: datetime, until: datetime) -> dict[tuple[str, str], set[date]]:
    """Return the days between two moments of which readings are not in files yet, by organisation and device.

    Whatever the scope; in one query.
    """
    held = HotRow.objects.filter(kind="reading", at__gte=rows.micros(since), at__lt=rows.micros(until))
    told = held.annotate(number=(F("at") + rows.EAST) / rows.DAY)
    found: dict[tuple[str, str], set[date]] = {}
    with walls.within(walls.SITE):
        for org, device, number in told.values_list("series__institution_id", "series__device", "number").distinct():
            found.setdefault((org, device), set()).add(rows.EPOCH.date() + timedelta(days=number))
    return found


def came(org: str, device: str, since: datetime, until: datetime, kind: str) -> pa.Table:
    """Return what arrived of a device from ``since`` (held) to ``until`` (not held), however long ago it was said.

    Whatever the scope. What arrived since a moment is open, or stands in a file that was closed after it.
    """
    return _told(org, device, (since, until), kind, "received_at", lambda: closed.files_since(kind, since))


def _told(
    org: str, device: str, span: tuple[datetime, datetime], kind: str, by: str, files: Callable[[], list[Path]]
) -> pa.Table:
    """Return the rows of a device whose moment ``by`` lies in a span, of open days and of some files of closed ones."""
    since, until = span
    only = {f"{by}__gte": rows.micros(since), f"{by}__lt": rows.micros(until)}
    found = HotRow.objects.filter(series__institution_id=org, series__device=device, kind=kind, **only)
    with walls.within(walls.SITE):
        # a file that goes on record between the two reads of files holds rows that were read as open ones: read again
        paths, before = files(), None
        while before != paths:
            before = paths
            hot = list(found.values_list(*HOT))
            marks = {one[-1] for one in hot if one[-1]}
            names = set(ClosedFile.objects.filter(name__in=marks).values_list("name", flat=True))
            paths = files()
    parts = [_table([one for one in hot if one[-1] not in names]), *closed.rows_of(paths, org, device, span, by)]
    return pa.concat_tables(parts).sort_by([("at", "ascending"), ("boot", "ascending"), ("seq", "ascending")])


def _table(hot: list[tuple[Any, ...]]) -> pa.Table:
    return sets.table([rows.reading(*one[:5]) for one in hot], [rows.moment(one[5]) for one in hot])


def arrived(after: int, most: int = 2000) -> tuple[int, list[wire.Reading]]:
    """Return readings of open days that arrived after a number, in that order, with the number of the last of them.

    For a listener that makes good what it missed: it keeps the number. Nothing new gives the number back.
    """
    with walls.within(walls.SITE):
        found = list(HotRow.objects.filter(pk__gt=after).order_by("pk").values_list("pk", *HOT[:5])[:most])
    return (found[-1][0] if found else after), [rows.reading(*one[1:]) for one in found]


def last_number() -> int:
    """Return the number of the reading that arrived last; 0 where no day is open."""
    with walls.within(walls.SITE):
        return HotRow.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def latest(scope: Scope, **only: str) -> dict[tuple[str, str], tuple[wire.Reading, datetime]]:
    """Return the last reading of each device in view, and when it came, by organisation and device.

    ``only``: ``institution_id`` and ``device`` of a single one.
    """
    found = scope.rows(Latest.objects.filter(**only))
    return {
        (one.institution_id, one.device): (
            rows.reading(f"{one.institution_id}/{one.device}/{one.boot}", one.seq, "reading", one.at, one.said),
            rows.moment(one.received_at),
        )
        for one in found
    }


def quarantine(scope: Scope) -> QuerySet[Quarantine]:
    """Return what was not taken from the senders in view, latest first."""
    return scope.rows(Quarantine.objects.order_by("-last_at", "-pk"))


def closed_files() -> QuerySet[ClosedFile]:
    """Return the files of closed days, removed ones among them. Of all senders: for the site's own book-keeping."""
    return ClosedFile.objects.all()
