"""Writes a fleet as what arrives: wire messages in the order of their arrival, plans and devices; the key lies apart.

``import/messages.ndjson`` holds one message a line: ``received`` (when it came), ``topic``, ``payload``.
``import/fleet.json`` holds devices and trip plans. ``key.json`` is beside the folder, where no import looks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from heapq import merge
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import PCG64, Generator, SeedSequence

from zhunsheng.generator.fleet.make import Fleet
from zhunsheng.generator.fleet.replay import Message
from zhunsheng.generator.fleet.units import Unit
from zhunsheng.generator.fleet.ways import degrees

#: What arrives within a second of each other was stored and is sent together, so many readings at most.
TOGETHER, MOST = 1.0, 100


@dataclass(frozen=True)
class Made:
    """What was written: how many messages and readings, and where."""

    messages: int
    readings: int
    devices: int
    folder: Path


def deliver(folder: Path, fleet: Fleet) -> Made:
    """Write a fleet to a folder. Returns what was written."""
    inner = folder / "import"
    inner.mkdir(parents=True, exist_ok=True)
    count = 0
    with (inner / "messages.ndjson").open("w", encoding="utf-8") as file:
        for message in messages(fleet):
            file.write(message.line() + "\n")
            count += 1
    told = {"devices": fleet.devices, "plans": fleet.plans}
    (inner / "fleet.json").write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", "utf-8")
    key = {"seed": fleet.seed, "stories": fleet.key}
    (folder / "key.json").write_text(json.dumps(key, ensure_ascii=False, indent=1) + "\n", "utf-8")
    return Made(count, sum(len(unit.at) for unit in fleet.units), len(fleet.units), folder)


def messages(fleet: Fleet) -> Iterator[Message]:
    """Yield the messages of a fleet in the order in which they arrive."""
    seeds = SeedSequence([fleet.seed, 61]).spawn(len(fleet.units))
    told = [_messages(Generator(PCG64(seed)), unit) for seed, unit in zip(seeds, fleet.units, strict=True)]
    yield from merge(*told, key=lambda message: (message.received, message.topic))


def _messages(rng: Generator, unit: Unit) -> list[Message]:
    items = _items(rng, unit)
    boots = [f"{int(rng.integers(0, 2**32)):08x}" for _ in range(int(unit.boot.max()) + 1)]
    for item, boot in zip(items, unit.boot, strict=True):
        item["boot"] = boots[int(boot)]
    sent = [(float(unit.received[n]), items[n]) for n in np.flatnonzero(~unit.lost)]
    again = [
        (float(unit.received[n]) + rng.uniform(30, 300), items[n]) for n in np.flatnonzero(unit.twice & ~unit.lost)
    ]
    topic = f"zs/v1/{unit.org}/{unit.device}/reading"
    return [Message(when, topic, parcel) for when, parcel in _parcels(sorted(sent + again, key=lambda one: one[0]))]


def _parcels(sent: list[tuple[float, dict[str, Any]]]) -> Iterator[tuple[float, bytes]]:
    """Yield what is sent together, as one payload each."""
    parcel: list[dict[str, Any]] = []
    last = 0.0
    for when, item in sent:
        if parcel and (when - last > TOGETHER or len(parcel) == MOST):
            yield last, _payload(parcel)
            parcel = []
        parcel.append(item)
        last = when
    if parcel:
        yield last, _payload(parcel)


def _payload(parcel: list[dict[str, Any]]) -> bytes:
    plain = parcel[0] if len(parcel) == 1 else parcel
    return json.dumps(plain, separators=(",", ":")).encode()


def _items(rng: Generator, unit: Unit) -> list[dict[str, Any]]:
    shown = unit.at + unit.clock
    values: list[dict[str, Any]] = [
        {"temperature": float(celsius), "power": bool(power)}
        for celsius, power in zip(unit.celsius, unit.power, strict=True)
    ]
    if "door" in unit.expects:
        for one, door in zip(values, unit.door, strict=True):
            one["door"] = bool(door)
    if unit.drive is not None and unit.seen is not None:
        _place(rng, unit, values)
    return [
        {
            "device": unit.device,
            "boot": "",
            "seq": int(seq),
            "time": datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds"),
            "values": told,
        }
        for seq, moment, told in zip(unit.seq, shown, values, strict=True)
    ]


def _place(rng: Generator, unit: Unit, values: list[dict[str, Any]]) -> None:
    """Add position and speed where there is a signal."""
    assert unit.drive is not None and unit.seen is not None  # noqa: S101 - asked by the caller
    since = unit.at - unit.starts
    east, north = unit.drive.place(since)
    ahead = unit.drive.place(since + 5.0)
    speed = np.hypot(ahead[0] - east, ahead[1] - north) / 5.0 * 3.6
    latitude, longitude = degrees(east + rng.normal(0, 4, len(east)), north + rng.normal(0, 4, len(north)))
    for place in np.flatnonzero(unit.seen):
        values[place] |= {
            "latitude": round(float(latitude[place]), 6),
            "longitude": round(float(longitude[place]), 6),
            "speed": round(float(speed[place]), 1),
        }
