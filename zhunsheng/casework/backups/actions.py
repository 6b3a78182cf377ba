"""Making a backup and bringing one back, each with its evidence.

Order of a backup: the readings are frozen, then the database, then the log, so that the log holds at least what the
database says it holds; then the keys that rows got in between; then all files. The manifest comes last.
"""

from __future__ import annotations

import json
import os
import re
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from zhunsheng import __version__
from zhunsheng.book import load
from zhunsheng.casework.backups import database, keys, sources
from zhunsheng.casework.backups.queries import remember
from zhunsheng.casework.backups.vault import Item, Manifest, Vault, full, hashed
from zhunsheng.casework.bodies import walls
from zhunsheng.casework.outbox.actions import Process, append, deed, step_over
from zhunsheng.casework.seals.actions import take_keys
from zhunsheng.evidence import note, store
from zhunsheng.evidence.places import LogPlace
from zhunsheng.facts import lake
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, write_whole
from zhunsheng.kernel.home import Home, home, rulebook
from zhunsheng.kernel.time import epoch_seconds, now
from zhunsheng.runs import store as run_store

Tell = Callable[[str, int, int | None], None]
PREFIX, SECRET = "ZHUNSHENG_", ("SECRET", "KEY", "TOKEN", "PASSPHRASE")
#: User and password in an address, such as that of the mail server.
_LOGIN = re.compile(r"://.*@")
KEYS, LOG, LATER, READINGS = "@keys", "@log.db", "@later-keys", "@readings.sqlite3"
MARK = "RESTORING"
#: Evidence goes on at a multiple of this after a restore: the number of a row that was lost is not given again. Another
#: one for each minute since the backup, so that two restores of one backup do not give the same numbers.
LEAP = 1_000_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a backup is asked for: keys under a passphrase, reading each file anew, how many or how old ones stay."""

    passphrase: str = ""
    anew: bool = False
    keep: int | None = None
    keep_days: int | None = None


def make(vault: Vault, wanted: Wanted, tell: Tell) -> Manifest:
    """Make a backup of the site that runs or stands still, with evidence. Raises Problem ZS971, ZS973 or ZS975."""
    manifest = copy(vault, wanted, tell)
    told = {"digest": manifest.digest, "bytes": manifest.size}
    deed(append)(Process("backup"), "backup.made", f"backup:{manifest.name}", told)
    return manifest


def upgraded(manifest: Manifest, steps: list[str]) -> None:
    """Leave evidence of an upgrade, and of the backup that came before it."""
    told = {"digest": manifest.digest, "steps": steps, "version": __version__}
    deed(append)(Process("upgrade"), "site.upgraded", f"backup:{manifest.name}", told)


def copy(vault: Vault, wanted: Wanted, tell: Tell) -> Manifest:
    """Make a backup and leave no row: also of a database whose tables are of an older version."""
    site, moment = home(), now()
    name = moment.strftime("%Y%m%dT%H%M%S")
    hidden = keys.sealed(site.root, wanted.passphrase) if wanted.passphrase else b""
    if name in vault.names():
        raise Problem("ZS972", folder=vault.root, name=name, begun="同一秒内已有一份 made within the same second")
    with vault.writing(name):
        manifest = Manifest(name, epoch_seconds(moment))
        _frozen(vault, manifest, site)
        if hidden:
            manifest.items.append(_item(vault, KEYS, hidden))
        manifest.told |= _about(site) | {"keys": keys.prints(site.root)}
        known = {} if wanted.anew or not vault.names() else {one.path: one for one in vault.manifest().items}
        manifest.items += _copied(vault, site, known, tell)
        vault.finish(manifest, _signed(site, manifest))
        oldest = manifest.made_at - wanted.keep_days * 86_400 if wanted.keep_days else None
        vault.retain(wanted.keep, oldest)
    remember(site, "backup", {"at": manifest.made_at, "name": name, "digest": manifest.digest, "bytes": manifest.size})
    return manifest


def bring_back(vault: Vault, manifest: Manifest, passphrase: str, tell: Tell) -> dict[str, Any]:
    """Bring a backup back into the folder of this process, which the caller has found empty or cleared.

    May be run again after a kill. Raises Problem ZS979 for a content that is not what it was, ZS973, ZS975.
    """
    site = home()
    done = 0
    for item in manifest.items:
        if not item.path.startswith("@"):
            _placed(vault, item, keys.inside(site.root, item.path))
            done += item.size
            tell("restore", done, manifest.size)
    (site.lake / "writing").touch() if site.lake.exists() else None
    special = {item.path: vault.object(item.digest) for item in manifest.items if item.path.startswith("@")}
    for item in manifest.items:
        if item.path.startswith("@") and hashed(vault.object(item.digest)) != item.digest:
            raise Problem("ZS979", path=item.path, detail="digest")
    if passphrase and KEYS in special:
        keys.unseal(special[KEYS].read_bytes(), passphrase, site.root)
    frozen = special[f"@{database.NAMES[manifest.told['database']['vendor']]}"]
    if connection.vendor != manifest.told["database"]["vendor"]:
        raise Problem("ZS974", place=connection.vendor, word=manifest.told["database"]["vendor"])
    if connection.vendor == "sqlite" or database.empty():  # killed after it: it is one transaction there
        database.thaw(frozen, Path(connection.settings_dict["NAME"]))
    if READINGS in special:
        database.thaw_readings(special[READINGS])
    if LOG in special:
        _log_back(site, special[LOG])
    return _settled(site, manifest, json.loads(special[LATER].read_bytes()))


@deed
def _settled(site: Home, manifest: Manifest, later: dict[str, str]) -> dict[str, Any]:
    """Join database and log again: keys that came later, and numbers that nobody was given. Leaves evidence."""
    with walls.within(walls.SITE):
        fresh = {int(pk): bytes.fromhex(key) for pk, key in later.items()}
        take_keys(fresh)
    frozen = manifest.told["database"]
    logged = _logged(site)
    minutes = max(0, epoch_seconds(now()) - manifest.made_at) // 60
    following = (max(frozen["last"], logged) // LEAP + 1 + minutes) * LEAP
    step_over(following)
    told = {"digest": manifest.digest, "last": frozen["last"], "logged": logged, "following": following}
    append(Process("backup"), "backup.restored", f"backup:{manifest.name}", told)
    return told


def _logged(site: Home) -> int:
    """Return the highest number of a row that the log holds."""
    place = LogPlace(site.log)
    if not place.database.exists():
        return 0
    with closing(store.Log(place.database)) as log:
        return log.highest("outbox")


def _frozen(vault: Vault, manifest: Manifest, site: Home) -> None:
    """Freeze the database, then the log, then take the keys that rows got in between."""
    with tempfile.TemporaryDirectory(dir=vault.root, prefix=".frozen-") as folder:
        name = database.NAMES[connection.vendor]
        try:
            if database.freeze_readings(Path(folder) / "readings"):
                with (Path(folder) / "readings").open("rb") as file:
                    manifest.items.append(_of(vault.put(file), READINGS))
            manifest.told["database"] = database.freeze(Path(folder) / name)
        except sqlite3.Error as error:
            raise full(error, vault.root) from error
        with (Path(folder) / name).open("rb") as file:
            manifest.items.append(_of(vault.put(file), f"@{name}"))
        place = LogPlace(site.log)
        if place.database.exists():
            copy = Path(folder) / "log.db"
            manifest.told["log"] = _log_frozen(place, copy)
            with copy.open("rb") as file:
                manifest.items.append(_of(vault.put(file), LOG))
    waiting = manifest.told["database"].pop("waiting")
    manifest.items.append(_item(vault, LATER, canonical(database.later_keys(waiting))))


def _log_frozen(place: LogPlace, copy: Path) -> dict[str, Any]:
    with closing(store.connect(place.database)) as log, closing(sqlite3.connect(copy)) as target:
        log.backup(target)
        target.execute("PRAGMA journal_mode=DELETE")
    with closing(store.Log(copy)) as frozen:
        told = {"origin": frozen.origin, "size": frozen.size, "root": frozen.root(frozen.size).hex()}
        frozen.connection.execute("PRAGMA journal_mode=DELETE")
    return told


def _log_back(site: Home, frozen: Path) -> None:
    """Put the log's database back, and write its folder of tiles anew."""
    place = LogPlace(site.log)
    for left in place.root.glob("log.db*"):
        left.unlink()
    write_whole(place.database, frozen.read_bytes())
    place.database.chmod(0o600)
    with closing(store.Log(place.database)) as log:
        place.tiles.write(0, log.size, log.tile, log.entries)
        log.keep_published(log.size)
        if head := log.latest(sealed=True):
            place.tiles.publish(head.data)


