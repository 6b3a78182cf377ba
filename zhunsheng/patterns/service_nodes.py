"""SERVICE_NODES: the course of an order: a node missing, before the ones that precede it, or too long after them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from zhunsheng.patterns.base import BindingColumn, Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier, month, place
from zhunsheng.patterns.services import Said, ServiceEvent, ServiceOrder, found, gaps, no_measures

PATTERN = Pattern(
    name="service_nodes",
    template="T34",
    zh="服务流程节点",
    en="Nodes of a service",
    kind="population",
    facts=("service_order", "service_event"),
    columns=(
        BindingColumn("service_kind", "text", "knowledge", "kind of service that the course belongs to"),
        BindingColumn("node", "text", "knowledge", "code of the node"),
        BindingColumn("position", "integer", "knowledge", "place of the node in the course", is_rank=True),
        BindingColumn(
            "max_minutes", "integer", "knowledge", "most minutes since the nodes before; empty: none stated", absent="0"
        ),
    ),
    reasons={
        "node_missing": ("缺少节点“{expected:nodes}”的记录", "There is no record of the node {expected:nodes}"),
        "node_order": (
            "节点“{expected:nodes}”早于其前面的节点 {actual} 分钟",
            "The node {expected:nodes} comes {actual} minutes before one that precedes it",
        ),
        "node_late": (
            "节点“{expected:node1}”距前面节点 {actual} 分钟，超过 {expected:word2} 分钟",
            "The node {expected:node1} came {actual} minutes after the ones before, more than {expected:word2}",
        ),
        "nodes_absent": (
            "{actual} 份已完成的委托没有任何节点记录，无法判定流程",
            "{actual} finished orders have no record of any node",
        ),
        "time_missing": (
            "{actual} 份委托有节点只记日期，无法判定先后与间隔",
            "Of {actual} orders a node states the day alone; order and spans cannot be told",
        ),
    },
    index=("service_kind",),
    family="rows",
)
#: First moment of a node, None where one of its records states the day alone.
Moments = dict[str, int | None]
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield what is wrong with each finished order, and once per vendor and month what cannot be told."""
    reached = _reached(load.service_events)
    unclear: dict[tuple[str, str, str], tuple[Any, str, str]] = {}
    for order in load.service_orders:
        rows = bindings.valid("service_kind", order.service_kind, order.ordered_on) if order.is_finished else []
        for rule_id in {row.rule_id for row in rows}:
            course = sorted((row for row in rows if row.rule_id == rule_id), key=lambda row: row.position)
            moments = reached.get((order.vendor_id, order.order_id), {})
            met = [row for row in course if row.node in moments]
            reason = "" if met else "nodes_absent"
            if any(moments[row.node] is None for row in met):
                reason = "time_missing"
            if reason:
                first = min(course, key=lambda row: str(row.point_id))
                where = place(order.vendor_id, month(order.ordered_on))
                unclear[rule_id, order.key, reason] = (first, where, reason)
            if met:
                yield from _missing(order, course, moments)
            if met and not reason:
                yield from _spans(order, met, moments)
    yield from gaps(unclear.values())


def _reached(events: tuple[ServiceEvent, ...]) -> dict[tuple[str, str], Moments]:
    found_: dict[tuple[str, str], Moments] = defaultdict(dict)
    for one in events:
        if one.order_id is not None:
            moments = found_[one.vendor_id, one.order_id]
            before = moments.get(one.node, one.happened_at)
            moments[one.node] = None if before is None or one.happened_at is None else min(before, one.happened_at)
    return found_


def _missing(order: ServiceOrder, course: list[Any], moments: Moments) -> Iterator[Hit]:
    for row in course:
        if row.node not in moments:
            yield found(row, order.key, Said("node_missing", row.node), ("service_order", order.key))


def _spans(order: ServiceOrder, met: list[Any], moments: Moments) -> Iterator[Hit]:
    """Yield nodes that come before or too long after the latest of those that precede them."""
    for row in met:
        earlier = [moments[one.node] or 0 for one in met if one.position < row.position]
        seconds = (moments[row.node] or 0) - max(earlier) if earlier else 0
        if seconds < 0:
            said = Said("node_order", row.node, str((59 - seconds) // 60))
            yield found(row, order.key, said, ("service_order", order.key))
        if row.max_minutes and seconds > 60 * row.max_minutes:
            said = Said("node_late", f"{row.node} {row.max_minutes}", str(seconds // 60))
            yield found(row, order.key, said, ("service_order", order.key))
