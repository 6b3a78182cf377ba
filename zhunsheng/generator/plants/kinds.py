"""The words of the answer key and the shape of a scenario, in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from zhunsheng.generator.knowledge import Index, Point

SEX = "fund/sex-limited-service"
AGE = "fund/age-limited-service"
PAIR = "fund/duplicate-charge"
CAP = "fund/daily-quantity-cap"
CLAIM = "fund/duplicate-claim"
STAYS = "fund/overlapping-stays"
RULES = (SEX, AGE, PAIR, CAP, CLAIM, STAYS)

VIOLATION, LOOK_ALIKE, UNKNOWN = "violation", "look_alike", "unknown"
#: Whether a case was written from the pattern's definition or from the sentence of the standard alone.
PATTERN, STANDARD = "pattern", "standard"


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of case. ``points`` finds the knowledge points it may use, None for a rule without knowledge.

    ``in_force`` says whether the point is valid in the month of the case, or in no part of it.
    """

    rule: str
    kind: str
    author: str
    note: str
    build: Callable[..., None]
    points: Callable[[Index], list[Point]] | None = None
    in_force: bool = True


SCENARIOS: list[Scenario] = []


def scenario(
    rule: str,
    kind: str,
    note: str,
    points: Callable[[Index], list[Point]] | None = None,
    author: str = PATTERN,
    *,
    in_force: bool = True,
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Register a function as the builder of a scenario. It receives a stage, and a point where the rule has any."""

    def register(build: Callable[..., None]) -> Callable[..., None]:
        SCENARIOS.append(Scenario(rule, kind, author, note, build, points, in_force))
        return build

    return register
