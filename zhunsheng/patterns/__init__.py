"""The logic, once per pattern: ``.sql`` for sets, ``.py`` for one person, ``.md`` the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zhunsheng.patterns import (
    after_death,
    date_in_stay,
    dup_claim,
    facility_required,
    item_age,
    item_sex,
    mutex_pair,
    overlap,
    qty_cap,
    readmission,
    units_vs_record,
    units_vs_stay,
    visit_in_stay,
)
from zhunsheng.patterns.base import Bindings, Case, Hit, Pattern

_MODULES = (
    item_sex,
    item_age,
    mutex_pair,
    qty_cap,
    dup_claim,
    overlap,
    date_in_stay,
    readmission,
    visit_in_stay,
    after_death,
    units_vs_stay,
    units_vs_record,
    facility_required,
)

PATTERNS: dict[str, Pattern] = {module.PATTERN.name: module.PATTERN for module in _MODULES}
JUDGES: dict[str, Callable[[Case, Bindings], Iterator[Hit]]] = {m.PATTERN.name: m.judge for m in _MODULES}

__all__ = ["JUDGES", "PATTERNS", "Bindings", "Case", "Hit", "Pattern"]
