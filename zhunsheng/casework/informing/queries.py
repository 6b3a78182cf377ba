"""Reads of notices within a scope, and the one that a receipt opens with what the public learns of its order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.informing import facts
from zhunsheng.casework.informing.facts import Asked, Performed
from zhunsheng.casework.informing.models import ServiceNotice
from zhunsheng.casework.informing.states import Choice
from zhunsheng.casework.tips import receipts
from zhunsheng.casework.vendors import queries as vendors
from zhunsheng.casework.vendors.queries import Licence
from zhunsheng.kernel.errors import Problem

#: The indicator that counts patients who were not told; it counts the facts.
INDICATOR = "vendors/unnoticed"


@dataclass(frozen=True, slots=True)
class Opened:
    """What a receipt opens: the notice, who performs the service under which licences, and how far it has come.

    ``performed`` is None while the data of the site do not hold the order; licences are then those of ``day``, the day
    of the notice. ``readable`` is whether there are data to look into at all.
    """

    notice: ServiceNotice
    vendor: str
    performed: Performed | None
    day: date
    licences: list[Licence]
    readable: bool

    @property
    def late(self) -> bool:
        """Whether the patient was told only after the service."""
        return self.performed is not None and self.notice.told_on > self.performed.day

    @property
    def agrees(self) -> bool | None:
        """Whether the imported data say the same as the notice; None where they say nothing."""
        if self.performed is None or self.performed.told is None:
            return None
        declined = self.notice.choice == Choice.DECLINES
        return self.performed.told and bool(self.performed.declined) == declined


def notices(scope: Scope) -> QuerySet[ServiceNotice]:
    """Return the notices in view that stand, the latest first."""
    return scope.rows(ServiceNotice.objects.filter(replaced_at=None))


def asked(scope: Scope, show: str, vendor: str) -> Asked:
    """Return a question about orders with the keys of the notices in view."""
    own = list(notices(scope))
    return Asked(show, vendor, [one.key for one in own], [one.key for one in own if one.choice == Choice.DECLINES])


def of_orders(scope: Scope, keys: Iterable[str]) -> dict[str, ServiceNotice]:
    """Return the notices in view by the key of their order."""
    wanted = set(keys)
    numbers = {key.partition("|")[2] for key in wanted}
    return {one.key: one for one in notices(scope).filter(order_id__in=numbers) if one.key in wanted}


def by_receipt(code: str) -> ServiceNotice | None:
    """Return the notice of a receipt code, or None: asked by a page without a login, over all bodies."""
    if receipts.typed(code) is None:
        return None
    with walls.within(walls.SITE):
        found = ServiceNotice.objects.filter(receipt=receipts.receipt_digest(code), replaced_at=None)
        return found.select_related("body").first()


def opened(notice: ServiceNotice) -> Opened:
    """Return what the public page shows of a notice."""
    try:
        file = lake.current_run()
    except Problem:
        file = None
    found = facts.performed(file, notice.vendor_id, notice.order_id, notice.institution_id) if file else None
    day = found.day if found else notice.told_on
    kinds = (found.kind,) if found else vendors.kinds_entered(notice.vendor_id)
    licences = [one for kind in kinds for one in vendors.licences(notice.vendor_id, kind, day)]
    unique = {(one.zh, one.number): one for one in licences}
    return Opened(notice, vendors.name_of(notice.vendor_id), found, day, list(unique.values()), file is not None)


def institution_scope(code: str) -> Scope:
    """Return what the system of one institution sees: its own rows, and no body's."""
    try:
        file, broken = lake.current_run(), None
    except Problem as problem:
        file, broken = None, problem
    return Scope(frozenset({code}), frozenset(), file, broken)
