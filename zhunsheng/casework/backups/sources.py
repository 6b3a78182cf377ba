"""Which files of a site go into a backup: all of its folder but what is named here, so that a new folder is not missed.

Order matters while the site runs on. Database and log are frozen before (``database``); a file that the database names
was on the disk before its row, so that whatever is listed afterwards holds it. Of the lake the snapshots are listed
first: what they name never changes. Entries of a table's log beyond the newest snapshot belong to an import that is
still under way and are left out.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator
from pathlib import Path

from zhunsheng.casework.backups.keys import key_files
from zhunsheng.facts import lake
from zhunsheng.kernel.home import Home
from zhunsheng.runs import store as run_store

#: Left out, by path below the site's folder: what is copied otherwise, made anew, somebody else's, or only a lock.
LEFT_OUT = {
    "zhunsheng.sqlite3*": "the database is copied by its own means",
    "telemetry.sqlite3*": "so are the readings",
    "telemetry/*.lock": "a lock",
    "telemetry/forward.sqlite3*": "on its way to the site",
    "log/log.db*": "so is the log",
    "log/log.lock": "a lock",
    "log/tiles*/*": "written anew from the log",
    "secret/*": "keys go apart and encrypted",
    "witnesses/*": "an older witness would cosign a second history",
    "static/*": "collected at each start",
    "demo/*": "invented files",
    "upkeep/*": "what this site knows of its own backups",
    "desk/*.duckdb*": "made from the lake",
    "desk/.*": "being made",
    "linted.json": "made from the rule book",
    "lake/lock": "a lock",
    "lake/writing": "set at each restore",
    "lake/tables/*/_delta_log/_last_checkpoint": "a hint that may name what is left out",
    "before-restore-*": "what a restore moved aside",
    "RESTORING": "the mark of a restore",
    ".*.part": "being written",
    "*/.*.part": "being written",
    "*/.*.part/*": "being written",
}


def files(site: Home) -> list[Path]:
    """Return the files of a site that go into a backup, keys aside."""
    snapshot = lake.latest(site)
    first = sorted((site.lake / "snapshots").glob("s*.json"))
    keys = set(key_files(site.root))
    found = dict.fromkeys(first)
    for path in sorted(_below(site.root)):
        if path not in keys and _wanted(site, path, snapshot):
            found[path] = None
    later = set((site.lake / "snapshots").glob("s*.json")) - set(first)
    return [path for path in found if path not in later]


def _below(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _wanted(site: Home, path: Path, snapshot: lake.Snapshot | None) -> bool:
    name = path.relative_to(site.root).as_posix()
    if any(fnmatch.fnmatchcase(name, pattern) for pattern in LEFT_OUT):
        return False
    if path.name == run_store.SERVING:  # the facts of older runs are made again by a replay
        return path.parent.name == run_store.current_id(site)
    if path.parent.name == "_delta_log":
        return _named(path, snapshot)
    return True


def _named(entry: Path, snapshot: lake.Snapshot | None) -> bool:
    """Whether an entry of a table's log belongs to a version that the newest snapshot names or an older one."""
    number = entry.name.split(".", 1)[0]
    named = (snapshot.tables if snapshot else {}).get(entry.parent.parent.name, -1)
    return number.isdigit() and int(number) <= named
