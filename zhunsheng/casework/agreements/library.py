"""The checklist of agreements and the limits of conflicts that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.clauses import Clauses, load_clauses
from zhunsheng.book.conflict import ConflictRules, load_conflict
from zhunsheng.book.load import load_rule
from zhunsheng.book.models import Rule
from zhunsheng.kernel.home import rulebook

#: The rule that compares filed prices with those of public hospitals.
RULE = "vendors/filed-price"


def clauses() -> Clauses:
    """Return the checklist. Raises Problem ZS401, ZS650."""
    return load_clauses(rulebook())


def price_rule() -> Rule:
    """Return the rule of filed prices: its limit, and what it asks of a mean. Raises Problem ZS401, ZS402."""
    return load_rule(rulebook(), RULE)


def conflict() -> ConflictRules:
    """Return the limits. Raises Problem ZS401, ZS650."""
    return load_conflict(rulebook())
