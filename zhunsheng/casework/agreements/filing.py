"""What goes with a price that a vendor files on its page: who may, the comparison at once, and the file for import.

The rule of filed prices reads the facts, so a filing goes there the way all facts go: as a file that somebody of the
authority confirms. Until then the public list does not show it.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from zhunsheng.casework.agreements.facts import Mean
from zhunsheng.casework.agreements.models import PriceFiling
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, BodyKind, Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import REGION_KINDS, duties_held
from zhunsheng.casework.imports.actions import hand_in
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.imports.models import Import
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now

#: The columns of the file of prices, as the mapping of ``vendor_service`` reads them.
HEAD = ("第三方服务机构代码", "项目编码", "项目名称", "备案单价", "有效期起")
FILERS = frozenset({DutyName.HEAD, DutyName.OFFICE})


def files(user: User) -> bool:
    """Whether a user may file prices: head or office of a vendor."""
    return user.body is not None and user.body.kind == BodyKind.VENDOR and bool(duties_held(user) & FILERS)


def compared(values: dict[str, Any], mean: Mean) -> dict[str, Any]:
    """Return what the price is beside the mean of the run that is read now; nothing before the first run."""
    file = lake.current_run()
    if file is None:
        return {}
    ratio = mean.ratio_bp(values["unit_price_e6"])
    return {"mean_e6": mean.mean_e6, "ratio_bp": ratio, "lines": mean.lines, "run": file.path.parent.name}


def handed_in(actor: User, made: PriceFiling) -> Import | None:
    """Hand the filing in at the authority that imports; None where nobody does, and the filing waits."""
    with walls.within(walls.SITE):
        holds = Duty.objects.on(now().date()).filter(name=DutyName.IMPORTER, body__kind__in=sorted(REGION_KINDS))
        body = Body.objects.filter(pk__in=holds.values("body")).order_by("pk").first()
        if body is None:
            return None
        stem = f"price-{made.institution_id}-{made.item_code}-{made.valid_from}"
        return hand_in(actor, [receive(f"{stem}.csv", [_sheet(made)])], body)


def _sheet(made: PriceFiling) -> bytes:
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\r\n")
    out.writerow(HEAD)
    price = plain(made.unit_price_e6, 6)
    out.writerow([made.institution_id, made.item_code, made.item_name, price, str(made.valid_from)])
    return ("\ufeff" + text.getvalue()).encode()
