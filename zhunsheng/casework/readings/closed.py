"""Files of closed days: where they lie, what is in them, whether they are what the evidence says."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from zhunsheng.casework.readings.models import ClosedFile
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import digest_file
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry import sets, wire

ROW_GROUP = 50_000


def folder() -> Path:
    """Return where the files of closed days lie."""
    return home().root / "telemetry"


def path_of(name: str) -> Path:
    """Return the file of a name such as ``reading-2026-11-23-1``."""
    return folder() / name.rsplit("-", 2)[0] / f"{name}.parquet"


def day_of(moment: datetime) -> date:
    """Return the day of a moment in Shanghai."""
    return moment.astimezone(SHANGHAI).date()


def files(kind: str, first: date, last: date) -> list[Path]:
    """Return the files of a kind with the days from ``first`` to ``last``, both held."""
    found = ClosedFile.objects.filter(kind=kind, day__gte=first, day__lte=last, removed_at=None)
    return [path_of(name) for name in found.values_list("name", flat=True)]


def files_since(kind: str, moment: datetime) -> list[Path]:
    """Return the files of a kind that were closed at a moment or later, of whatever days."""
    found = ClosedFile.objects.filter(kind=kind, closed_at__gte=moment, removed_at=None)
    return [path_of(name) for name in found.values_list("name", flat=True)]


def rows_of(
    paths: Iterable[Path], org: str, device: str, span: tuple[datetime, datetime], by: str = "at"
) -> Iterator[pa.Table]:
    """Yield from each file the readings of a device whose moment ``by`` lies in a span, its beginning held."""
    mine = (pc.field("org") == org) & (pc.field("device") == device)
    wanted = mine & (pc.field(by) >= span[0]) & (pc.field(by) < span[1])
    for path in paths:
        yield pq.read_table(path, schema=sets.READINGS, filters=wanted)


def holding(readings: Sequence[wire.Reading]) -> frozenset[tuple[str, str, str, int]]:
    """Return the identities of those readings that stand in a closed file as they are.

    One whose day has no file any more counts as standing: nothing is left that could contradict it. So does one whose
    file is absent or damaged, which ``verify`` tells: a lost file must not hold up what comes in.
    """
    groups: dict[tuple[str, date], list[wire.Reading]] = defaultdict(list)
    for one in readings:
        groups[one.kind, day_of(one.at)].append(one)
    found: set[tuple[str, str, str, int]] = set()
    for (kind, day), wanted in groups.items():
        if ClosedFile.objects.filter(kind=kind, day=day, removed_at__isnull=False).exists():
            found |= {one.identity for one in wanted}
        else:
            found |= _equal(files(kind, day, day), wanted)
    return frozenset(found)


def _equal(paths: list[Path], wanted: list[wire.Reading]) -> set[tuple[str, str, str, int]]:
    by_identity = {one.identity: one for one in wanted}
    here = pc.field("device").isin(sorted({one.device for one in wanted})) & pc.field("seq").isin(
        sorted({one.seq for one in wanted})
    )
    found: set[tuple[str, str, str, int]] = set()
    for path in paths:
        try:
            held = pq.read_table(path, schema=sets.READINGS, filters=here).to_pylist()
        except (OSError, pa.ArrowException):
            return set(by_identity)
        for row in held:
            one = by_identity.get(tuple(row[name] for name in sets.IDENTITY))  # type: ignore[arg-type]
            said = {name: row[name] for name in sets.SAID if row[name] is not None}
            if one is not None and row["at"] == one.at and said == dict(one.values):
                found.add(one.identity)
    return found


def verify() -> Iterator[tuple[str, str]]:
    """Yield each file with what is wrong with it, empty for none: digest and rows are counted anew."""
    for one in ClosedFile.objects.filter(removed_at=None):
        path = path_of(one.name)
        if not path.is_file():
            yield one.name, "absent"
        elif (digest := digest_file(path)) != one.digest:
            yield one.name, f"{digest[:16]} ≠ {one.digest[:16]}"
        elif (rows := pq.read_metadata(path).num_rows) != one.rows:
            yield one.name, f"{rows} ≠ {one.rows}"
        else:
            yield one.name, ""


def check(name: str, wrong: str) -> None:
    """Raise Problem ZS883 for a file with which something is wrong."""
    if wrong:
        raise Problem("ZS883", file=name, detail=wrong)


def ended(day: date, hours: int) -> datetime:
    """Return when a day closes: so many hours after its end."""
    end = datetime.combine(day + timedelta(days=1), datetime.min.time(), SHANGHAI)
    return end + timedelta(hours=hours)
