"""Commands whose modules are read when they are asked for: to start one does not cost the libraries of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command


class Commands(Mapping[str, "TyperCommand | TyperGroup"]):
    """The commands by name, each made from ``module:function`` or ``module:app`` when first taken."""

    def __init__(self, places: Mapping[str, str]) -> None:
        self.places = places
        self.made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self.made:
            module, _, attribute = self.places[name].partition(":")
            self.made[name] = _made(name, getattr(import_module(module), attribute))
        return self.made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


def group(places: Mapping[str, str]) -> type[TyperGroup]:
    """Return the class of a group that has these commands: name to ``module:attribute``."""

    class Lazy(TyperGroup):
        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.commands = Commands(places)  # type: ignore[assignment]

    return Lazy


def _made(name: str, what: Any) -> Any:
    if not isinstance(what, typer.Typer):
        function, what = what, typer.Typer(pretty_exceptions_enable=False, add_completion=False)
        what.command(name)(function)
    command = get_command(what)
    command.name = name
    return command
