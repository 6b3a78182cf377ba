"""zhunsheng backup: make a backup while the site runs, check it, bring it back, and try it in a drill."""

from __future__ import annotations

import getpass
import json as jsons
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Annotated, Any

import typer

from zhunsheng.cli import show
from zhunsheng.cli.options import Json
from zhunsheng.cli.site import open_site
from zhunsheng.evidence import note, rollback
from zhunsheng.evidence.places import LogPlace
from zhunsheng.evidence.sequencer import only_one
from zhunsheng.evidence.store import Log
from zhunsheng.evidence.tiles import Folder
from zhunsheng.kernel.checks import Check
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.home import Home, home
from zhunsheng.kernel.time import at, epoch_seconds, now

app = typer.Typer(help="备份与恢复。Backups and restores.", no_args_is_help=True)

#: Holds the passphrase of the keys where nobody is there to type it.
PASSPHRASE = "ZHUNSHENG_BACKUP_PASSPHRASE"  # noqa: S105 - the name of a variable
MAIN = "from zhunsheng.cli import main; main()"

Place = Annotated[Path, typer.Argument(help="备份文件夹，或 .tar 文件。A folder of backups, or a .tar file.")]
Name = Annotated[str, typer.Option("--name", help="哪一份，默认最近。Which one; the newest by default.")]
Operator = Annotated[
    str, typer.Option("--operator", help="运行方公钥，核对签名。The operator's vkey, to check the signature.")
]
Keys = Annotated[bool, typer.Option("--keys", help="连同密钥，以口令加密。With the keys, under a passphrase.")]


@app.command("make")
def make(
    place: Place,
    keys: Keys = False,
    anew: Annotated[bool, typer.Option("--anew", help="每个文件都重新读取。Read every file again.")] = False,
    keep: Annotated[int | None, typer.Option("--keep", min=1, help="保留最近几份。Keep so many.")] = None,
    keep_days: Annotated[int | None, typer.Option("--keep-days", min=1, help="保留多少天。Keep so many days.")] = None,
    json: Json = False,
) -> None:
    """站点照常运行时备份。Make a backup while the site runs."""
    with show.problems(as_json=json):
        open_site()
        from zhunsheng.casework.backups import actions, vault

        wanted = actions.Wanted(_passphrase(twice=True) if keys else "", anew, keep, keep_days)
        with vault.made(place) as folder, show.progress(quiet=json) as tell:
            done = actions.make(folder, wanted, tell)
    told = _about(done)
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("check")
def check(
    place: Place,
    name: Name = "",
    operator: Operator = "",
    json: Json = False,
) -> None:
    """重读备份的全部内容，逐个核对摘要；不符时退出码为 3。Read all of a backup again; exit 3 when it differs."""
    with show.problems(as_json=json):
        from zhunsheng.casework.backups import vault

        with vault.opened(place) as folder, show.progress(quiet=json) as tell:
            manifest = folder.manifest(name)
            faults = folder.faults(manifest, tell)
            signed = _signature(folder.note(manifest.name), manifest, operator)
            unfinished = folder.unfinished()
    told = _about(manifest) | {"signature": signed, "faults": faults, "unfinished": unfinished}
    show.say(told, as_json=json, human=lambda: show.lines(told))
    if faults or signed == "refused":
        raise typer.Exit(show.ATTENTION)


@app.command("restore")
def restore(
    place: Place,
    name: Name = "",
    keys: Keys = False,
    over: Annotated[
        str, typer.Option("--over", help="站点目录非空时，写出其全路径：原有内容移到一旁。Names a home that is in use.")
    ] = "",
    operator: Operator = "",
    json: Json = False,
) -> None:
    """恢复到 ZHUNSHENG_HOME；目录须为空。Restore into ZHUNSHENG_HOME, which must be empty."""
    with show.problems(as_json=json):
        from zhunsheng.casework.backups import vault

        with vault.opened(place) as folder:
            began = perf_counter()
            manifest = folder.manifest(name)
            signed = _signature(folder.note(manifest.name), manifest, operator)
            if signed == "refused":  # before anything is moved aside
                raise Problem("ZS979", path=f"{manifest.name}.note", detail="signature")
            _clear(home().root, over, manifest.name)
            told = _brought_back(folder, manifest, _passphrase() if keys else "", quiet=json)
            told |= {"signature": signed, "seconds": round(perf_counter() - began, 1)}
    show.say(told, as_json=json, human=lambda: show.lines(told))


