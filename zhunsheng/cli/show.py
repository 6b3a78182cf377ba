"""How commands speak: tables and progress for people, one JSON object on request, exit codes that scripts can use.

Exit codes: 0 done · 1 stopped by an error with a code · 2 wrong usage · 3 done, with something to look at.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from zhunsheng.kernel.checks import Check
from zhunsheng.kernel.errors import Problem

ATTENTION = 3
out = Console(soft_wrap=True)
err = Console(stderr=True)

STEPS = {
    "generate": "生成",
    "fleet": "生成车队",
    "read": "读取",
    "check": "检查",
    "write": "写入",
    "commit": "提交",
    "facts": "装入事实",
    "judge": "逐样式判定",
    "assemble": "汇成疑点",
    "indicators": "计算指标",
    "copy": "复制",
    "restore": "恢复",
}


def say(data: dict[str, Any], *, as_json: bool, human: Callable[[], None]) -> None:
    """Print one JSON object, or call ``human`` to print for a person."""
    if as_json:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2, default=str) + "\n")
    else:
        human()


def table(title: str, columns: list[str], rows: list[list[Any]]) -> None:
    """Print a table; numbers are right-aligned with thousands separators."""
    shown = Table(title=title, title_justify="left", header_style="bold")
    numeric = [all(isinstance(row[i], int) for row in rows) and bool(rows) for i in range(len(columns))]
    for name, right in zip(columns, numeric, strict=True):
        shown.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*(f"{cell:,}" if isinstance(cell, int) else str(cell) for cell in row))
    out.print(shown)


def checks(title: str, looked: Iterable[Check]) -> None:
    """Print what was looked at as a table: state, name, what was seen, the command that mends it."""
    states = {"well": "正常", "poor": "留意", "missing": "缺"}
    table(title, ["状态", "项", "所见", "补救命令"], [[states[c.state], c.name, c.seen, c.mend] for c in looked])


def lines(told: Mapping[str, object]) -> None:
    """Print names and values, one pair a line."""
    width = max(map(len, told)) + 2
    for name, value in told.items():
        out.print(f"{name:{width}}{value}", highlight=False, markup=False)


@contextmanager
def progress(*, quiet: bool = False) -> Iterator[Callable[[str, int, int | None], None]]:
    """Show one bar per step on standard error; ``quiet`` shows none."""
    if quiet:
        yield _nothing
        return
    bars: dict[str, TaskID] = {}
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=err, transient=False, disable=not err.is_terminal) as shown:

        def tell(step: str, done: int, total: int | None) -> None:
            if step not in bars:
                bars[step] = shown.add_task(STEPS.get(step, step), total=total)
            shown.update(bars[step], completed=done, total=total)

        yield tell


@contextmanager
def problems(*, as_json: bool) -> Iterator[None]:
    """Turn a Problem into words (or JSON) and exit code 1. Anything else is a defect and keeps its traceback."""
    try:
        yield
    except Problem as problem:
        told = problem.as_dict("zh")
        say({"error": told}, as_json=as_json, human=lambda: _tell(told))
        raise typer.Exit(1) from problem


def _tell(told: dict[str, Any]) -> None:
    err.print(f"[bold]{told['code']}[/bold] {told['message']}", highlight=False)
    err.print(f"  已保留：{told['kept']}\n  请：{told['mend']}", highlight=False)


def _nothing(step: str, done: int, total: int | None) -> None:
    """Show nothing."""
