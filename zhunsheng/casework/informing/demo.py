"""The demo's notices: patients of the hospital were told of some orders; the last one declined.

The receipts lie in the site's secret folder, so that the public page can be tried. For demo sites only.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date
from itertools import groupby

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.scope import scope
from zhunsheng.casework.informing import actions, policies
from zhunsheng.casework.informing.models import ServiceNotice
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import home

#: Vendor, order, member that ordered, day of the order.
Row = tuple[str, str, str, date]
#: Notices of each vendor in the demo, at most.
MOST = 4


def tell(orders: Sequence[Row]) -> dict[str, str]:
    """Record a notice of each order (vendor, order, member) once; return the receipts by order.

    The last one is declined. Nothing where an account is missing or notices are there.
    """
    office = User.objects.filter(login="vendor-office").select_related("body").first()
    if office is None or ServiceNotice.objects.exists():
        return {}
    by, told = policies.sender(office), {}
    mine = _few([one for one in orders if one[2] in by.places])
    for number, (vendor, order, member, day) in enumerate(mine, 1):
        last = number == len(mine)
        given = {
            "vendor_id": vendor, "order_id": order, "institution_id": member, "told_on": str(day),
            "choice": "declines" if last else "accepts", "alternative": "own" if last else "elsewhere",
        }  # fmt: skip
        try:
            told[order] = actions.inform(by, scope(office), given)[1]
        except Problem:  # a vendor that never entered has no notices: that is part of the story
            continue
    path = home().root / "secret" / "demo-receipts.json"
    write_whole(path, json.dumps(told, ensure_ascii=False, indent=1).encode())
    path.chmod(0o600)
    return told


def _few(orders: Sequence[Row]) -> list[Row]:
    """The first few of each vendor."""
    by_vendor = [list(found) for _vendor, found in groupby(orders, key=lambda one: one[0])]
    return [one for found in by_vendor for one in found[:MOST]]
