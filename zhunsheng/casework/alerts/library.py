"""The lights that the rule book holds now, by what they are named, and what they can open."""

from __future__ import annotations

from zhunsheng.book.light_actions import Action, Actions, load_actions
from zhunsheng.book.lights import Light, load_lights
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import rulebook


def lights() -> dict[str, Light]:
    """Return the lights by id. Raises Problem ZS401, ZS403, ZS404, ZS620."""
    return load_lights(rulebook())


def actions() -> Actions:
    """Return what lights can open. Raises Problem ZS401, ZS620."""
    return load_actions(rulebook())


def opened_by(light_id: str, colour: str) -> list[Action]:
    """Return what a light opens in a colour; none for a light that the book no longer holds."""
    light, known = lights().get(light_id), actions()
    named = light.actions.get(colour, ()) if light else ()  # type: ignore[call-overload]
    return [one for name in named if (one := known.named(name))]


def book_digest() -> str:
    """Return the name of the exact content of all lights."""
    return digest(canonical([one.model_dump(mode="json") for one in lights().values()]))
