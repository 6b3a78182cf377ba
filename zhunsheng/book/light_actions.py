"""What lights can open (``rulebook/lights/actions.yaml``), and how the effect of a rectification is measured."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from pydantic import Field, TypeAdapter, model_validator

from zhunsheng.book.cycles import Cite, Name
from zhunsheng.book.entry import Entry
from zhunsheng.book.reading import file_text, validated


class Action(Entry):
    """What a light can open: a move of the life-cycle of alerts, and the case that the move opens beside it.

    ``opens`` is a life-cycle whose opening fields ``fields`` fills, its words with {light}, {reason} and {number}.
    ``moves`` is ``cycle.move`` of the vendor's open cases that the same body handles, with the same fields. ``hurts``:
    it takes something away from somebody, so two people decide. ``at_once``: the run does it when the light comes on,
    and no step of a person, for each of the vendor's lines in service, with {kind}, {month}, {day}, {due} (so many
    ``days`` on), {cases} and {share} beside the other words; where a case of that life-cycle and kind is open, its
    move ``again`` is taken instead.
    """

    id: str = Name
    zh: str
    en: str
    move: str = ""
    at_once: bool = False
    again: str = Field(default="", pattern=r"^[a-z_]*$")
    days: int = Field(default=30, ge=1, le=365)
    hurts: bool
    opens: str = ""
    moves: str = Field(default="", pattern=r"^([a-z_]+\.[a-z_]+)?$")
    fields: dict[str, str] = Field(default_factory=dict)
    cite: str

    @model_validator(mode="after")
    def _by_somebody(self) -> Action:
        """A person's step has a move; what a run does opens something and takes nothing away."""
        _check(self.at_once != bool(self.move), f"{self.id}: a step of a person, or at once")
        _check(not self.at_once or (bool(self.opens) and not self.hurts), f"{self.id}: a run only opens")
        _check(not self.again or self.at_once, f"{self.id}: only what a run opens comes again")
        return self


class EffectRule(Entry):
    """How the effect of a rectification is measured: so many months on each side, and what chance may explain."""

    months: int = Field(ge=1, le=12)
    z_e2: int = Field(ge=100)
    cite: str


class Actions(Entry):
    """The actions that lights name, and how the effect of a rectification is measured."""

    cites: dict[str, Cite]
    effect: EffectRule
    actions: tuple[Action, ...]

    def named(self, key: str) -> Action | None:
        """Return an action by its id, or None."""
        return next((one for one in self.actions if one.id == key), None)


def _check(holds: bool, told: str) -> None:
    if not holds:
        raise ValueError(told)


def load_actions(folder: Path) -> Actions:
    """Return what lights can open. Raises Problem ZS401, ZS620."""
    path = folder / "lights" / "actions.yaml"
    return _actions(file_text(path), path.name)


@lru_cache(maxsize=16)
def _actions(text: str, name: str) -> Actions:
    return validated(TypeAdapter(Actions), text, name)
