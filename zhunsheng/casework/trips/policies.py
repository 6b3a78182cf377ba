"""Whether something may be done with a trip or an alarm now, and the guards of the life-cycle of alarms."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from zhunsheng.casework.bodies.models import BodyKind, User
from zhunsheng.casework.bodies.scope import members
from zhunsheng.casework.cases.policies import Step
from zhunsheng.casework.devices import forms, library
from zhunsheng.casework.devices import queries as devices
from zhunsheng.casework.devices.forms import Given, wrong
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.trips import plans
from zhunsheng.casework.trips.models import Alarm, PlanStep, Trip
from zhunsheng.casework.trips.states import OF_GOODS, TripState
from zhunsheng.casework.vendors.models import ServiceLine
from zhunsheng.casework.vendors.queries import lines_entered
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import SHANGHAI, now

#: The kind of service of a trip where none is named.
SERVICE = "logistics"
VENDOR, MEMBER, DEVICE = ("供应商代码", "Vendor"), ("收货机构代码", "Receiver"), ("设备编号", "Device")


def read(given: Given, user: User) -> dict[str, Any]:
    """Return the fields of a planned trip, checked. Raises Problem ZS885, ZS886, ZS889."""
    vendor = forms.code(given, "vendor_id", VENDOR)
    kind = given.get("service_kind") or SERVICE
    line = _line(user, vendor, kind, forms.code(given, "institution_id", MEMBER))
    starts = plans.moment(given, "starts_at", ("启运时间", "Starts"))
    ends = plans.moment(given, "ends_at", ("计划到达时间", "Ends"))
    if not starts < ends:
        raise wrong(("计划到达时间", "Ends"), ("须晚于启运时间", "lies after the start"))
    if (ends - starts).days > 30:
        raise wrong(("计划到达时间", "Ends"), ("一次运输不超过 30 日", "a trip takes at most 30 days"))
    device = _device(forms.code(given, "device_id", DEVICE), vendor, starts)
    regime = given.get("regime") or device.regime
    library.regime(regime).on(starts.astimezone(SHANGHAI).date())
    return {
        "body": line.body, "vendor_id": vendor, "device": device, "service_kind": kind, "regime": regime,
        "institution_id": forms.code(given, "institution_id", MEMBER),
        "number": forms.text(given, "number", ("运输单号", "Number"), most=60),
        "goods": forms.text(given, "goods", ("货品", "Goods"), most=200),
        "orders": plans.orders(given.get("orders", "")),
        "plan": plans.read(given, starts), "starts_at": starts, "ends_at": ends,
    }  # fmt: skip


def _line(user: User, vendor: str, kind: str, receiver: str) -> ServiceLine:
    """Return the line under which a vendor carries to a receiver: of the user's own body, or of any."""
    held = [one for one in lines_entered() if one.institution_id == vendor and one.kind == kind]
    if user.body is not None and user.body.kind == BodyKind.CONSORTIUM:
        held = [one for one in held if one.body_id == user.body_id]
    if not held:
        raise wrong(VENDOR, ("没有办理过该种服务的准入", "has not entered for this service"))
    serving = [one for one in held if _serves(one, receiver)]
    if not serving:
        raise wrong(MEMBER, ("不是该供应商服务的成员单位", "is no member that this vendor serves"))
    return serving[0]


def _serves(line: ServiceLine, code: str) -> bool:
    return code in members(line.body.institution_code) and (not line.members or code in line.members)


def _device(name: str, vendor: str, starts: datetime) -> Device:
    found = devices.held_by(vendor, name)
    if found is None or not found.holds(starts.astimezone(SHANGHAI).date()):
        raise Problem("ZS886", device=name, day=starts.astimezone(SHANGHAI).date())
    return found


def check_free(device: Device, starts: datetime, ends: datetime) -> None:
    """Raise Problem ZS888 where a device is on another trip meanwhile: readings belong to one trip."""
    held = Trip.objects.filter(device=device, starts_at__lt=ends, ends_at__gt=starts)
    other = held.exclude(state=TripState.CANCELLED).exclude(ended_at__lte=starts).first()
    if other is not None:
        raise Problem("ZS888", device=device.device_id, number=other.number)


def check_state(trip: Trip, *states: str) -> None:
    """Raise Problem ZS890 for a trip that stands elsewhere."""
    if trip.state not in states:
        raise Problem("ZS890", number=trip.number, state=trip.get_state_display())


def check_step_open(step: PlanStep) -> None:
    """Raise Problem ZS891 for a step of a plan that somebody has recorded, or whose alarm is over."""
    if step.done_at is not None or step.alarm.outcome:
        raise Problem("ZS891", step=step.zh)


def _alarm(step: Step) -> Alarm | None:
    return Alarm.objects.filter(case=step.case).first() if step.case else None


def _plan_kept(step: Step) -> None:
    """No step of the plan whose minutes have run out may be left unrecorded."""
    alarm = _alarm(step)
    late = PlanStep.objects.filter(alarm=alarm, done_at=None, due_at__lte=now()) if alarm else PlanStep.objects.none()
    if (first := late.first()) is not None:
        raise step.refuse(f"应急预案的步骤没有登记：{first.zh}", f"a step of the plan is not recorded: {first.en}")


def _goods_proved(step: Step) -> None:
    """Goods are released on data, not on hope."""
    told = next((one["ground"] for one in reversed(step.before) if "ground" in one), "none")
    if told == "none":
        raise step.refuse("没有可用的稳定性数据，不能放行", "without data on stability nothing is released")


def _not_of_goods(step: Step) -> None:
    """A temperature out of range ends by itself or by a decision on the goods, not by an explanation."""
    alarm = _alarm(step)
    if alarm is not None and alarm.kind in OF_GOODS:
        raise step.refuse("涉及货品的报警须作出货品处置决定", "an alarm about goods wants a decision on them")


#: Guards by the names that life-cycles use.
GUARDS: dict[str, Callable[[Step], None]] = {
    "plan_kept": _plan_kept, "goods_proved": _goods_proved, "not_of_goods": _not_of_goods,
}  # fmt: skip
