"""The logic, once per pattern: ``.sql`` for sets, ``.py`` for one person, ``.md`` the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zhunsheng.patterns import (
    after_death,
    bundle_split,
    clinician_overlap,
    cloned_charges,
    code_person,
    code_requires,
    contraindication,
    course_days,
    date_in_stay,
    dept_set,
    dose_range,
    drug_pair,
    dup_claim,
    dup_therapy,
    event_frequency,
    facility_required,
    group_visits,
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
    off_hours,
    org_level,
    overlap,
    pay_cap,
    price_ceiling,
    qty_cap,
    ratio_monitor,
    readmission,
    resale_prone,
    shared_contact,
    stock_balance,
    sudden_growth,
    tiered_price,
    trace_twice,
    units_vs_record,
    units_vs_stay,
    visit_in_stay,
    workload,
)
from zhunsheng.patterns.base import Bindings, Case, Hit, Pattern
from zhunsheng.patterns.population import Population

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
    code_person,
    code_requires,
    event_frequency,
    contraindication,
    drug_pair,
    dose_range,
    dup_therapy,
)

#: Patterns that look at everyone at once: they have no form for one person.
_WHOLE = (
    stock_balance,
    trace_twice,
    clinician_overlap,
    ratio_monitor,
    sudden_growth,
    off_hours,
    resale_prone,
    workload,
    shared_contact,
    group_visits,
    cloned_charges,
)

PATTERNS: dict[str, Pattern] = {module.PATTERN.name: module.PATTERN for module in (*_MODULES, *_WHOLE)}
POPULATIONS: dict[str, Population] = {m.PATTERN.name: Population(m.measures, m.judge) for m in _WHOLE}
JUDGES: dict[str, Callable[[Case, Bindings], Iterator[Hit]]] = {m.PATTERN.name: m.judge for m in _MODULES}

__all__ = ["JUDGES", "PATTERNS", "POPULATIONS", "Bindings", "Case", "Hit", "Pattern"]
