"""Writers of the register of devices. Each leaves evidence in its own transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.devices import forms, policies
from zhunsheng.casework.devices.models import (
    Assignment,
    Calibration,
    Contact,
    Device,
    DeviceCertificate,
    Usage,
)
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.time import now

Given = Mapping[str, str]


@deed
def add_device(actor: User, given: Given) -> Device:
    """Enter a device. Raises Problem ZS702, ZS885, ZS887."""
    values = forms.device(given)
    policies.check_keeps(actor, values["institution_id"])
    body = policies.supervisor(actor, values["institution_id"])
    same = {name: values[name] for name in ("institution_id", "device_id")}
    held = Device.objects.select_for_update().filter(Q(valid_to=None) | Q(valid_to__gt=values["valid_from"]), **same)
    if values["valid_to"] is not None:
        held = held.filter(valid_from__lt=values["valid_to"])
    if held.exists():
        raise forms.wrong(("设备编号", "Device"), ("已在登记册中", "stands in the register"))
    with walls.within(walls.SITE):  # a vendor enters what its consortium supervises
        made = Device.objects.create(**values, body=body, told_by=actor, told_at=now())
    append(actor, "device.entered", _about(made), {**values, "device": made.pk, "body": body.pk})
    return made


@deed
def end_device(actor: User, device: Device, on: date) -> Device:
    """Take a device out of use from a day on. Raises Problem ZS702, ZS885, ZS886."""
    held = _held(actor, device)
    policies.check_in_use(held, on)
    if on <= held.valid_from:
        raise forms.wrong(("停用日期", "In use until"), ("须晚于启用日期", "lies after the first day"))
    held.valid_to = on
    held.save(update_fields=["valid_to"])
    append(actor, "device.ended", _about(held), {"valid_to": on})
    return held


@deed
def add_certificate(actor: User, device: Device, given: Given) -> DeviceCertificate:
    """Enter the certificate of a device. Raises Problem ZS702, ZS885."""
    held, values = _held(actor, device), forms.certificate(given)
    if DeviceCertificate.objects.filter(fingerprint=values["fingerprint"]).exists():
        raise forms.wrong(("证书指纹", "Fingerprint"), ("已在登记册中", "stands in the register"))
    made = DeviceCertificate.objects.create(**_of(actor, held), **values)
    append(actor, "device.certificate_entered", _about(held), values)
    return made


@deed
def revoke_certificate(actor: User, certificate: DeviceCertificate) -> DeviceCertificate:
    """Revoke a certificate from today on; again it changes nothing. Raises Problem ZS702.

    Where no other certificate of the device holds, nothing is taken from it any more until one is entered.
    """
    held = DeviceCertificate.objects.select_for_update().get(pk=certificate.pk)
    policies.check_keeps(actor, held.institution_id)
    if held.revoked_on is None:
        held.revoked_on = now().date()
        held.save(update_fields=["revoked_on"])
        told = {"fingerprint": held.fingerprint, "revoked_on": held.revoked_on}
        append(actor, "device.certificate_revoked", _about(held.device), told)
    return held


@deed
def add_calibration(actor: User, device: Device, given: Given) -> Calibration:
    """Enter a calibration. Raises Problem ZS702, ZS885."""
    held, values = _held(actor, device), forms.calibration(given, now().date())
    if Calibration.objects.filter(device=held, number=values["number"]).exists():
        raise forms.wrong(("证书编号", "Number"), ("已在登记册中", "stands in the register"))
    made = Calibration.objects.create(**_of(actor, held), **values)
    append(actor, "device.calibrated", _about(held), values)
    return made


@deed
def assign(actor: User, device: Device, given: Given) -> Assignment:
    """Say where a device is mounted from a day on; what was said before ends with that day. Raises ZS702, ZS885."""
    held, values = _held(actor, device), forms.assignment(given)
    running = Assignment.objects.select_for_update().filter(device=held, valid_to=None).first()
    if running is not None:
        if values["valid_from"] <= running.valid_from:
            raise forms.wrong(
                ("自何日起", "From"), ("须晚于现在位置的起始日期", "lies after that of the present place")
            )
        running.valid_to = values["valid_from"]
        running.save(update_fields=["valid_to"])
    made = Assignment.objects.create(**_of(actor, held), **values)
    append(actor, "device.assigned", _about(held), values)
    return made


@deed
def add_contact(actor: User, given: Given) -> Contact:
    """Enter whom to call. Evidence does not repeat name and number. Raises Problem ZS702, ZS885."""
    values = forms.contact(given)
    policies.check_keeps(actor, values["institution_id"])
    made = Contact.objects.create(**values, told_by=actor, told_at=now())
    told = {"contact": made.pk, "role": made.role, "position": made.position, "valid_from": made.valid_from}
    append(actor, "contact.entered", f"org:{made.institution_id}", told)
    return made


@deed
def end_contact(actor: User, contact: Contact) -> Contact:
    """Take a contact off the list from today on; again it changes nothing. Raises Problem ZS702."""
    held = Contact.objects.select_for_update().get(pk=contact.pk)
    policies.check_keeps(actor, held.institution_id)
    if held.valid_to is None:
        held.valid_to = now().date()
        held.save(update_fields=["valid_to"])
        append(actor, "contact.ended", f"org:{held.institution_id}", {"contact": held.pk, "valid_to": held.valid_to})
    return held


@deed
def note_use(device: Device, seconds: int | None, faults: int, until: date) -> None:
    """Add the closed days up to ``until`` to what a device was used; what is counted is not counted again."""
    held, _fresh = Usage.objects.select_for_update().get_or_create(
        device=device, defaults={"institution_id": device.institution_id}
    )
    if held.until is None or held.until < until:
        if seconds is not None:
            held.seconds = (held.seconds or 0) + seconds
        held.faults, held.until = held.faults + faults, until
        held.save(update_fields=["seconds", "faults", "until"])


def _held(actor: User, device: Device) -> Device:
    policies.check_keeps(actor, device.institution_id)
    found = Device.objects.select_for_update().filter(pk=device.pk).first()
    if found is None:
        raise Problem("ZS701")
    return found


def _of(actor: User, device: Device) -> dict[str, Any]:
    return {"device": device, "institution_id": device.institution_id, "told_by": actor, "told_at": now()}


def _about(device: Device) -> str:
    return f"device:{device.institution_id}/{device.device_id}"
