"""The plan of a trip: as it is typed, as it is kept, and as judgements take it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from zhunsheng.casework.cases.words import said
from zhunsheng.casework.devices import forms
from zhunsheng.casework.devices.forms import Given, wrong
from zhunsheng.casework.devices.models import Calibration, Device
from zhunsheng.casework.devices.states import DeviceKind
from zhunsheng.casework.trips.models import Trip
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.text import kept
from zhunsheng.kernel.time import SHANGHAI
from zhunsheng.telemetry.places import Circle, Corridor
from zhunsheng.telemetry.plans import TripPlan
from zhunsheng.telemetry.routes import Stop, Way

#: Channels that a kind of device has by its nature: what it then never says is unknown.
EXPECTS: dict[str, frozenset[str]] = {
    DeviceKind.VEHICLE: frozenset(("temperature", "door", "power", "position")),
    DeviceKind.FRIDGE: frozenset(("temperature", "door", "power")),
    DeviceKind.BOX: frozenset(("temperature",)),
    DeviceKind.LOGGER: frozenset(("temperature",)),
}
MOST_STOPS, MOST_POINTS, MOST_ORDERS = 40, 2000, 500
RADIUS, WIDTH = 300.0, 1500.0
STOPS = ("停靠点", "Stops")
WAY = ("路线", "Way")
HARBOURS = ("停车点", "Harbours")
SHAPE = (
    "每行一个：名称, 纬度, 经度, 半径米, 最早到达, 最晚到达",
    "one per line: name, latitude, longitude, radius in metres, earliest, latest",
)
_ORDER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:/-]{0,59}")


def moment(given: Given, name: str, field: tuple[str, str]) -> datetime:
    """Return a moment as typed, in Asia/Shanghai where no zone is named. Raises Problem ZS885."""
    return _moment(kept(given.get(name, "")), field)


def _moment(text: str, field: tuple[str, str], on: date | None = None) -> datetime:
    whole = f"{on} {text}" if on and re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", text) else text
    try:
        found = datetime.fromisoformat(whole.replace("/", "-").replace("T", " "))
        told = found if found.tzinfo else found.replace(tzinfo=SHANGHAI)
        forms.TYPED.day(said(*field), str(told.astimezone(SHANGHAI).date()))
    except (ValueError, OverflowError) as error:
        raise wrong(field, ("须为时间，如 2026-01-31 09:30", "takes a moment such as 2026-01-31 09:30")) from error
    return told


def orders(text: str) -> list[str]:
    """Return the numbers of service orders, separated by spaces, commas or lines. Raises Problem ZS885."""
    found = [one for one in re.split(r"[\s,，;；]+", kept(text)) if one]
    if len(found) > MOST_ORDERS or not all(_ORDER.fullmatch(one) for one in found):
        raise wrong(("委托单号", "Orders"), (f"须为委托单号，不超过 {MOST_ORDERS} 个", "takes numbers of orders"))
    return list(dict.fromkeys(found))


def read(given: Given, starts: datetime) -> dict[str, Any]:
    """Return stops, way and limits of a plan as they are kept. Raises Problem ZS885."""
    lines = _lines(given, "stops", STOPS, MOST_STOPS)
    plan: dict[str, Any] = {"stops": [_stop(one, starts) for one in lines]}
    points = _lines(given, "way", WAY, MOST_POINTS)
    if points:
        plan["way"] = [_point(one) for one in points]
        plan["width"] = _number(given, "width", ("路线宽度", "Width"), WIDTH, 10, 50_000)
    depots = _lines(given, "harbours", HARBOURS, MOST_STOPS)
    if depots:
        plan["harbours"] = [{"at": _point(one, HARBOURS), "radius": RADIUS} for one in depots]
    speed = _number(given, "speed", ("限速", "Speed limit"), 0, 0, 200)
    if speed:
        plan["speed"] = speed
    way_of(plan)  # whatever the wire of judgements refuses is refused here
    return plan


def _lines(given: Given, name: str, field: tuple[str, str], most: int) -> list[str]:
    found = [one for one in re.split(r"[\n;；]", kept(given.get(name, ""))) if one.strip()]
    if len(found) > most:
        raise wrong(field, (f"不超过 {most} 个", f"at most {most}"))
    return found


def _stop(line: str, starts: datetime) -> dict[str, Any]:
    parts = [kept(one) for one in re.split(r"[,，|]", line)]
    if len(parts) != 6 or not parts[0]:
        raise wrong(STOPS, (f"{SHAPE[0]}（{line[:60]}）", f"{SHAPE[1]} ({line[:60]})"))
    latitude, longitude = _point(f"{parts[1]} {parts[2]}", STOPS)
    try:
        radius = float(parts[3] or RADIUS)
    except ValueError as error:
        raise wrong(STOPS, ("半径须为数", "the radius is a number")) from error
    day = starts.astimezone(SHANGHAI).date()
    opens, closes = (_moment(part, STOPS, day) for part in parts[4:])
    if not opens < closes:
        raise wrong(
            STOPS, (f"最晚到达须晚于最早到达（{parts[0]}）", f"the latest lies after the earliest ({parts[0]})")
        )
    if closes <= starts:
        raise wrong(STOPS, (f"最晚到达须晚于启运时间（{parts[0]}）", f"the latest lies after the start ({parts[0]})"))
    told = {"name": parts[0][:80], "at": [latitude, longitude], "radius": radius}
    return {**told, "opens": opens.isoformat(), "closes": closes.isoformat()}


def _point(text: str, field: tuple[str, str] = WAY) -> list[float]:
    parts = re.split(r"[\s,，]+", kept(text))
    try:
        latitude, longitude = (float(one) for one in parts)
    except ValueError as error:
        raise wrong(field, ("须为纬度与经度，如 30.12 120.34", "takes latitude and longitude")) from error
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise wrong(field, ("纬度须在 -90 至 90，经度须在 -180 至 180 之间", "lies outside of the earth"))
    return [latitude, longitude]


def _number(given: Given, name: str, field: tuple[str, str], otherwise: float, least: float, most: float) -> float:
    text = kept(given.get(name, ""))
    try:
        found = float(text) if text else otherwise
    except ValueError as error:
        raise wrong(field, ("须为数", "takes a number")) from error
    if not least <= found <= most:
        raise wrong(field, (f"须在 {least:g} 至 {most:g} 之间", f"lies between {least:g} and {most:g}"))
    return found


def way_of(plan: Mapping[str, Any]) -> Way | None:
    """Return the plan on the ground; None for one without a stop or a way. Raises Problem ZS885."""
    try:
        stops = tuple(
            Stop(one["name"], Circle((one["at"][0], one["at"][1]), one["radius"]),
                 datetime.fromisoformat(one["opens"]).timestamp(), datetime.fromisoformat(one["closes"]).timestamp())
            for one in plan.get("stops", ())
        )  # fmt: skip
        points = tuple((one[0], one[1]) for one in plan.get("way", ()))
        corridor = Corridor(points, plan.get("width", WIDTH)) if points else None
    except Problem as problem:
        told = str(problem.values.get("reason", ""))
        raise wrong(WAY, (told, told)) from problem
    harbours = tuple(Circle((one["at"][0], one["at"][1]), one["radius"]) for one in plan.get("harbours", ()))
    return Way(stops, corridor, harbours, plan.get("speed")) if stops or corridor else None


def of_trip(trip: Trip, calibration: Calibration | None) -> TripPlan:
    """Return a trip as judgements take it."""
    way = way_of(trip.plan)
    expects = EXPECTS.get(trip.device.kind, frozenset(("temperature",)))
    return TripPlan(
        org=trip.device.institution_id, device=trip.device.device_id, regime=trip.regime, setting="transport",
        starts=trip.starts_at, ends=trip.ends_at, ended=trip.ended_at,
        expects=expects if way else expects - {"position"}, way=way, **_calibrated(calibration),
    )  # fmt: skip


def of_store(device: Device, since: datetime, until: datetime, calibration: Calibration | None) -> TripPlan:
    """Return a stretch of storage in a device as judgements take it."""
    expects = EXPECTS.get(device.kind, frozenset(("temperature",))) - {"position"}
    return TripPlan(
        org=device.institution_id, device=device.device_id, regime=device.regime, setting="store", starts=since,
        ends=until, expects=expects, **_calibrated(calibration),
    )  # fmt: skip


def _calibrated(last: Calibration | None) -> dict[str, date]:
    """Return from and to which day a calibration holds; one that failed holds for no day."""
    if last is None:
        return {}
    return {"calibrated_on": last.done_on, "calibrated_until": last.valid_to if last.passed else last.done_on}


def typed(plan: Mapping[str, Any]) -> dict[str, str]:
    """Return a plan as a form holds it."""
    stops = [
        f"{one['name']}, {one['at'][0]}, {one['at'][1]}, {one['radius']:g}, {one['opens'][:16]}, {one['closes'][:16]}"
        for one in plan.get("stops", ())
    ]
    points = [f"{one[0]} {one[1]}" for one in plan.get("way", ())]
    return {"stops": "\n".join(stops), "way": "\n".join(points), "width": f"{plan.get('width', '')}",
            "speed": f"{plan.get('speed', '')}"}  # fmt: skip
