"""The command line as its own help describes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from tools.docs.markdown import table
from zhunsheng.cli import app

HEAD = ["参数 parameter", "默认 default", "说明 meaning"]


def pages() -> dict[str, str]:
    """Return the one page."""
    root = get_command(app)
    parts = ["# 命令行 · Command line\n", (root.help or "").strip() + "\n"]
    for name, command in _commands("zhunsheng", root):
        parts += [f"## `{name}`\n", (command.help or "").strip() + "\n", _parameters(command)]
    return {"cli.md": "\n".join(part for part in parts if part)}


def _commands(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    """Yield every command that does something, by its full name."""
    if not isinstance(command, TyperGroup):
        yield name, command
        return
    for child_name, child in command.commands.items():
        if not child.hidden:
            yield from _commands(f"{name} {child_name}", child)


def _parameters(command: Any) -> str:
    rows = [[_name(p), _default(p), p.help or ""] for p in command.params if p.name != "help"]
    return table(HEAD, rows) if rows else ""


def _name(parameter: Any) -> str:
    if isinstance(parameter, TyperArgument):
        return f"`{parameter.name.upper()}`"
    return " ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Any) -> str:
    if parameter.required:
        return "必填 required"
    shown = parameter.default
    return "" if shown in (None, False, "", (), []) or callable(shown) else f"`{shown}`"
