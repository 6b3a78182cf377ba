"""Files a price on the vendor's own page: dated, with a reason, compared at once, and handed in for import.

The rule of filed prices reads the facts, so a filing goes there the way all facts go: as a file that somebody of the
authority confirms. Until then the public list does not show it.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from zhunsheng.casework.agreements import facts, forms
from zhunsheng.casework.agreements.facts import Window
from zhunsheng.casework.agreements.models import PriceFiling
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body, BodyKind, Duty, DutyName, User
from zhunsheng.casework.bodies.permissions import REGION_KINDS, duties_held
from zhunsheng.casework.bodies.scope import Scope
from zhunsheng.casework.imports.actions import hand_in
from zhunsheng.casework.imports.inbox import receive
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.outbox.actions import append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.quantity import plain
from zhunsheng.kernel.time import now

#: The columns of the file of prices, as the mapping of ``vendor_service`` reads them.
HEAD = ("第三方服务机构代码", "项目编码", "项目名称", "备案单价", "有效期起")
FILERS = frozenset({DutyName.HEAD, DutyName.OFFICE})


def files(user: User) -> bool:
    """Whether a user may file prices: head or office of a vendor."""
    return user.body is not None and user.body.kind == BodyKind.VENDOR and bool(duties_held(user) & FILERS)


@deed
def file_price(actor: User, scope: Scope, given: forms.Given, window: Window) -> PriceFiling:
    """File a price of the actor's own vendor from a day on. Nothing that was filed is written over.

    Raises Problem ZS702, ZS671 for a wrong field, ZS673 for a second price of one day, ZS863 for a day that has passed.
    """
    if not files(actor) or actor.body is None:
        raise Problem("ZS702")
    values = forms.price(given)
    if len(values["reason"]) < 2:
        raise forms.wrong("调整理由", "须写明定价或者调整的理由")
    if values["unit_price_e6"] == 0:
        raise forms.wrong("单价", "须大于 0")
    if values["valid_from"] < now().date():
        raise Problem("ZS863", from_on=values["valid_from"])
    code = actor.body.institution_code
    known = {(one["item_code"], one["valid_from"]) for one in facts.filed_by(scope, code)}
    same = PriceFiling.objects.filter(institution_id=code, item_code=values["item_code"])
    if (values["item_code"], values["valid_from"]) in known or same.filter(valid_from=values["valid_from"]).exists():
        raise Problem("ZS673", from_on=values["valid_from"], what="项目")
    made = PriceFiling.objects.create(
        institution_id=code, **values, **_compared(values, window), filed_by=actor, filed_at=now()
    )
    made.delivery = _handed_in(actor, made)
    made.save(update_fields=["delivery"])
    told = {**values, "valid_from": str(made.valid_from), "ratio_bp": made.ratio_bp, "run": made.run}
    append(actor, "price.filed", f"vendor:{code}", {**told, "delivery": made.delivery_id})
    return made


def _compared(values: dict[str, Any], window: Window) -> dict[str, Any]:
    """Return what the price is beside the mean of the run that is read now; nothing before the first run."""
    file = lake.current_run()
    if file is None:
        return {}
    mean = facts.mean_now(file, values["item_code"], window)
    ratio = mean.ratio_bp(values["unit_price_e6"])
    return {"mean_e6": mean.mean_e6, "ratio_bp": ratio, "lines": mean.lines, "run": file.path.parent.name}


def _handed_in(actor: User, made: PriceFiling) -> Import | None:
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
