"""SURGE_DELAY: far more orders than in the months before, and fewer of them on time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from zhunsheng.kernel.time import parse_date
from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import EVIDENCE, Load, Measure, Outlier, place
from zhunsheng.patterns.services import Said, ServiceOrder, found, no_measures

PATTERN = Pattern(
    name="surge_delay",
    template="T33",
    zh="量增而及时率下降",
    en="More orders, fewer on time",
    kind="population",
    facts=("service_order",),
    columns=(
        BindingColumn("months", "integer", "parameter", "months before, all with orders, that a month is held against"),
        BindingColumn("growth_percent", "integer", "parameter", "percent of their mean that the orders must reach"),
        BindingColumn("on_time_percent", "integer", "parameter", "percent on time below which the month must lie"),
        BindingColumn(
            "min_orders", "integer", "parameter", "orders of the month judged on time below which none is told"
        ),
    ),
    reasons={
        "surge": (
            "本月 {actual:word1} 单，此前共 {expected:word1} 单；{actual:word3} 单中迟延 {actual:word2} 单",
            "{actual:word1} orders, {expected:word1} in the months before; {actual:word2} of {actual:word3} late",
        ),
    },
    family="rows",
)
measures = no_measures


@dataclass
class _Month:
    """The orders of a vendor, kind of service and month: how many, how many can be told, which were late."""

    orders: int = 0
    told: int = 0
    late: list[ServiceOrder] = field(default_factory=list)


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the months with far more orders of which fewer were on time, beside the late orders."""
    months: dict[tuple[str, str, int], _Month] = defaultdict(_Month)
    for one in load.service_orders:
        if one.state != "cancelled":
            now = months[one.vendor_id, one.service_kind, one.ordered_on.year * 12 + one.ordered_on.month]
            now.orders += 1
            if one.is_finished and one.due_at is not None and one.done_at is not None:
                now.told += 1
                now.late += [one] if one.done_at > one.due_at else []
    for (vendor, kind, number), now in months.items():
        period = f"{(number - 1) // 12:04d}-{(number - 1) % 12 + 1:02d}"
        for row in bindings.on(parse_date(f"{period}-01")):
            before = [
                months[vendor, kind, n] for n in range(number - row.months, number) if (vendor, kind, n) in months
            ]
            orders, told = sum(one.orders for one in before), sum(one.told for one in before)
            late = sum(len(one.late) for one in before)
            if (
                len(before) == row.months
                and now.told >= row.min_orders
                and now.orders * row.months * 100 >= orders * row.growth_percent
                and (now.told - len(now.late)) * 100 < now.told * row.on_time_percent
                and len(now.late) * told > late * now.told
            ):
                key = place(vendor, period, kind)
                said = Said("surge", f"{orders} {row.months}", f"{now.orders} {len(now.late)} {now.told}")
                yield found(row, key, said, ("institution", key))
                for one in sorted(now.late, key=lambda one: one.order_id)[:EVIDENCE]:
                    yield found(row, key, said, ("service_order", one.key), "other")
