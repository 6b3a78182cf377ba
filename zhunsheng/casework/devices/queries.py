"""Reads of the register of devices, scoped; and whether a sender is known, for the gateway."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Max, Q, QuerySet

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.devices.models import Assignment, Calibration, Contact, Device, DeviceCertificate
from zhunsheng.kernel.time import now

#: Seconds for which the gateway remembers who is known: a device that is entered is known so much later.
FRESH = 2.0
#: A calibration that ends within so many days is to be renewed.
SOON = 30


@dataclass(frozen=True, slots=True)
class Calibrated:
    """The calibration of a device that counts on a day, and the days left (negative: ended); None: there is none."""

    last: Calibration | None
    left: int | None

    @property
    def mark(self) -> str:
        """How it stands: missing, ended, ending, valid."""
        if self.last is None or self.left is None:
            return "missing"
        return "ended" if self.left <= 0 else "ending" if self.left <= SOON else "valid"


class _Known:
    """The devices of the site that are in use today, read anew every few seconds; asked for each message."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.read_at = 0.0
        self.pairs: dict[tuple[str, str], Device] = {}
        self.barred: frozenset[tuple[str, str]] = frozenset()

    def all(self) -> dict[tuple[str, str], Device]:
        with self.lock:
            if not self.pairs or time.monotonic() - self.read_at > FRESH:
                day = now().date()
                with walls.within(walls.SITE):
                    held = list(in_use(Device.objects.all(), day).select_related("body"))
                    self.barred = _barred(day)
                self.pairs = {(one.institution_id, one.device_id): one for one in held}
                self.read_at = time.monotonic()
            return self.pairs

    def takes(self, org: str, device: str) -> bool:
        return (org, device) in self.all() and (org, device) not in self.barred

    def forget(self) -> None:
        with self.lock:
            self.pairs = {}


def _barred(on: date, **of: str) -> frozenset[tuple[str, str]]:
    """Return the devices with a revoked certificate and none since that held after that day: who sends may be anybody.

    A device without any certificate, and one whose certificate merely ended, are not among them. A device that was
    ended and entered anew is the same one: it is named by its organisation and number.
    """
    held = DeviceCertificate.objects.filter(**of).order_by().values_list("institution_id", "device__device_id")
    revoked = held.filter(revoked_on__lte=on).annotate(Max("revoked_on"))
    sound = held.filter(revoked_on=None, valid_from__lte=on).annotate(Max("valid_to"))
    until = {(org, device): day for org, device, day in sound}
    return frozenset((org, device) for org, device, day in revoked if until.get((org, device), day) <= day)


REGISTER = _Known()


def known(org: str, device: str) -> bool:
    """Whether readings of a device are taken: in the register, in use today, and not barred by its certificates.

    The port of the store of readings.
    """
    return REGISTER.takes(org, device)


def is_barred(device: Device, on: date) -> bool:
    """Whether nothing is taken from a device on a day since its certificate was revoked."""
    with walls.within(walls.SITE):
        return bool(_barred(on, institution_id=device.institution_id, device__device_id=device.device_id))


def registered(org: str, device: str) -> Device | None:
    """Return the device in use today of an organisation, whoever asks; None where there is none."""
    return REGISTER.all().get((org, device))


def locked(device: Device) -> Device:
    """Return a device, held until the transaction ends: of two who plan with it at once the second one waits."""
    return Device.objects.select_for_update(of=("self",)).get(pk=device.pk)


def calibrated_by(device: Device, day: date) -> Calibration | None:
    """Return the last calibration by a day, passed or not; None where there is none. Whoever asks sees a trip of it."""
    with walls.within(walls.SITE):
        return Calibration.objects.filter(device=device, done_on__lte=day).order_by("-done_on", "-pk").first()


def held_by(org: str, device: str) -> Device | None:
    """Return the device of an organisation by its number, the one in use first; whoever asks."""
    found = Device.objects.filter(institution_id=org, device_id=device).select_related("body")
    return found.filter(valid_to=None).first() or found.order_by("-valid_from").first()


def of_vendors() -> list[Device]:
    """Return the devices of the site that serve in a kind of service of a vendor, in use or not."""
    return list(Device.objects.exclude(service_kind="").order_by("pk"))


