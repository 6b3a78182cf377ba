"""NOT_TOLD: a service of a vendor to a patient who was not told, or who had declined it."""

from __future__ import annotations

from collections.abc import Iterator

from zhunsheng.patterns.base import Bindings, Hit, Pattern
from zhunsheng.patterns.population import Load, Measure, Outlier
from zhunsheng.patterns.services import Said, found, no_measures

PATTERN = Pattern(
    name="not_told",
    template="T13",
    zh="未告知患者",
    en="Patient not told",
    kind="population",
    facts=("service_order",),
    columns=(),
    reasons={
        "not_told": (
            "没有已告知患者由第三方提供服务的记录",
            "There is no record that the patient was told who performs the service",
        ),
        "declined_done": ("患者已拒绝，服务仍然完成", "The patient declined, and the service was done nevertheless"),
    },
    family="rows",
)
measures = no_measures


def judge(load: Load, bindings: Bindings, _found: list[Measure], _outliers: list[Outlier]) -> Iterator[Hit]:
    """Yield the finished orders of patients who were not told or had declined."""
    for order in load.service_orders:
        for row in bindings.on(order.ordered_on) if order.is_finished and order.person_id is not None else ():
            if order.declined:
                yield found(row, order.key, Said("declined_done"), ("service_order", order.key))
            if not order.told:
                yield found(row, order.key, Said("not_told"), ("service_order", order.key))
