"""Device, DeviceCertificate, Calibration, Assignment, Contact and Usage.

Every row carries the code of who owns the device as ``institution_id``, a vendor or an institution, so that scope and
walls hold for it as for any other. Entries are ended or revoked and never deleted.
"""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from zhunsheng.casework.devices.states import DeviceKind

_USER: dict[str, Any] = {"on_delete": models.PROTECT, "related_name": "+"}


class _Told(models.Model):
    """Whose it is, and who wrote it when."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    institution_id = models.CharField(max_length=40)
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, **_USER)
    told_at = models.DateTimeField()

    class Meta:
        abstract = True


class Device(_Told):
    """A device that sends readings, from a day (held) to a day (not held). ``regime`` is its own temperature regime.

    ``body`` is who supervises it: alarms are handled there. ``service_kind`` is the service of the vendor it serves.
    Whoever sees a trip, as the member that it serves does, may read the row of its device.
    """

    SCOPE_SHOWN_BY: ClassVar[str] = "trips"

    body = models.ForeignKey("bodies.Body", on_delete=models.PROTECT, related_name="+")
    device_id = models.CharField(max_length=64)
    kind = models.CharField(max_length=12, choices=DeviceKind.choices)
    name = models.CharField(max_length=120)
    model = models.CharField(max_length=120, blank=True)
    service_kind = models.CharField(max_length=40, blank=True)
    regime = models.CharField(max_length=40, blank=True, help_text="a regime of the rule book; empty: no temperature")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ("institution_id", "device_id")
        constraints = (
            models.UniqueConstraint(
                fields=("institution_id", "device_id"), condition=Q(valid_to=None), name="device_once"
            ),
        )

    def __str__(self) -> str:
        return f"{self.institution_id} {self.device_id}"

    def holds(self, day: date) -> bool:
        """Whether the device is in use on a day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


class _OfDevice(_Told):
    device = models.ForeignKey(Device, on_delete=models.PROTECT, related_name="%(class)s_rows")

    class Meta:
        abstract = True


class DeviceCertificate(_OfDevice):
    """The client certificate by which a device is known to the broker, by its SHA-256 fingerprint."""

    fingerprint = models.CharField(max_length=64)
    valid_from = models.DateField()
    valid_to = models.DateField()
    revoked_on = models.DateField(null=True)

    class Meta:
        ordering = ("device", "-valid_from", "-pk")
        constraints = (models.UniqueConstraint(fields=("fingerprint",), name="device_certificate_once"),)

    def __str__(self) -> str:
        return self.fingerprint[:16]


class Calibration(_OfDevice):
    """One calibration of the sensor: it holds to a day (not held). One that failed ends the one before it."""

    done_on = models.DateField()
    valid_to = models.DateField()
    number = models.CharField(max_length=120)
    issuer = models.CharField(max_length=120)
    passed = models.BooleanField()

    class Meta:
        ordering = ("device", "-done_on", "-pk")
        constraints = (models.UniqueConstraint(fields=("device", "number"), name="calibration_once"),)

    def __str__(self) -> str:
        return self.number


class Assignment(_OfDevice):
    """Where a device is mounted, from a day (held) to a day (not held): a number plate, a cold room, a ward."""

    place = models.CharField(max_length=120)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ("device", "-valid_from", "-pk")

    def __str__(self) -> str:
        return self.place


class Contact(_Told):
    """Whom to call of an organisation, in the order of ``position``, from a day (held) to a day (not held)."""

    role = models.CharField(max_length=40, help_text="a role of the emergency plans")
    name = models.CharField(max_length=60)
    phone = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=1)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)

    class Meta:
        ordering = ("institution_id", "role", "position", "pk")

    def __str__(self) -> str:
        return f"{self.role} {self.name}"


class Usage(models.Model):
    """What the closed days of a device added up to: seconds of running and faults, up to a day (not held)."""

    SCOPE_PATH: ClassVar[str] = "institution_id"

    device = models.OneToOneField(Device, on_delete=models.PROTECT, related_name="usage")
    institution_id = models.CharField(max_length=40)
    seconds = models.BigIntegerField(null=True, help_text="empty while the device never said whether it runs")
    faults = models.PositiveIntegerField(default=0)
    until = models.DateField(null=True)

    def __str__(self) -> str:
        return f"{self.device_id} {self.seconds}"
