"""SERVICE_SCOPE: an item that the vendor was not licensed for on the day of the order."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import Said, ServiceOrder, found, gaps, no_measures

PATTERN = Pattern(
    name="service_scope",
    template="T29",
    zh="超出许可服务范围",
    en="Outside the licensed scope",
    kind="population",
    facts=("service_order", "result", "vendor_scope"),
    columns=(),
    reasons={
        "out_of_scope": (
            "项目 {actual:item} 在委托当日不在许可服务范围内",
            "The item {actual:item} was not within the licensed scope on the day of the order",
        ),
        "scope_missing": (
            "{actual} 个项目次无法判定：没有登记该机构的许可服务范围",
            "{actual} items cannot be told: no scope of this vendor is registered",
        ),
        "item_missing": (
            "{actual} 份委托没有载明项目，无法判定是否在许可范围内",
            "{actual} orders name no item, so that their scope cannot be told",
        ),
    },
    family="rows",
)
OPEN_STATES = (None, "accepted", "done")
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield orders with an item outside the scope, and once per vendor and month what cannot be told."""
    scoped = {one.vendor_id for one in load.vendor_scopes}
    unclear = []
    for order, item in sorted(_acts(load), key=str):
        for row in bindings.on(order.ordered_on):
            where = place(order.vendor_id, month(order.ordered_on))
            if order.vendor_id not in scoped:
                unclear.append((row, where, "scope_missing"))
            elif item is None:
                unclear.append((row, where, "item_missing"))
            elif not _licensed(load, order, item):
                yield found(row, order.key, Said("out_of_scope", "", item), ("service_order", order.key))
    yield from gaps(unclear)


def _acts(load: Load) -> set[tuple[ServiceOrder, str | None]]:
    """Return each order with the item ordered, and with those performed."""
    orders = {(one.vendor_id, one.order_id): one for one in load.service_orders if one.state in OPEN_STATES}
    done = {(one.vendor_id, one.order_id, one.item_code) for one in load.results if one.item_code is not None}
    performed = {(orders[vendor, order], item) for vendor, order, item in done if (vendor, order) in orders}
    return {(one, one.item_code) for one in orders.values()} | performed


def _licensed(load: Load, order: ServiceOrder, item: str) -> bool:
    held = (one for one in load.vendor_scopes if (one.vendor_id, one.item_code) == (order.vendor_id, item))
    day = order.ordered_on
    return any(one.valid_from <= day and (one.valid_to is None or day < one.valid_to) for one in held)
