"""Reads of readings for who follows them one by one: each with the moment at which it came."""

from __future__ import annotations

from datetime import datetime

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.readings import queries, rows
from zhunsheng.casework.readings.models import HotRow
from zhunsheng.telemetry import wire

Heard = tuple[wire.Reading, datetime]
_HEAD = ("org", "device", "kind", "boot", "seq", "at", "received_at")


def heard(after: int, most: int = 2000) -> tuple[int, list[Heard]]:
    """Return readings of open days that arrived after a number, in that order, with the number of the last of them."""
    with walls.within(walls.SITE):
        found = list(HotRow.objects.filter(pk__gt=after).order_by("pk").values_list("pk", *queries.HOT[:6])[:most])
    return (found[-1][0] if found else after), [(rows.reading(*one[1:6]), rows.moment(one[6])) for one in found]


def said(org: str, device: str, since: datetime, until: datetime) -> list[Heard]:
    """Return the readings of a device by their own time, of open and closed days, whatever the scope."""
    found = []
    for one in queries.of_any_device(org, device, since, until).to_pylist():
        values = {name: value for name, value in one.items() if name not in _HEAD and value is not None}
        told = wire.Reading(org, device, one["kind"], one["boot"], one["seq"], one["at"], values)
        found.append((told, one["received_at"]))
    return found
