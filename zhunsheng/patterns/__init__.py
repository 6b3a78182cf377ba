"""The logic, once per pattern: ``.sql`` for sets, ``.py`` for one person, ``.md`` the manual."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from zhunsheng.patterns import dup_claim, item_age, item_sex, mutex_pair, overlap, qty_cap
from zhunsheng.patterns.base import Bindings, Case, Hit, Pattern

_MODULES = (item_sex, item_age, mutex_pair, qty_cap, dup_claim, overlap)

PATTERNS: dict[str, Pattern] = {module.PATTERN.name: module.PATTERN for module in _MODULES}
JUDGES: dict[str, Callable[[Case, Bindings], Iterator[Hit]]] = {m.PATTERN.name: m.judge for m in _MODULES}

__all__ = ["JUDGES", "PATTERNS", "Bindings", "Case", "Hit", "Pattern"]
