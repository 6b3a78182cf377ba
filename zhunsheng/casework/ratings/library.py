"""The scorecards that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.incentives import Incentives, load_incentives
from zhunsheng.book.scorecards import Card, load_cards
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import rulebook


def cards() -> dict[str, Card]:
    """Return the scorecards by id. Raises Problem ZS401, ZS403, ZS620."""
    return load_cards(rulebook())


def card(name: str) -> Card:
    """Return a scorecard. Raises Problem ZS622 for a name that the rule book does not hold."""
    found = cards().get(name)
    if found is None:
        raise Problem("ZS622", name=name)
    return found


def incentives() -> Incentives:
    """Return what standings lead to beside cases. Raises Problem ZS401, ZS620."""
    return load_incentives(rulebook())


def digest_of(one: Card) -> str:
    """Return the name of the exact content of a scorecard."""
    return digest(canonical(one.model_dump(mode="json")))
