"""zhunsheng upgrade: bring a database with rows to the present version, after a backup, and look at it afterwards."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import open_site
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import home


def upgrade(
    place: Annotated[Path, typer.Argument(help="先备份到这里。Where the backup goes first.")],
    plan: Annotated[bool, typer.Option("--plan", help="只说要做什么。Only say what would be done.")] = False,
    json: Json = False,
) -> None:
    """升级数据库：先备份，再逐步迁移，最后检查；中断后再执行即可。Back up, migrate, examine; run again after a kill."""
    with show.problems(as_json=json):
        open_site()
        from zhunsheng.casework.backups import examine

        if newer := examine.unknown():
            raise Problem("ZS978", waiting=0, first=newer[0])
        waiting = examine.pending()
        told = {"steps": waiting, "done": False}
        if waiting and not plan:
            told = _upgraded(place, waiting, quiet=json)
    show.say(told, as_json=json, human=lambda: _tell(told))
    if any(one["state"] == "missing" for one in told.get("checks", ())):
        raise typer.Exit(show.ATTENTION)


def _upgraded(place: Path, waiting: list[str], *, quiet: bool) -> dict[str, Any]:
    """Back up, migrate and examine. Each migration is one transaction, so that a kill leaves whole steps."""
    from django.core.management import call_command

    from zhunsheng.casework.backups import actions, examine, vault

    with vault.made(place) as folder, show.progress(quiet=quiet) as tell:
        copied = actions.copy(folder, actions.Wanted(), tell)
    began = perf_counter()
    call_command("migrate", verbosity=0 if quiet else 1, interactive=False)
    seconds = round(perf_counter() - began, 2)
    actions.upgraded(copied, waiting)
    checks = [asdict(one) for one in examine.examine(home())]
    return {"steps": waiting, "done": True, "backup": copied.name, "seconds": seconds, "checks": checks}


def _tell(told: dict[str, Any]) -> None:
    if not told["steps"]:
        show.out.print("数据库与程序版本一致，无须升级。")
        return
    show.table("升级步骤", ["步骤"], [[step] for step in told["steps"]])
    if told["done"]:
        from zhunsheng.kernel.checks import Check

        show.out.print(f"已备份 {told['backup']}，迁移用时 {told['seconds']} 秒。")
        show.checks("检查", [Check(**one) for one in told["checks"]])
