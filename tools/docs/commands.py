"""The command line as its own help describes it."""

from __future__ import annotations

from collections.abc import Iterator

import typer
from click import Argument, Command, Context, Group, Parameter

from tools.docs.markdown import table

try:
    from zhunsheng.cli import app
except ImportError:
    app = None


def pages() -> dict[str, str]:
    """Return the one page."""
    if app is None:
        return {}
    root = typer.main.get_command(app)
    parts = ["# 命令行 · Command line\n", (root.help or "").strip() + "\n"]
    for name, command in _commands(root, Context(root, info_name="zhunsheng")):
        parts += [f"## `{name}`\n", (command.help or command.short_help or "").strip() + "\n", _parameters(command)]
    return {"cli.md": "\n".join(part for part in parts if part)}


def _commands(command: Command, context: Context) -> Iterator[tuple[str, Command]]:
    """Yield every command that does something, by its full name."""
    if not isinstance(command, Group):
        yield context.command_path, command
        return
    for name in command.list_commands(context):
        child = command.get_command(context, name)
        if child is not None and not child.hidden:
            yield from _commands(child, Context(child, info_name=name, parent=context))


def _parameters(command: Command) -> str:
    rows = [[_name(p), _default(p), getattr(p, "help", None) or ""] for p in command.params if p.name != "help"]
    return table(["参数 parameter", "默认 default", "说明 meaning"], rows) if rows else ""


def _name(parameter: Parameter) -> str:
    if isinstance(parameter, Argument):
        return f"`{(parameter.metavar or parameter.name or '').upper()}`"
    return " ".join(f"`{option}`" for option in (*parameter.opts, *parameter.secondary_opts))


def _default(parameter: Parameter) -> str:
    if parameter.required:
        return "必填 required"
    default = parameter.default
    return "" if default is None or callable(default) or default in ((), [], "") else f"`{default}`"
