"""The regimes and emergency plans that the rule book holds now."""

from __future__ import annotations

from zhunsheng.book.telemetry import AlarmKind, EmergencyPlan, Regime, load_plans, load_regimes
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import rulebook


def regimes() -> dict[str, Regime]:
    """Return the temperature regimes by id. Raises Problem ZS401, ZS403, ZS870."""
    return load_regimes(rulebook())


def regime(name: str) -> Regime:
    """Return a regime. Raises Problem ZS889 for one that the rule book does not hold."""
    found = regimes().get(name)
    if found is None:
        raise Problem("ZS889", name=name)
    return found


def plans() -> dict[AlarmKind, EmergencyPlan]:
    """Return the emergency plan that each kind of alarm opens. Raises Problem ZS401, ZS403, ZS870, ZS872."""
    return load_plans(rulebook())


def roles() -> dict[str, tuple[str, str]]:
    """Return the roles that emergency plans call, by id, with their names in both languages."""
    return {name: words for one in plans().values() for name, words in one.roles.items()}


def first_step() -> int | None:
    """Return within how many minutes of an excursion its emergency plan is to be under way.

    None of a book that has no one plan for each alarm: what does not rest on it goes on.
    """
    try:
        return plans()["excursion"].steps[0].minutes
    except Problem as problem:
        if problem.code != "ZS872":
            raise
        return None