@app.command("examine")
def examine(
    place: Annotated[Path | None, typer.Argument(help="恢复所用的备份。The backup it was restored from.")] = None,
    name: Name = "",
    json: Json = False,
) -> None:
    """逐项检查站点，如同刚恢复；有缺则退出码为 3。Examine the site as after a restore; exit 3 when something lacks."""
    with show.problems(as_json=json):
        open_site()
        from zhunsheng.casework.backups import examine as looks
        from zhunsheng.casework.backups import vault

        if place is None:
            found = looks.examine(home())
        else:
            with vault.opened(place) as folder:
                found = looks.examine(home(), folder.manifest(name))
    show.say({"checks": [asdict(one) for one in found]}, as_json=json, human=lambda: show.checks("检查", found))
    if any(one.state == "missing" for one in found):
        raise typer.Exit(show.ATTENTION)


@app.command("drill")
def drill(
    place: Place,
    name: Name = "",
    mirror: Annotated[
        Path | None,
        typer.Option("--mirror", help="日志的镜像文件夹，默认本站的 tiles。The log's mirror; this site's by default."),
    ] = None,
    database: Annotated[
        str, typer.Option("--database", help="PostgreSQL 演练用的空库地址。An empty database for the drill.")
    ] = "",
    keys: Keys = False,
    json: Json = False,
) -> None:
    """恢复到临时目录并逐项检查，报告用时；有缺则退出码为 3。Restore into a scratch folder and examine it."""
    with show.problems(as_json=json):
        from zhunsheng.casework.backups import vault
        from zhunsheng.casework.backups.queries import remember

        site = home()
        with vault.opened(place) as folder, tempfile.TemporaryDirectory(prefix="zs-drill-") as scratch:
            manifest = folder.manifest(name)
            given = {"ZHUNSHENG_HOME": f"{scratch}/home", "DATABASE_URL": _database(manifest, database, scratch)}
            if keys:
                given[PASSPHRASE] = _passphrase()
            report = _drilled(folder, manifest, given, mirror or LogPlace(site.log).tiles.root, keys=keys)
        good = all(one["state"] != "missing" for one in report["checks"])
        remember(site, "drill", {"at": epoch_seconds(now()), "good": good, **report})
    found = [Check(**one) for one in report["checks"]]
    show.say({"good": good, **report}, as_json=json, human=lambda: _tell_drill(report, found))
    if not good:
        raise typer.Exit(show.ATTENTION)


def _tell_drill(report: dict[str, Any], found: list[Check]) -> None:
    show.checks(f"演练：备份 {report['name']}，恢复用时 {report['seconds']} 秒", found)


def _about(manifest: Any) -> dict[str, Any]:
    told = manifest.told
    return {
        "name": manifest.name,
        "digest": manifest.digest,
        "made_at": at(manifest.made_at).isoformat(),
        "files": len(manifest.items),
        "bytes": manifest.size,
        "database": told["database"]["vendor"],
        "evidence": told["database"]["last"],
        "log": told.get("log", {}).get("size", 0),
        "snapshot": told["snapshot"],
        "run": told["run"],
        "book": told["book"],
        "keys": any(item.path == "@keys" for item in manifest.items),
    }


def _signature(data: bytes | None, manifest: Any, operator: str) -> str:
    """Return how a manifest is signed: ``checked``, ``refused``, ``unchecked`` (nobody's key is known) or ``none``."""
    if data is None:
        return "refused" if operator else "none"
    place = LogPlace(home().log)
    key = note.parse_vkey(operator) if operator else None
    if key is None and place.operator.exists():
        key = note.load_skey(place.operator).verifier
    if key is None:
        return "unchecked"
    try:
        signed = note.parse(data)
        good = bool(note.verified(signed, [key])) and signed.text.split("\n")[2] == manifest.digest
    except (Problem, IndexError):
        good = False
    return "checked" if good else "refused"


