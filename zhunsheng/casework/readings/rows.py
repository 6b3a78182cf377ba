"""Rows and readings: how a reading lies in the file of readings, and how it comes back."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from zhunsheng.telemetry.wire import Reading

#: A day, and how far Shanghai is ahead of UTC, in microseconds; it has kept no summer time since 1991.
DAY, EAST = 86_400_000_000, 28_800_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def micros(moment: datetime) -> int:
    """Return an aware moment as microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds: int) -> datetime:
    """Return microseconds since 1970 as a moment in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def said(reading: Reading) -> str:
    """Return the values of a reading as JSON, keys in order: equal values give equal text."""
    return json.dumps(dict(reading.values), ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def reading(key: str, seq: int, kind: str, at: int, said: str) -> Reading:
    """Return the reading that a row holds; ``key`` is that of its series."""
    institution_id, device, boot = key.split("/")
    return Reading(institution_id, device, kind, boot, seq, moment(at), json.loads(said))
