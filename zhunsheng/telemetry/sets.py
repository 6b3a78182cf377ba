"""Readings as a table: the one layout in which they are stored by day and judged.

Grain: one row per reading or node event, known by org, device, boot and seq. Moments are UTC; numbers are physical
values in the units of ``rulebook/telemetry/channels.yaml``, null where the device did not say.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import pyarrow as pa

from zhunsheng.telemetry.wire import NODE_FIELDS, Reading

MOMENT = pa.timestamp("us", tz="UTC")

#: Who sent it and when; the two moments are the device's and the site's.
HEAD = (
    pa.field("org", pa.string(), nullable=False),
    pa.field("device", pa.string(), nullable=False),
    pa.field("boot", pa.string(), nullable=False),
    pa.field("seq", pa.int64(), nullable=False),
    pa.field("kind", pa.string(), nullable=False),
    pa.field("at", MOMENT, nullable=False),
    pa.field("received_at", MOMENT, nullable=False),
)

#: One nullable column per channel of the rule book.
CHANNELS = (
    pa.field("temperature", pa.float64()),
    pa.field("humidity", pa.float64()),
    pa.field("door", pa.bool_()),
    pa.field("power", pa.bool_()),
    pa.field("battery", pa.float64()),
    pa.field("latitude", pa.float64()),
    pa.field("longitude", pa.float64()),
    pa.field("speed", pa.float64()),
    pa.field("running", pa.bool_()),
    pa.field("fault", pa.string()),
)

READINGS = pa.schema([*HEAD, *CHANNELS, *(pa.field(name, pa.string()) for name in NODE_FIELDS)])
IDENTITY = ("org", "device", "boot", "seq")
#: What a reading or node event may say, in the order of the columns.
SAID = tuple(READINGS.names[len(HEAD) :])


def table(readings: Sequence[Reading], received: datetime | Sequence[datetime]) -> pa.Table:
    """Return readings as a table of READINGS, in their order; ``received`` is one moment for all, or one for each."""
    moments = [received] * len(readings) if isinstance(received, datetime) else list(received)
    if len(moments) != len(readings):
        raise ValueError(f"{len(moments)} moments for {len(readings)} readings")
    head = {name: [getattr(one, name) for one in readings] for name in ("org", "device", "boot", "seq", "kind", "at")}
    said = {name: [one.values.get(name) for one in readings] for name in SAID}
    columns = head | {"received_at": moments} | said
    return pa.table([pa.array(columns[field.name], field.type) for field in READINGS], schema=READINGS)


def empty() -> pa.Table:
    """Return a table of READINGS without rows."""
    return READINGS.empty_table()
