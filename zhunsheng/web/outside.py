"""Orders that go to a vendor, asked while somebody waits: what they are judged by is held in memory and renewed.

A thread renews it every other second (``desk.keep_ready``); an ask that meets an older one reads it itself, in a fixed
number of queries. So a suspension holds at the desk within seconds, and no ask waits for the database.
"""

from __future__ import annotations

from time import monotonic
from typing import Any

from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.ratings import designation
from zhunsheng.casework.vendors import queries
from zhunsheng.casework.vendors.gate import Gate
from zhunsheng.desk.forms import OrderForm
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.time import now
from zhunsheng.web.choosing import name_of

#: Seconds for which what was read is believed.
BELIEVED = 5.0
#: The name under which refusals are kept beside the findings of rules.
RULE = "vendors/new-order"
_held: list[tuple[float, Gate]] = []


def renew() -> Gate:
    """Read anew what orders are judged by."""
    found = queries.held()
    _held[:] = [(monotonic(), found)]
    return found


def gate() -> Gate:
    """Return what orders are judged by, at most some seconds old."""
    return _held[0][1] if _held and monotonic() - _held[0][0] <= BELIEVED else renew()


def refused(asked: OrderForm, institution_id: str) -> list[dict[str, Any]]:
    """Return the lines of an order that its vendor may not take on their day, with reason and citation.

    The history beside an order is work done and is never asked about. Raises Problem ZS651 for an unknown kind.
    """
    outside = [line for line in asked.lines if line.vendor_id]
    held = gate() if outside else None
    found = []
    for line in outside:
        asking = line.institution_id or asked.encounter.institution_id or institution_id
        kind = line.service_kind or ""
        why = held.refused(line.vendor_id or "", kind, line.at[0], member=asking, item=line.item_code) if held else None
        if why is not None:
            zh = asked.language == "zh"
            told = {"reason": why.reason, "text": why.zh if zh else why.en, "citation": why.cite if zh else why.cite_en}
            found.append({"line_id": line.line_id, "vendor_id": line.vendor_id, "service_kind": kind, **told})
    return found


def choices(scope: Scope, institution_id: str) -> list[dict[str, Any]]:
    """Return the vendors and kinds of service that a page offers who orders for an institution, the best rated first.

    A name says rating and light, and why the vendor takes no new orders today, if it takes none.
    """
    told = designation.places(scope, gate().serving(institution_id), now().date())
    return [{"value": f"{one.line.institution_id} {one.line.kind}", "name": name_of(one)} for one in told]


def reminder(one: dict[str, Any], reminder_id: str) -> dict[str, Any]:
    """Return what is kept of a refusal among the reminders: it is told like a finding and has no amount."""
    subject = f"{one['vendor_id']}|{one['service_kind']}|{one['line_id']}"
    return {
        "reminder_id": reminder_id,
        "finding_id": identity(RULE, subject),
        "rule_id": RULE,
        "subject_key": subject,
        "verdict": "violation",
        "amount_fen": 0,
    }
