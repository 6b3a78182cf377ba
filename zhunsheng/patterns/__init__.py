"""The logic, once per pattern: ``.sql`` for sets, ``.py`` for one person, ``.md`` the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zhunsheng.patterns import (
    dept_set,
    dup_claim,
    insurance_type,
    item_age,
    item_requires_dx,
    item_requires_prior,
    item_sex,
    item_visit_type,
    mutex_pair,
    not_payable,
    org_level,
    overlap,
    qty_cap,
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
)

PATTERNS: dict[str, Pattern] = {module.PATTERN.name: module.PATTERN for module in _MODULES}
JUDGES: dict[str, Callable[[Case, Bindings], Iterator[Hit]]] = {m.PATTERN.name: m.judge for m in _MODULES}

__all__ = ["JUDGES", "PATTERNS", "Bindings", "Case", "Hit", "Pattern"]
