"""Messages from files: what ``simulate`` wrote, a published temperature series, or recorded tracks.

Temperatures: a CSV with ``timestamp`` and ``value`` in degrees Fahrenheit, as the labelled series of machine and room
temperatures are published. Tracks: a CSV with ``X;Y;...;tracker;t``, longitude and latitude in degrees.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import merge
from pathlib import Path
from typing import Any

from zhunsheng.kernel.errors import Problem

#: A replayed file is one boot of a device of this organisation.
ORG, BOOT = "REPLAY", "replay"
#: A message of a file arrives so many seconds after it was measured.
DELAY = 1.0


@dataclass(frozen=True, slots=True)
class Message:
    """What arrives: when (seconds since 1970), under which topic, which bytes."""

    received: float
    topic: str
    payload: bytes

    def line(self) -> str:
        """Return it as a line of ``messages.ndjson``."""
        when = datetime.fromtimestamp(self.received, UTC).isoformat(timespec="milliseconds")
        return json.dumps(
            {"received": when, "topic": self.topic, "payload": json.loads(self.payload)}, separators=(",", ":")
        )

    def moved(self, seconds: float) -> Message:
        """Return it as if all had happened so many seconds later."""
        plain = json.loads(self.payload)
        for item in plain if isinstance(plain, list) else [plain]:
            then = datetime.fromisoformat(item["time"]) + timedelta(seconds=seconds)
            item["time"] = then.isoformat(timespec="milliseconds")
        return Message(self.received + seconds, self.topic, json.dumps(plain, separators=(",", ":")).encode())


def replayed(folder: Path) -> Iterator[Message]:
    """Yield the messages of a folder, or of one file, in the order of their arrival. Raises Problem ZS874."""
    written = next(
        (path for path in (folder / "import" / "messages.ndjson", folder / "messages.ndjson") if path.is_file()), None
    )
    if written:
        return _written(written)
    files = [folder] if folder.is_file() else sorted(folder.glob("*.csv"))
    if not files:
        raise Problem("ZS874", place=folder.name, reason="messages.ndjson, *.csv: 0")
    return merge(*(_of_file(path) for path in files), key=lambda message: (message.received, message.topic))


def _written(path: Path) -> Iterator[Message]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            try:
                plain = json.loads(line)
                when = datetime.fromisoformat(plain["received"]).timestamp()
                payload = json.dumps(plain["payload"], separators=(",", ":")).encode()
                yield Message(when, str(plain["topic"]), payload)
            except (ValueError, KeyError, TypeError) as error:
                raise Problem("ZS874", place=path.name, reason=f"{number}: {error}") from error


def _of_file(path: Path) -> list[Message]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            head = file.readline()
            file.seek(0)
            rows = list(csv.DictReader(file, delimiter=";" if ";" in head else ","))
        found = _temperatures(path.stem, rows) if "timestamp" in head else _tracks(rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Problem("ZS874", place=path.name, reason=f"{type(error).__name__}: {error}") from error
    if not found:
        raise Problem("ZS874", place=path.name, reason="0")
    return found


def _temperatures(name: str, rows: list[dict[str, str]]) -> list[Message]:
    device = name.replace("_", "-")[:40]
    found = []
    for seq, row in enumerate(rows):
        at = datetime.fromisoformat(row["timestamp"]).replace(tzinfo=UTC)
        celsius = round((float(row["value"]) - 32) / 1.8, 3)
        found.append(_message(device, seq, at, {"temperature": celsius}))
    return found


def _tracks(rows: list[dict[str, str]]) -> list[Message]:
    told = [(datetime.fromisoformat(row["t"].replace("+00", "+00:00")), row) for row in rows]
    seen: Counter[str] = Counter()
    found = []
    for at, row in sorted(told, key=lambda one: (one[0], int(one[1]["sequence"]))):
        device = f"track-{row['tracker']}"
        values = {"latitude": float(row["Y"]), "longitude": float(row["X"])}
        found.append(_message(device, seen[device], at, values))
        seen[device] += 1
    return found


def _message(device: str, seq: int, at: datetime, values: dict[str, Any]) -> Message:
    item = {"device": device, "boot": BOOT, "seq": seq, "time": at.isoformat(), "values": values}
    return Message(at.timestamp() + DELAY, f"zs/v1/{ORG}/{device}/reading", json.dumps(item).encode())