def _copied(vault: Vault, site: Home, known: dict[str, Item], tell: Tell) -> Iterator[Item]:
    """Store each file of the site; one that has not changed since the last backup is not read again."""
    found = sources.files(site)
    for count, path in enumerate(found, 1):
        name = path.relative_to(site.root).as_posix()
        try:
            stat = path.stat()
            before = known.get(name)
            if before and (before.size, before.changed) == (stat.st_size, stat.st_mtime_ns) and vault.has(before):
                yield Item(name, before.digest, before.size, stat.st_mode & 0o777, stat.st_mtime_ns)
            else:
                with path.open("rb") as file:
                    key, size = vault.put(file)
                yield Item(name, key, size, stat.st_mode & 0o777, stat.st_mtime_ns)
        except FileNotFoundError:  # removed since it was listed: a journal that was taken over, an upload discarded
            continue
        tell("copy", count, len(found))


def _placed(vault: Vault, item: Item, target: Path) -> None:
    """Copy a content to its place, and compare it on the way."""
    target.parent.mkdir(parents=True, exist_ok=True)
    source = vault.object(item.digest)
    if not source.is_file():
        raise Problem("ZS979", path=item.path, detail="absent")
    part = target.with_name(f".{target.name[:200]}.part")
    with source.open("rb") as given, part.open("wb") as file:
        while chunk := given.read(1 << 20):
            file.write(chunk)
        file.flush()
        os.fsync(file.fileno())
    if hashed(part) != item.digest:
        part.unlink()
        raise Problem("ZS979", path=item.path, detail="digest")
    part.chmod(item.mode)
    os.utime(part, ns=(item.changed, item.changed))
    part.replace(target)


def _item(vault: Vault, path: str, data: bytes) -> Item:
    return _of(vault.put_bytes(data), path)


def _of(stored: tuple[str, int], path: str) -> Item:
    return Item(path, *stored, 0o600, 0)


def _about(site: Home) -> dict[str, Any]:
    """Return what a backup was made of, besides its files. No secret is among it."""
    snapshot = lake.latest(site)
    given = {name: value for name, value in sorted(os.environ.items()) if name.startswith(PREFIX)}
    shown = {name: "…" if any(word in name for word in SECRET) else _LOGIN.sub("://…@", value)
             for name, value in given.items()}  # fmt: skip
    return {
        "version": __version__,
        "snapshot": snapshot.id if snapshot else None,
        "run": run_store.current_id(site),
        "book": load(rulebook(), site.book).digest,
        "settings": shown | {"hosts": list(settings.ALLOWED_HOSTS)},
    }


def _signed(site: Home, manifest: Manifest) -> bytes | None:
    """Sign a manifest with the operator's key of the log, where the site has one."""
    place = LogPlace(site.log)
    if not place.operator.exists():
        return None
    return note.sign(f"zhunsheng backup\n{manifest.name}\n{manifest.digest}\n", [note.load_skey(place.operator)])
