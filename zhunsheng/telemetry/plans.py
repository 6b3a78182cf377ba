"""What was promised of one trip, or of one stretch of storage: device, times, regime, calibration, way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from zhunsheng.book.telemetry import Limits, Regime, Setting
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.places import Circle, Corridor, Fence, Point, Polygon
from zhunsheng.telemetry.routes import Stop, Way

#: Channels that a judgement may expect of a device.
EXPECTED = ("temperature", "door", "power", "position")


@dataclass(frozen=True, slots=True)
class TripPlan:
    """One trip of one device. ``ended`` is when it really ended, None while it runs; ``ends`` is the plan.

    ``expects``: the channels that the device has by its registration; what is expected and never said is unknown.
    ``calibrated_on``: None where no certificate is known; ``calibrated_until``: the day from which its certificate no
    longer holds, the day itself of a calibration that failed. A fridge has the setting ``store`` and no way.
    """

    org: str
    device: str
    regime: str
    setting: Setting
    starts: datetime
    ends: datetime
    ended: datetime | None = None
    calibrated_on: date | None = None
    expects: frozenset[str] = frozenset(("temperature",))
    way: Way | None = None
    calibrated_until: date | None = None

    def __post_init__(self) -> None:
        for name, moment in (("starts", self.starts), ("ends", self.ends), ("ended", self.ended)):
            if moment is not None and moment.tzinfo is None:
                raise Problem("ZS873", where=name, reason=f"{moment} +00:00?")
        if not self.starts < self.ends or (self.ended is not None and self.ended < self.starts):
            raise Problem("ZS873", where="ends", reason=f"{self.starts} ≥ {min(self.ends, self.ended or self.ends)}")
        if not self.expects <= set(EXPECTED):
            raise Problem("ZS873", where="expects", reason=", ".join(sorted(self.expects - set(EXPECTED))))

    @property
    def day(self) -> date:
        """The day in Asia/Shanghai on which the trip starts: its limits are those of that day."""
        return self.starts.astimezone(SHANGHAI).date()

    def limits(self, regime: Regime) -> Limits:
        """Return the limits of the trip. Raises Problem ZS871, ZS873 (another regime)."""
        if regime.id != self.regime:
            raise Problem("ZS873", where="regime", reason=f"{self.regime} ≠ {regime.id}")
        return regime.on(self.day)

    def until(self, as_of: datetime) -> datetime:
        """Return the moment up to which it is judged: its end, or the moment of the judgement."""
        return max(self.starts, min(as_of, self.ended or as_of))


def read_plan(plain: Mapping[str, Any]) -> TripPlan:
    """Return the plan that plain data says, as ``simulate`` writes it. Raises Problem ZS873."""
    try:
        ended, calibrated, valid = (plain.get(name) for name in ("ended", "calibrated_on", "calibrated_until"))
        return TripPlan(
            org=str(plain["org"]),
            device=str(plain["device"]),
            regime=str(plain["regime"]),
            setting="store" if plain["setting"] == "store" else "transport",
            starts=datetime.fromisoformat(plain["starts"]),
            ends=datetime.fromisoformat(plain["ends"]),
            ended=datetime.fromisoformat(ended) if ended else None,
            calibrated_on=date.fromisoformat(calibrated) if calibrated else None,
            expects=frozenset(plain["expects"]),
            way=_way(plain["way"]) if plain.get("way") else None,
            calibrated_until=date.fromisoformat(valid) if valid else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Problem("ZS873", where="plan", reason=f"{type(error).__name__}: {error}") from error


def _way(plain: Mapping[str, Any]) -> Way:
    corridor, speed = plain.get("corridor"), plain.get("speed_kmh")
    return Way(
        stops=tuple(_stop(one) for one in plain.get("stops", ())),
        corridor=Corridor(_points(corridor["way"]), float(corridor["width"])) if corridor else None,
        harbours=tuple(_fence(one) for one in plain.get("harbours", ())),
        speed_kmh=None if speed is None else float(speed),
    )


def _stop(plain: Mapping[str, Any]) -> Stop:
    opens, closes = (datetime.fromisoformat(plain[name]) for name in ("opens", "closes"))
    return Stop(str(plain["name"]), _fence(plain["fence"]), opens.timestamp(), closes.timestamp())


def _fence(plain: Mapping[str, Any]) -> Fence:
    if "corners" in plain:
        return Polygon(_points(plain["corners"]))
    return Circle(_points([plain["centre"]])[0], float(plain["radius"]))


def _points(plain: Sequence[Sequence[float]]) -> tuple[Point, ...]:
    return tuple((float(latitude), float(longitude)) for latitude, longitude in plain)