def all_in_use(on: date) -> list[Device]:
    """Return the devices of the site that are in use on a day."""
    return list(in_use(Device.objects.select_related("usage"), on).order_by("pk"))


def to_count(on: date) -> list[Device]:
    """Return the devices of the site that are in use on a day, and those that ended with days yet to be counted."""
    left = Q(usage__until=None) | Q(usage__until__lt=F("valid_to"))
    held = Device.objects.select_related("usage").filter(Q(valid_to=None) | Q(valid_to__gt=on) | left)
    return list(held.filter(valid_from__lte=on).order_by("pk"))


def in_use(found: QuerySet[Device], on: date) -> QuerySet[Device]:
    """Return those of some devices that are in use on a day."""
    return found.filter(Q(valid_to=None) | Q(valid_to__gt=on), valid_from__lte=on)


def devices(scope: Scope) -> QuerySet[Device]:
    """Return the devices in view with what they were used."""
    return scope.rows(Device.objects.select_related("usage", "body"))


def one(scope: Scope, pk: int) -> Device | None:
    """Return a device in view, or None."""
    return devices(scope).filter(pk=pk).first()


def named(scope: Scope, org: str, device: str) -> Device | None:
    """Return the device in view of an organisation by its number, the one in use first."""
    return devices(scope).filter(institution_id=org, device_id=device).order_by("valid_to").first()


def calibrated(held: Iterable[Device], on: date) -> dict[int, Calibrated]:
    """Return how the calibration of devices stands on a day, by device; in one query. One that failed ends it."""
    wanted = [one.pk for one in held]
    last: dict[int, Calibration] = {}
    for row in Calibration.objects.filter(device__in=wanted, done_on__lte=on).order_by("done_on", "pk"):
        last[row.device_id] = row
    last = {pk: row for pk, row in last.items() if row.passed}
    return {pk: Calibrated(last.get(pk), (last[pk].valid_to - on).days if pk in last else None) for pk in wanted}


def places(held: Iterable[Device], on: date) -> dict[int, str]:
    """Return where devices are mounted on a day, by device; in one query."""
    found = Assignment.objects.filter(device__in=[one.pk for one in held], valid_from__lte=on)
    rows = found.filter(Q(valid_to=None) | Q(valid_to__gt=on)).order_by("valid_from", "pk")
    return dict(rows.values_list("device", "place"))


def calibrations(scope: Scope, device: Device) -> QuerySet[Calibration]:
    """Return the calibrations of a device, the latest first."""
    return scope.rows(Calibration.objects.filter(device=device))


def certificates(scope: Scope, device: Device) -> QuerySet[DeviceCertificate]:
    """Return the certificates of a device, the latest first."""
    return scope.rows(DeviceCertificate.objects.filter(device=device))


def certificate(scope: Scope, pk: int) -> DeviceCertificate | None:
    """Return a certificate in view, or None."""
    return scope.rows(DeviceCertificate.objects.select_related("device")).filter(pk=pk).first()


def assignments(scope: Scope, device: Device) -> QuerySet[Assignment]:
    """Return where a device was mounted, the latest first."""
    return scope.rows(Assignment.objects.filter(device=device))


def contacts(orgs: Iterable[str], on: date) -> list[Contact]:
    """Return whom to call of some organisations on a day, in order; whoever asks has the alarm in view."""
    held = Contact.objects.filter(Q(valid_to=None) | Q(valid_to__gt=on), institution_id__in=list(orgs))
    with walls.within(walls.SITE):
        return list(held.filter(valid_from__lte=on).order_by("role", "position", "pk"))


def called(orgs: Iterable[str], roles: Iterable[str], on: date) -> list[tuple[str, list[Contact]]]:
    """Return whom an emergency plan calls, role by role in its order; nobody where a role has no contact."""
    held = contacts(orgs, on)
    return [(role, [one for one in held if one.role == role]) for role in roles]


def contact(scope: Scope, pk: int) -> Contact | None:
    """Return a contact in view, or None."""
    return scope.rows(Contact.objects.all()).filter(pk=pk).first()


def contacts_in_view(scope: Scope, orgs: Iterable[str]) -> QuerySet[Contact]:
    """Return the contacts that stand of some organisations, as far as they are in view."""
    return scope.rows(Contact.objects.filter(institution_id__in=list(orgs), valid_to=None))
