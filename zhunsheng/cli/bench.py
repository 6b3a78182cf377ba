"""zhunsheng bench: runs the measurements in benchmarks/, each beside its peer or floor."""

from __future__ import annotations

import ast
import subprocess
import sys
from json import loads
from pathlib import Path
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="只跑这些，默认全部。Only these; all by default.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="列出。List them.")] = False,
    json: Json = False,
) -> None:
    """测量数字，各与同伴或物理下限并列。Print the figures, each beside a peer or a floor of the same run."""
    found = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("*.py")) if not path.stem.startswith("_")}
    if listed:
        rows = [[name, _about(path)] for name, path in found.items()]
        show.say({"benchmarks": dict(rows)}, as_json=json, human=lambda: show.table("测量", ["名称", "量什么"], rows))
        return
    with show.problems(as_json=json):
        unknown = [name for name in names or () if name not in found]
        if unknown:
            raise Problem("ZS601", name=unknown[0], known=", ".join(found))
    done = {name: _run(found[name], quiet=json) for name in names or found}
    failed = [name for name, (code, _) in done.items() if code]
    if json:
        show.say({"figures": [figure for _, figures in done.values() for figure in figures]}, as_json=True, human=str)
    if failed:
        show.err.print(f"未完成：{'，'.join(failed)}")
        raise typer.Exit(show.ATTENTION)


def _about(script: Path) -> str:
    """Return the first line of a script's docstring."""
    return (ast.get_docstring(ast.parse(script.read_text("utf-8"))) or "").partition("\n")[0]


def _run(script: Path, *, quiet: bool) -> tuple[int, list[dict[str, Any]]]:
    """Run a measurement; ``quiet`` keeps its tables back and returns the figures of its JSON lines."""
    command = [sys.executable, "-m", f"benchmarks.{script.stem}"]
    if not quiet:
        show.out.rule(script.stem)
        return subprocess.run(command, cwd=ROOT, check=False).returncode, []
    done = subprocess.run(command, cwd=ROOT, check=False, stdout=subprocess.PIPE, text=True)
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    return done.returncode, [loads(line) for line in lines]
