"""zhunsheng doctor: names what is missing and the command that mends it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path

import typer

from zhunsheng import runs
from zhunsheng.book import load
from zhunsheng.cli import show, site, upkeep
from zhunsheng.cli.options import Json
from zhunsheng.engines import spark
from zhunsheng.facts import lake
from zhunsheng.kernel.checks import Check
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import ROOT, home, rulebook
from zhunsheng.kernel.time import now
from zhunsheng.kernel.workdays import workday
from zhunsheng.patterns.lint import lint

#: Room that must be there, and the share of the disk below which it is nearly full.
NEED_FREE_GIB, NEED_FREE_SHARE = 2, 0.1


def doctor(json: Json = False) -> None:
    """检查这台机器与站点：缺什么，用哪条命令补。Name what is missing and the command that mends it."""
    checks = [_safely(look) for look in LOOKS]
    data = {"checks": [asdict(check) for check in checks]}
    show.say(data, as_json=json, human=lambda: show.checks("检查", checks))
    if any(check.state == "missing" for check in checks):
        raise typer.Exit(show.ATTENTION)


def _safely(look: Callable[[], Check]) -> Check:
    try:
        return look()
    except Problem as problem:
        told = problem.as_dict()
        return Check(look.__name__.strip("_"), "missing", f"{problem.code} {told['message']}", str(told["mend"]))


def _python() -> Check:
    seen = ".".join(str(part) for part in sys.version_info[:3])
    return Check(
        "Python",
        "well" if sys.version_info >= (3, 11) else "missing",
        seen,
        "" if sys.version_info >= (3, 11) else "安装 Python 3.11",
    )


def _libraries() -> Check:
    wrong = [f"{name} {have or '未装'}（锁定 {want}）" for name, want, have in _locked() if have != want]
    if not wrong:
        return Check("依赖", "well", "与锁定版本一致")
    return Check("依赖", "missing", "；".join(wrong[:4]), "make env")


def _locked() -> Iterator[tuple[str, str, str | None]]:
    lock = ROOT / "requirements" / "base.txt"
    for line in lock.read_text("utf-8").splitlines() if lock.exists() else ():
        if "==" in line and not line.startswith((" ", "#")) and ";" not in line:
            name, version = line.rstrip(" \\").split("==")
            yield name, version, _installed(name.split("[")[0])


def _installed(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _folder() -> Check:
    root = home().root
    parent = next(path for path in (root, *root.parents) if path.exists())
    free = shutil.disk_usage(parent).free / 2**30
    share = shutil.disk_usage(parent).free / shutil.disk_usage(parent).total
    state = "missing" if free < NEED_FREE_GIB else "poor" if share < NEED_FREE_SHARE else "well"
    mend = "" if state == "well" else "腾出空间，或用 ZHUNSHENG_HOME 指到别处"
    return Check("站点目录", state, f"{root}，余 {free:.1f} GiB（{share:.0%}）", mend)


def _assets() -> Check:
    built = ROOT / "zhunsheng" / "web" / "static" / "built"
    files = list(built.rglob("*.js")) if built.exists() else []
    return (
        Check("前端文件", "well", f"{len(files)} 个脚本")
        if files
        else Check("前端文件", "missing", "未构建", "make assets")
    )


def _book() -> Check:
    remarks = lint(load(rulebook(), home().book), now().date())
    errors = [one for one in remarks if one.level == "error"]
    if errors:
        return Check("规则库", "missing", errors[0].zh, "zhunsheng book lint")
    return Check(
        "规则库",
        "poor" if remarks else "well",
        f"{len(remarks)} 条提醒，无错误",
        "zhunsheng book lint" if remarks else "",
    )


def _lake() -> Check:
    snapshot = lake.latest(home())
    if snapshot is None:
        return Check("数据湖", "missing", "还没有数据", "zhunsheng import 文件夹，或 zhunsheng demo")
    return Check("数据湖", "well", f"快照 {snapshot.id}，{len(snapshot.batches)} 个批次")


def _run() -> Check:
    path = runs.current(home())
    if path is None or not path.exists():
        return Check("判定", "missing", "还没有运行", "zhunsheng run")
    return Check("判定", "well", path.parent.name)


def _workdays() -> Check:
    provisional = workday(date(now().year + 1, 1, 4)).provisional
    seen = "明年的调休尚未公布，期限按周一至周五暂算" if provisional else "节假日安排齐备"
    return Check(
        "工作日历", "poor" if provisional else "well", seen, "公布后升级 chinesecalendar" if provisional else ""
    )


def _tools() -> Check:
    lacking = [name for name in ("git", "node", "npm") if shutil.which(name) is None]
    if not lacking:
        return Check("工具", "well", "git、node、npm")
    built = Path(ROOT / "zhunsheng" / "web" / "static" / "built").exists()
    return Check("工具", "poor" if built else "missing", f"缺 {'、'.join(lacking)}", "用系统的软件包管理器安装")


def _walls() -> Check:
    """Row security is bypassed in silence by a superuser: then the scope is the only wall, as on SQLite."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return Check("数据库", "well", "SQLite，范围由程序把守")
    site.ready()
    from zhunsheng.casework.bodies import walls

    if walls.holds():
        return Check("数据库", "well", "PostgreSQL，行级安全生效")
    return Check("数据库", "missing", "PostgreSQL，行级安全对此角色无效", "换用非超级用户且无 BYPASSRLS 的角色")


def _spark() -> Check:
    """Spark is asked for by sites that judge on a cluster; without its environment nothing is missing."""
    if _installed("pyspark") is None and not (ROOT / ".venv-spark").exists():
        return Check("Spark", "well", "未安装，一般站点不需要")
    if spark.java() is None:
        return Check("Spark", "poor", "缺 Java，只能用 --remote 连接", "apt-get install openjdk-17-jre-headless")
    return Check("Spark", "well", f"可用，Java 在 {spark.java()}")


LOOKS = (_python, _libraries, _tools, _folder, _assets, _book, _lake, _run, _workdays, _walls, _spark, *upkeep.LOOKS)