def _clear(root: Path, over: str, name: str) -> None:
    """See that a home is empty, was being restored from the same backup, or is named; then its content goes aside.

    Raises Problem ZS974.
    """
    mark = root / "RESTORING"
    inside = [path for path in root.iterdir() if not path.name.startswith("before-restore-")] if root.exists() else []
    if mark.exists() and mark.read_text("utf-8") == name:
        return
    if inside and over != str(root):
        raise Problem("ZS974", place=root, word=root)
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = root / f"before-restore-{now():%Y%m%dT%H%M%S}"
    if inside:
        aside.mkdir(mode=0o700)
    for path in inside:
        path.rename(aside / path.name)
    mark.write_text(name, "utf-8")


def _brought_back(folder: Any, manifest: Any, passphrase: str, *, quiet: bool) -> dict[str, Any]:
    """Restore into the home of this process, whose mark of a restore goes when all is there."""
    open_site()
    from zhunsheng.casework.backups import actions

    with show.progress(quiet=quiet) as tell:
        done = actions.bring_back(folder, manifest, passphrase, tell)
    missing = sorted(name for name in manifest.told["keys"] if not (home().root / name).exists())
    (home().root / "RESTORING").unlink()
    return {"name": manifest.name, "home": str(home().root), **done, "keys_missing": missing}


def _database(manifest: Any, given: str, scratch: str) -> str:
    """Return the address of the drill's database. Raises Problem ZS974 where PostgreSQL needs one to be named."""
    if manifest.told["database"]["vendor"] == "sqlite":
        return f"sqlite:///{scratch}/home/zhunsheng.sqlite3"
    if not given or given == os.environ.get("DATABASE_URL"):
        raise Problem("ZS974", place="DATABASE_URL", word="--database")
    return given


def _drilled(folder: Any, manifest: Any, given: dict[str, str], mirror: Path, *, keys: bool) -> dict[str, Any]:
    """Restore and examine in processes of their own, as somebody would on another machine."""
    began = perf_counter()
    wanted = ["backup", "restore", str(folder.root), "--name", manifest.name, *(["--keys"] if keys else [])]
    restored = _said(wanted, given)
    seconds = round(perf_counter() - began, 1)
    scratch = Home(Path(given["ZHUNSHENG_HOME"]))
    fetched = _fetched(LogPlace(scratch.log), mirror)
    about = [str(folder.root), "--name", manifest.name] if keys else []
    checks = _said(["backup", "examine", *about], given)["checks"]
    if restored["last"] != manifest.told["database"]["last"]:
        checks.append(asdict(Check("备份", "missing", "恢复后的行数与备份时不同", "zhunsheng backup check")))
    return {"name": manifest.name, "seconds": seconds, "fetched": fetched, "checks": checks}


def _said(arguments: list[str], given: dict[str, str]) -> dict[str, Any]:
    """Run a command on the scratch folder; return what it says. Raises the Problem that stopped it."""
    command = [sys.executable, "-c", MAIN, *arguments, "--json"]
    done = subprocess.run(command, env={**os.environ, **given}, capture_output=True, text=True, check=False)
    try:
        told: dict[str, Any] = jsons.loads(done.stdout)
    except ValueError:
        raise RuntimeError(f"{arguments[:2]} said: {done.stderr[-2000:]}") from None
    if "error" in told:
        raise Problem(told["error"]["code"], **told["error"]["values"])
    return told


def _fetched(place: LogPlace, mirror: Path) -> int:
    """Fetch what a mirror of the log holds beyond the backup, as after a loss; return how many entries."""
    if not place.database.exists() or Folder(mirror).checkpoint() is None:
        return 0
    with only_one(place.database):
        log = Log(place.database)
        try:
            key = place.policy().logs.get(log.origin)
            return (
                rollback.recover(log, key, Folder(mirror)) if key is not None and log.size < _size(mirror, key) else 0
            )
        finally:
            log.close()


def _size(mirror: Path, key: note.Verifier) -> int:
    from zhunsheng.evidence import checkpoint

    head, _ = checkpoint.opened(Folder(mirror).checkpoint() or b"", key)
    return head.size


def _passphrase(*, twice: bool = False) -> str:
    """Return the passphrase of the keys, from the environment or typed. Raises Problem ZS975 when the two differ."""
    if given := os.environ.get(PASSPHRASE):
        return given
    typed = getpass.getpass("口令 passphrase: ")
    if twice and getpass.getpass("再输一次 again: ") != typed:
        raise Problem("ZS975", detail="两次输入不同 the two differ")
    return typed
