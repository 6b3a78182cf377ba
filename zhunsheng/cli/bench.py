"""zhunsheng bench: runs the measurements in benchmarks/, each beside its peer or floor."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from zhunsheng.cli import show
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT


def bench(
    names: Annotated[list[str] | None, typer.Argument(help="只跑这些，默认全部。Only these; all by default.")] = None,
    listed: Annotated[bool, typer.Option("--list", help="列出。List them.")] = False,
) -> None:
    """测量数字，各与同伴或物理下限并列。Print the figures, each beside a peer or a floor of the same run."""
    found = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("*.py")) if not path.stem.startswith("_")}
    if listed:
        show.table("测量", ["名称", "文件"], [[name, path.name] for name, path in found.items()])
        return
    with show.problems(as_json=False):
        unknown = [name for name in names or () if name not in found]
        if unknown:
            raise Problem("ZS601", name=unknown[0], known=", ".join(found))
    failed = [name for name in names or found if _run(found[name])]
    if failed:
        show.err.print(f"未完成：{'，'.join(failed)}")
        raise typer.Exit(show.ATTENTION)


def _run(script: Path) -> int:
    show.out.rule(script.stem)
    return subprocess.run([sys.executable, str(script)], cwd=ROOT, check=False).returncode
