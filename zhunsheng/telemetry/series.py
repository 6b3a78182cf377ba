"""The readings of one device as columns: doubled ones collapsed, in the order of their corrected device time.

Times are seconds since 1970 (UTC) in 64-bit floats, exact to the microsecond. What a reading does not say is NaN.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
#: Channels that are numbers or can be read as one: open, on and running are 1, the opposite is 0.
NUMBERS = ("temperature", "humidity", "door", "power", "battery", "latitude", "longitude", "speed", "running")


@dataclass(frozen=True)
class Series:
    """Columns of equal length. ``boot`` counts the boots in the order in which they began; ``doubled`` were collapsed.

    ``conflicts``: readings of the same identity that differ; the first received is kept, and the series is doubtful.
    """

    at: Floats
    received: Floats
    boot: Ints
    seq: Ints
    boots: tuple[str, ...]
    values: Mapping[str, Floats]
    faults: tuple[tuple[float, str], ...] = ()
    doubled: int = 0
    conflicts: int = 0

    def __len__(self) -> int:
        return len(self.at)

    def take(self, rows: Bools | Ints) -> Series:
        """Return some rows, in the order given."""
        values = {name: column[rows] for name, column in self.values.items()}
        columns = (self.at[rows], self.received[rows], self.boot[rows], self.seq[rows])
        return Series(*columns, self.boots, values, self.faults, self.doubled, self.conflicts)

    def of(self, channel: str) -> tuple[Floats, Floats]:
        """Return times and values of the readings that carry a channel."""
        column = self.values.get(channel)
        if column is None:
            return np.empty(0), np.empty(0)
        known = ~np.isnan(column)
        return self.at[known], column[known]

    def shifted(self, by_boot: Floats) -> Series:
        """Return the series with each boot's clock put right by so many seconds, in the new order of time."""
        at = self.at + by_boot[self.boot] if len(self) else self.at
        moved = Series(at, *self._rest())
        return moved.take(np.lexsort((self.seq, self.boot, at)))

    def _rest(
        self,
    ) -> tuple[Floats, Ints, Ints, tuple[str, ...], Mapping[str, Floats], tuple[tuple[float, str], ...], int, int]:
        return self.received, self.boot, self.seq, self.boots, self.values, self.faults, self.doubled, self.conflicts


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time, in seconds since 1970. ``minutes`` are those that count, ``extreme`` the worst value in it."""

    since: float
    until: float
    minutes: float
    extreme: float | None = None
    extra: Mapping[str, str] = field(default_factory=dict)


def series(readings: pa.Table) -> Series:
    """Return the readings (not the nodes) of a table of one device. Shape: ``sets.READINGS``."""
    table = readings.filter(pc.equal(readings["kind"], "reading")) if "kind" in readings.column_names else readings
    at, received = _seconds(table["at"]), _seconds(table["received_at"])
    names = np.asarray(table["boot"].to_pylist(), dtype=object)
    seq = table["seq"].to_numpy().astype(np.int64)
    boots = _boots(names, received)
    numbers = {name: at_ for at_, name in enumerate(boots)}
    boot = np.fromiter((numbers[name] for name in names), np.int64, len(names))
    values = {name: _floats(table[name]) for name in NUMBERS if name in table.column_names}
    first = np.lexsort((at, received, seq, boot))
    same = np.zeros(len(first), dtype=bool)
    same[1:] = (np.diff(boot[first]) == 0) & (np.diff(seq[first]) == 0)
    whole = Series(at, received, boot, seq, boots, values)
    conflicts = _conflicts(whole.take(first), same)
    kept = first[~same]
    kept = kept[np.lexsort((seq[kept], boot[kept], at[kept]))]
    one = whole.take(kept)
    faults = _faults(table, at)
    return Series(one.at, one.received, one.boot, one.seq, boots, one.values, faults, int(same.sum()), conflicts)


def _boots(names: npt.NDArray[np.object_], received: Floats) -> tuple[str, ...]:
    """Return the names of the boots by first arrival: a clock that is off does not change their order."""
    first: dict[str, float] = {}
    for name, moment in zip(names, received, strict=True):
        first[name] = min(moment, first.get(name, moment))
    return tuple(sorted(first, key=lambda name: (first[name], name)))


def _conflicts(ordered: Series, same: Bools) -> int:
    """Count readings that repeat an identity with another time or another value."""
    if not same.any():
        return 0
    at = np.flatnonzero(same)
    differ = ordered.at[at] != ordered.at[at - 1]
    for column in ordered.values.values():
        now, before = column[at], column[at - 1]
        differ |= ~((now == before) | (np.isnan(now) & np.isnan(before)))
    return int(differ.sum())


def _seconds(column: pa.ChunkedArray) -> Floats:
    micros = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    return np.asarray(micros, dtype=np.float64) / 1e6


def _floats(column: pa.ChunkedArray) -> Floats:
    numbers = (
        column.cast(pa.int8()).cast(pa.float64()) if pa.types.is_boolean(column.type) else column.cast(pa.float64())
    )
    return np.asarray(numbers.to_numpy(), dtype=np.float64)


def _faults(table: pa.Table, at: Floats) -> tuple[tuple[float, str], ...]:
    if "fault" not in table.column_names or table["fault"].null_count == len(table):
        return ()
    told = ((float(moment), text) for moment, text in zip(at, table["fault"].to_pylist(), strict=True) if text)
    return tuple(sorted(set(told)))
