"""Who may write in the register of devices, and whether what is written fits what stands there."""

from __future__ import annotations

from datetime import date

from zhunsheng.casework.bodies.models import Body, BodyKind, User
from zhunsheng.casework.bodies.permissions import duties_held
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.devices.models import Device
from zhunsheng.casework.vendors.policies import KEEPERS, OFFICES
from zhunsheng.casework.vendors.queries import lines_entered
from zhunsheng.kernel.errors import Problem


def keeps(user: User, code: str) -> bool:
    """Whether a user may write of an organisation's devices: its own people, and the offices that oversee it."""
    if user.body is None or not code or not duties_held(user) & KEEPERS:
        return False
    if user.body.kind in (BodyKind.VENDOR, BodyKind.INSTITUTION):
        return user.body.institution_code == code
    return user.body.kind in OFFICES and scope(user).own.sees(code)


def check_keeps(user: User, code: str) -> None:
    """Raise Problem ZS702 unless a user may write of an organisation's devices."""
    if not keeps(user, code):
        raise Problem("ZS702")


def supervisor(user: User, code: str) -> Body:
    """Return the body that supervises the devices of an organisation: where its alarms are handled.

    It is the office's own body; of a vendor that writes itself, the consortium that it serves; of an institution, its
    own body. Raises Problem ZS887 where nobody supervises it.
    """
    if user.body.kind in OFFICES or (user.body.kind == BodyKind.INSTITUTION and user.body.institution_code == code):
        return user.body
    found = next((line.body for line in lines_entered() if line.institution_id == code), None)
    if found is None:
        raise Problem("ZS887", org=code)
    return found


def check_in_use(device: Device, day: date) -> None:
    """Raise Problem ZS886 for a device that is not in use on a day."""
    if not device.holds(day):
        raise Problem("ZS886", device=device.device_id, day=day)
