"""What goes wrong, and what only looks like it. A story changes readings or paper of one unit; the key names it.

Nothing here knows how a story is found.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.random import Generator

from zhunsheng.generator.fleet.units import Unit, air, vehicle
from zhunsheng.generator.fleet.ways import Drive
from zhunsheng.generator.frames import Flags

Told = Callable[[Generator, Unit], str]


@dataclass(frozen=True)
class Story:
    """A name, on what it happens, and what it does to a unit; it returns which variant was drawn."""

    name: str
    on: Literal["vehicle", "fridge"]
    verdict: Literal["planted", "look_alike"]
    tell: Told
    note: str


def _broken(rng: Generator, unit: Unit) -> str:
    """The cooling fails for good before half of the way; the driver goes on."""
    from_share = rng.uniform(0.15, 0.3)
    works = unit.part(0, from_share)
    unit.celsius = air(rng, unit.at, unit.door, works, before=lambda place: 0.0 if works[place] else 0.12)
    return "cooling_failed"


def _drift(rng: Generator, unit: Unit) -> str:
    """The sensor goes one way by some hundredths a day; the fridge itself is well."""
    days = (unit.at - unit.at[0]) / 86_400
    way = 1.0 if rng.random() < 0.5 else -1.0
    total = rng.uniform(1.2, 1.8) * way
    unit.celsius = np.round(unit.celsius + days / days[-1] * total, 1)
    return "up" if way > 0 else "down"


def _dead(rng: Generator, unit: Unit) -> str:
    """The battery dies on the way; nothing is heard again."""
    unit.lost |= unit.part(rng.uniform(0.3, 0.6), 2.0)
    return "battery"


def _liar(rng: Generator, unit: Unit) -> str:
    """The load got warm; the file that was handed in says otherwise."""
    half = len(unit.at) // 2
    variant = ("flat", "copied", "still")[int(rng.integers(0, 3))]
    if variant == "flat":
        unit.celsius[len(unit.at) // 8 :] = 4.6
    elif variant == "copied":
        unit.celsius[half : 2 * half] = unit.celsius[:half]
    else:
        unit.door |= unit.part(0.4, 0.4 + 18 / unit.minutes[-1])
        unit.celsius[unit.door] = 4.7
    return variant


def _late_upload(rng: Generator, unit: Unit) -> str:
    """A valley without signal: what was stored comes at once, oldest first, when the vehicle is out of it."""
    first = rng.uniform(0.2, 0.3)
    silent = unit.part(first, first + 50 / unit.minutes[-1])
    back = float(unit.at[silent][-1]) + 150.0
    unit.received[silent] = back + np.arange(int(silent.sum())) * 0.02
    return "dead_zone"


def _clock(rng: Generator, unit: Unit) -> str:
    """Somebody set the clock hours behind."""
    unit.clock = unit.clock - np.round(rng.uniform(2, 9)) * 3600
    return "behind"


def _door(rng: Generator, unit: Unit) -> str:
    """The door is not shut after loading."""
    first = rng.uniform(0.2, 0.5)
    unit.door |= unit.part(first, first + rng.uniform(10, 16) / unit.minutes[-1])
    unit.celsius = air(rng, unit.at, unit.door, np.ones(len(unit.at), dtype=bool))
    return "left_open"


def _power(rng: Generator, unit: Unit) -> str:
    """Mains power is gone for an hour or two at night."""
    first = rng.uniform(0.5, 0.9)
    off = unit.part(first, first + rng.uniform(70, 130) / unit.minutes[-1])
    unit.power = unit.power & ~off
    unit.celsius = unit.celsius + np.where(off, 0.2, 0.0)
    unit.celsius = np.round(unit.celsius, 1)
    return "mains"


def _wrong_route(rng: Generator, unit: Unit) -> str:
    """The vehicle leaves its way for some kilometres between two stops."""
    assert unit.road is not None  # noqa: S101 - stories of vehicles have a road
    driven = unit.road.shifted(2, 5, float(rng.choice([-1.0, 1.0]) * rng.uniform(3500, 5000)))
    _driven(rng, unit, driven.drive(rng))
    return "detour"


def _driven(rng: Generator, unit: Unit, drive: Drive) -> None:
    """Let a vehicle have driven otherwise: its readings are those of that drive."""
    assert unit.road is not None  # noqa: S101 - as above
    unit.__dict__.update(vehicle(rng, unit.org, unit.device, unit.starts, unit.road, drive).__dict__)


def _late_arrival(rng: Generator, unit: Unit) -> str:
    """Traffic: everything takes twice as long."""
    assert unit.road is not None  # noqa: S101 - as above
    _driven(rng, unit, unit.road.drive(rng, slower=rng.uniform(1.8, 2.2)))
    return "traffic"


def _calibration(rng: Generator, unit: Unit) -> str:
    unit.calibrated_days_ago = int(rng.integers(380, 700))
    return "expired"


def _doubled(rng: Generator, unit: Unit) -> str:
    """A gateway that hears no acknowledgement sends everything again."""
    unit.twice = rng.random(len(unit.at)) < 0.8
    return "resent"


def _defrost(rng: Generator, unit: Unit) -> str:
    """Once a day the fridge defrosts: a quarter of an hour warmer, at times over the limit, and recorded more often."""
    of_day = (unit.at - unit.at[0]) % 86_400
    _denser(unit, (of_day >= 6600) & (of_day < 8700), 5)
    of_day = (unit.at - unit.at[0]) % 86_400
    warm = (of_day >= 7200) & (of_day < 7200 + 900)
    unit.celsius = np.round(unit.celsius + np.where(warm, rng.uniform(2.6, 3.4), 0.0), 1)
    return "daily"


def _denser(unit: Unit, where: Flags, times: int) -> None:
    """Let a unit record so many times as often after some readings."""
    was, celsius = unit.at, unit.celsius
    count = np.where(where, times, 1)
    rows = np.repeat(np.arange(len(was)), count)
    later = (np.arange(len(rows)) - np.repeat(np.cumsum(count) - count, count)) / count[rows]
    later *= np.append(np.diff(was), 0.0)[rows]
    for name in ("door", "power", "clock", "lost", "twice", "boot"):
        setattr(unit, name, getattr(unit, name)[rows])
    unit.at, unit.received = was[rows] + later, unit.received[rows] + later
    unit.celsius = np.round(np.interp(unit.at, was, celsius), 1)
    unit.seq = np.arange(len(rows), dtype=np.int64)


def _loading(rng: Generator, unit: Unit) -> str:
    """A careful loading: the door open for four minutes, the air inside notices."""
    first = rng.uniform(0.3, 0.4)
    unit.door = unit.door | _run(unit, first, 2)
    unit.celsius = air(rng, unit.at, unit.door, np.ones(len(unit.at), dtype=bool))
    return "four_minutes"


def _run(unit: Unit, share: float, count: int) -> Flags:
    """Return so many readings in a row from a share of the time on, apart from where the door is open anyway."""
    places = np.arange(len(unit.at))
    first = int(share * len(unit.at))
    while unit.door[max(0, first - 2) : first + count + 2].any():
        first += 1
    return np.asarray((places >= first) & (places < first + count))


def _tunnel(rng: Generator, unit: Unit) -> str:
    """Eight minutes without a position."""
    assert unit.seen is not None  # noqa: S101 - as above
    assert unit.drive is not None  # noqa: S101 - as above
    leaves, arrives = unit.drive.stays[1][1], unit.drive.stays[2][0]
    enters = unit.starts + rng.uniform(leaves + 120, max(leaves + 180, arrives - 660))
    unit.seen &= ~((unit.at >= enters) & (unit.at < enters + 480))
    return "eight_minutes"


def _sleeping(rng: Generator, unit: Unit) -> str:
    """The logger saves its battery at night: a reading each fifty minutes, none missing."""
    hour = ((unit.at - unit.at[0]) % 86_400) / 3600
    awake = (hour >= rng.uniform(5, 7)) | (np.arange(len(unit.at)) % 5 == 0)
    for name in ("at", "celsius", "door", "power", "received", "clock", "lost", "twice", "boot"):
        setattr(unit, name, getattr(unit, name)[awake])
    unit.seq = np.arange(len(unit.at), dtype=np.int64)
    return "at_night"


def _new_boot(rng: Generator, unit: Unit) -> str:
    """The logger starts anew on the way and counts from nought."""
    after = unit.part(rng.uniform(0.4, 0.6), 2.0)
    unit.boot = np.where(after, 1, 0)
    unit.seq = np.where(after, np.cumsum(after) - 1, unit.seq)
    return "restart"


def _detour(rng: Generator, unit: Unit) -> str:
    """Road works: three hundred metres aside, within the corridor."""
    assert unit.road is not None  # noqa: S101 - as above
    _driven(rng, unit, unit.road.shifted(2, 4, float(rng.choice([-1.0, 1.0])) * 300).drive(rng))
    return "road_works"


def _noise(rng: Generator, unit: Unit) -> str:
    """A load kept close to the limit: the sensor's noise is at times beyond it."""
    unit.celsius = air(rng, unit.at, np.zeros(len(unit.at), dtype=bool), unit.power, middle=7.75, swing=0.1)
    return "close"


