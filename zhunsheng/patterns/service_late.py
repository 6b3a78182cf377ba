"""SERVICE_LATE: an order finished after the moment by which it was agreed to be done."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import Said, found, gaps, no_measures

PATTERN = Pattern(
    name="service_late",
    template="T34",
    zh="超过约定时限",
    en="After the agreed time",
    kind="population",
    facts=("service_order",),
    columns=(),
    reasons={
        "done_late": ("晚于约定时限 {actual} 分钟完成", "Done {actual} minutes after the agreed time"),
        "due_missing": (
            "{actual} 份已完成的委托没有约定时限或完成时间，无法判定是否按时",
            "{actual} finished orders state no agreed time or no time of completion",
        ),
    },
    family="rows",
)
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the finished orders that were late, and once per vendor and month how many cannot be told."""
    unclear = []
    for order in load.service_orders:
        for row in bindings.on(order.ordered_on) if order.is_finished else ():
            if order.due_at is None or order.done_at is None:
                unclear.append((row, place(order.vendor_id, month(order.ordered_on)), "due_missing"))
            elif order.done_at > order.due_at:
                said = Said("done_late", "", str((order.done_at - order.due_at + 59) // 60))
                yield found(row, order.key, said, ("service_order", order.key))
    yield from gaps(unclear)
