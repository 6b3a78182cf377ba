"""Closes days: rows become a file whose digest is one leaf of the evidence log. A kill at any point loses nothing.

Readings and evidence lie in two databases, which share no transaction. So each step can be taken again: rows are marked
with the name of their file; the file is written, whole or absent; its row and its evidence are one transaction; the
marked rows are deleted. What a killed process left is taken up at the mark. Readers leave out marked rows whose file is
on record, so that no reading is seen twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from django.db import connections
from django.db.models import F, Max, Min

from zhunsheng.book.channels import load_channels
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox.actions import Actor
from zhunsheng.casework.readings import closed, rows
from zhunsheng.casework.readings.actions import record_closed, strike
from zhunsheng.casework.readings.models import ClosedFile, HotRow
from zhunsheng.casework.readings.router import using
from zhunsheng.kernel.files import digest_file, locked, sync
from zhunsheng.kernel.home import rulebook
from zhunsheng.kernel.time import SHANGHAI, now
from zhunsheng.telemetry import sets

#: Hours after the end of a day at which it closes; what a gateway brings later than that goes into a further file.
HOURS = 24
#: Rows that are changed in one go.
PORTION = 20_000
MARK = """
UPDATE readings_hotrow SET closing = %s
WHERE closing = '' AND kind = %s AND at >= %s AND at < %s AND id >= %s AND id < %s"""
CLEAR = "DELETE FROM readings_hotrow WHERE closing = %s AND id >= %s AND id < %s"
SELECT = """
SELECT s.key, h.seq, h.kind, h.at, h.said, h.received_at FROM readings_hotrow h
JOIN readings_series s ON s.id = h.series_id WHERE h.closing = %s AND h.id >= %s AND h.id <= %s
ORDER BY h.series_id, h.seq"""
MARKED = ("closing", "first", "last")
#: Numbers of the first and the last of some rows: those of a day came together, so that few others lie between.
Reach = tuple[int, int]


def close_days(actor: Actor, hours: int = HOURS) -> list[str]:
    """Close every day that ended so many hours ago, late rows of closed days too; return the names of the files."""
    with walls.within(walls.SITE), locked(closed.folder() / "close.lock"):
        for kind, day, reach in _due(hours):
            _mark(kind, day, reach)
        marked = _marked()
        for name, reach in marked:
            _move(actor, name, reach)
    return [name for name, _ in marked]


def _marked() -> list[tuple[str, Reach]]:
    """Return the files that are to be written and where their rows lie; those too that a killed process had begun."""
    found = HotRow.objects.exclude(closing="").values("closing").annotate(first=Min("pk"), last=Max("pk"))
    return [(name, (first, last)) for name, first, last in found.order_by("closing").values_list(*MARKED)]


def _due(hours: int) -> list[tuple[str, date, Reach]]:
    """Return kind and day of open rows whose day closes, and where those rows lie."""
    open_rows = HotRow.objects.filter(closing="").annotate(number=(F("at") + rows.EAST) / rows.DAY)
    found = open_rows.values("kind", "number").annotate(first=Min("pk"), last=Max("pk")).order_by("number", "kind")
    due = []
    for kind, days, first, last in found.values_list("kind", "number", "first", "last"):
        day = rows.EPOCH.date() + timedelta(days=days)
        if closed.ended(day, hours) <= now():
            due.append((kind, day, (first, last)))
    return due


def _mark(kind: str, day: date, reach: Reach) -> str:
    """Mark the open rows of a day with the name of their file; rows that come later stay open."""
    last = ClosedFile.objects.filter(kind=kind, day=day).aggregate(last=Max("part"))["last"] or 0
    name = f"{kind}-{day}-{last + 1}"
    start = rows.micros(datetime.combine(day, time(), SHANGHAI))
    with connections[using()].cursor() as cursor:
        for first, beyond in _portions(reach):
            cursor.execute(MARK, [name, kind, start, start + rows.DAY, first, beyond])
    return name


def _move(actor: Actor, name: str, reach: Reach) -> None:
    """Take the marked rows of a file into it, from wherever that was left."""
    if not ClosedFile.objects.filter(name=name).exists():
        path = closed.path_of(name)
        count = _write(path, name, reach)
        record_closed(actor, name, count, path.stat().st_size, digest_file(path))
    _clear(name, reach)


def _write(path: Path, name: str, reach: Reach) -> int:
    """Write the marked rows to a file, whole or absent; return how many. A file that was left there is written anew."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    count = 0
    with pq.ParquetWriter(part, sets.READINGS, compression="zstd") as file:
        for table in _tables(name, reach):
            file.write_table(table)
            count += table.num_rows
    sync([part])
    part.replace(path)
    sync([path.parent])
    return count


def _tables(name: str, reach: Reach) -> Iterator[pa.Table]:
    # a cursor on the server: an ordinary one of PostgreSQL would bring the whole day into memory at once
    with connections[using()].chunked_cursor() as cursor:
        cursor.execute(SELECT, [name, *reach])
        while found := cursor.fetchmany(closed.ROW_GROUP):
            received = [rows.moment(one[5]) for one in found]
            yield sets.table([rows.reading(*one[:5]) for one in found], received)


def _clear(name: str, reach: Reach) -> None:
    with connections[using()].cursor() as cursor:
        for first, beyond in _portions(reach):
            cursor.execute(CLEAR, [name, first, beyond])


def _portions(reach: Reach) -> Iterator[Reach]:
    """Yield where each portion of some rows begins and ends: a change of all at once would hold the gateway up."""
    first, last = reach
    for start in range(first, last + 1, PORTION):
        yield start, min(start + PORTION, last + 1)


def remove_ended(actor: Actor, today: date) -> list[str]:
    """Remove files whose years of keeping are over, each with its evidence; return their names."""
    keep = load_channels(rulebook()).keep
    removed = []
    with walls.within(walls.SITE), locked(closed.folder() / "close.lock"):
        for one in ClosedFile.objects.filter(removed_at=None):
            years = keep[one.kind].years
            if today >= _years_on(one.day, years):
                strike(actor, one, years)
                removed.append(one.name)
        # removed after its row says so: a kill in between leaves a file that the next day takes away
        for name in ClosedFile.objects.filter(removed_at__isnull=False).values_list("name", flat=True):
            closed.path_of(name).unlink(missing_ok=True)
    return removed


def _years_on(day: date, years: int) -> date:
    """Return the day after so many whole years of keeping; of 29 February, 1 March."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