def _probe(rng: Generator, unit: Unit) -> str:
    """A new probe after its calibration reads somewhat otherwise."""
    after = unit.part(0.5, 2.0)
    unit.boot = np.where(after, 1, 0)
    unit.seq = np.where(after, np.cumsum(after) - 1, unit.seq)
    unit.celsius = np.round(unit.celsius + np.where(after, rng.choice([-0.8, 0.8]), 0.0), 1)
    return "calibrated"


def _story(name: str, on: Literal["vehicle", "fridge"], tell: Told, note: str) -> Story:
    return Story(name, on, "planted", tell, note)


def _alike(name: str, on: Literal["vehicle", "fridge"], tell: Told, note: str) -> Story:
    return Story(name, on, "look_alike", tell, note)


STORIES = (
    _story("broken_cold_chain", "vehicle", _broken, "途中制冷失效，货物升温"),
    _story("slow_drift", "fridge", _drift, "探头读数逐日单向漂移"),
    _story("dead_logger", "vehicle", _dead, "记录仪途中断电，再无读数"),
    _story("liar", "vehicle", _liar, "读数为伪造"),
    _story("late_upload", "vehicle", _late_upload, "无信号路段的读数事后补传"),
    _story("clock_off", "vehicle", _clock, "设备时钟慢数小时"),
    _story("door_open", "vehicle", _door, "装卸后门未关"),
    _story("power_loss", "fridge", _power, "夜间断电"),
    _story("wrong_route", "vehicle", _wrong_route, "偏离计划路线数公里"),
    _story("late_arrival", "vehicle", _late_arrival, "到达晚于约定时段"),
    _story("expired_calibration", "vehicle", _calibration, "校准证书已过期"),
    _story("doubled_messages", "vehicle", _doubled, "网关重复发送"),
)
LOOK_ALIKES = (
    _alike("defrost", "fridge", _defrost, "每日除霜，短时升温"),
    _alike("loading", "vehicle", _loading, "正常装卸，开门四分钟"),
    _alike("tunnel", "vehicle", _tunnel, "隧道内无定位"),
    _alike("sleeping", "fridge", _sleeping, "夜间休眠，序号不缺"),
    _alike("new_boot", "vehicle", _new_boot, "记录仪重新启动"),
    _alike("detour", "vehicle", _detour, "在走廊以内绕行"),
    _alike("noise_at_limit", "vehicle", _noise, "贴近上限，噪声时而越线"),
    _alike("changed_probe", "fridge", _probe, "校准后更换探头，读数略有不同"),
)
