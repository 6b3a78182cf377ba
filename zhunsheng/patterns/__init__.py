"""The logic, once per pattern: ``.sql`` for sets, ``.py`` for one person, ``.md`` the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zhunsheng.patterns import (
    after_death,
    bundle_split,
    course_days,
    date_in_stay,
    dept_set,
    dup_claim,
    facility_required,
    insurance_type,
    item_age,
    item_requires_dx,
    item_requires_item,
    item_requires_prior,
    item_sex,
    item_visit_type,
    kind_cap,
    mutex_pair,
    not_payable,
    org_level,
    overlap,
    pay_cap,
    price_ceiling,
    qty_cap,
    readmission,
    supply_days,
    tiered_price,
    units_vs_record,
    units_vs_stay,
    visit_in_stay,
)
from zhunsheng.patterns.base import Bindings, Case, Hit, Pattern

_MODULES = (
    item_sex,
    item_age,
    item_requires_dx,
    item_requires_prior,
    item_visit_type,
    org_level,
    dept_set,
    insurance_type,
    not_payable,
    mutex_pair,
    qty_cap,
    dup_claim,
    overlap,
    course_days,
    item_requires_item,
    price_ceiling,
    tiered_price,
    pay_cap,
    bundle_split,
    kind_cap,
    date_in_stay,
    readmission,
    visit_in_stay,
    after_death,
    units_vs_stay,
    units_vs_record,
    facility_required,
    supply_days,
)

PATTERNS: dict[str, Pattern] = {module.PATTERN.name: module.PATTERN for module in _MODULES}
JUDGES: dict[str, Callable[[Case, Bindings], Iterator[Hit]]] = {m.PATTERN.name: m.judge for m in _MODULES}

__all__ = ["JUDGES", "PATTERNS", "Bindings", "Case", "Hit", "Pattern"]
