"""Puts the rulings that the database holds in force, for the desk and for runs."""

from __future__ import annotations

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.points.models import PaymentRuling
from zhunsheng.facts import rulings
from zhunsheng.facts.rulings import Ruling
from zhunsheng.kernel.files import locked
from zhunsheng.kernel.home import home


def put_in_force() -> str:
    """Write the rulings as they are now; return their digest. Whoever comes last writes what all have decided."""
    place = rulings.folder(home())
    place.mkdir(parents=True, exist_ok=True)
    with locked(place / ".lock"), walls.within(walls.SITE):
        found = PaymentRuling.objects.filter(voided=False).select_related("case")
        return rulings.publish(home(), [as_fact(one) for one in found])


def as_fact(one: PaymentRuling) -> Ruling:
    """Return a ruling as facts hold it, under the number of its case."""
    return Ruling(one.practitioner_id, one.status, one.valid_from, one.valid_to, one.case.number)
