"""The checklist of agreements and the limits of conflicts that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.clauses import Clauses, load_clauses
from zhunsheng.book.conflict import ConflictRules, load_conflict
from zhunsheng.kernel.home import rulebook


def clauses() -> Clauses:
    """Return the checklist. Raises Problem ZS401, ZS650."""
    return load_clauses(rulebook())


def conflict() -> ConflictRules:
    """Return the limits. Raises Problem ZS401, ZS650."""
    return load_conflict(rulebook())
