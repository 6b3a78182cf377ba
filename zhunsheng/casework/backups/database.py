"""The site's database: frozen into one file while others write, and brought back from it.

SQLite is copied by its online backup, PostgreSQL by its own ``pg_dump`` within a snapshot that is shared with the
counts taken beside it, as the role of the site, row security told to show all.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, transaction

from zhunsheng.casework.bodies import walls
from zhunsheng.casework.bodies.walls import ALL, SETTINGS
from zhunsheng.casework.readings.router import using
from zhunsheng.casework.seals.queries import keys_of
from zhunsheng.kernel.errors import Problem

NAMES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}
#: Where the server's own programs lie on Debian and its kin.
PROGRAMS = Path("/usr/lib/postgresql")


def freeze(target: Path) -> dict[str, Any]:
    """Write the database as it is now to a file; return vendor, rows of each table, last migration of each app.

    Raises Problem ZS973 where PostgreSQL's programs are missing or fail.
    """
    connection.ensure_connection()
    if connection.vendor == "sqlite":
        with closing(sqlite3.connect(target)) as copy:
            connection.connection.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")
            told = facts(lambda sql: copy.execute(sql).fetchall())
    else:
        with transaction.atomic(), walls.within(walls.SITE), connection.cursor() as cursor:
            # past the wrappers of the connection: they tell the walls first, and this wants to be the first statement
            connection.connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("SELECT pg_export_snapshot()")
            shared = cursor.fetchone()[0]
            _run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--enable-row-security",
                 f"--snapshot={shared}", f"--file={target}")  # fmt: skip
            told = facts(_asked(cursor))
    return {"vendor": connection.vendor, **told}


def freeze_readings(target: Path) -> bool:
    """Write the file of readings as it is now to another; False where they lie in the database.

    Comes before the database: rows whose day is closed in between are then in both, and closing again lets them go.
    """
    if using() == DEFAULT_DB_ALIAS:
        return False
    readings = connections[using()]
    readings.ensure_connection()
    with closing(sqlite3.connect(target)) as copy:
        readings.connection.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    return True


def thaw_readings(source: Path) -> None:
    """Bring the file of readings back."""
    _placed(source, using())


def thaw(source: Path, target: Path) -> None:
    """Bring a frozen database back: to a file of SQLite, or into the empty database of the settings."""
    if connection.vendor == "sqlite":
        _placed(source, DEFAULT_DB_ALIAS, target)
        return
    _run("pg_restore", "--no-owner", "--no-privileges", "--exit-on-error", "--single-transaction",
         f"--dbname={connection.settings_dict['NAME']}", source)  # fmt: skip
    connection.close()


def _placed(source: Path, alias: str, target: Path | None = None) -> None:
    """Copy a frozen file of SQLite to where the settings look for it."""
    connections[alias].close()
    place = target or Path(connections[alias].settings_dict["NAME"])
    place.parent.mkdir(parents=True, exist_ok=True)
    for left in place.parent.glob(f"{place.name}-*"):
        left.unlink()
    shutil.copyfile(source, place)
    place.chmod(0o600)


def empty() -> bool:
    """Whether the database of the settings holds no table."""
    if connection.vendor == "sqlite" and not Path(connection.settings_dict["NAME"]).exists():
        return True
    return not connection.introspection.table_names()


def present() -> dict[str, Any]:
    """Return the facts of the database of the settings."""
    with transaction.atomic(), walls.within(walls.SITE), connection.cursor() as cursor:
        return facts(_asked(cursor))


def facts(ask: Callable[[str], list[Any]]) -> dict[str, Any]:
    """Return rows of each table, last row of evidence, rows that the log did not hold yet, migrations."""
    tables = sorted(connection.introspection.table_names())
    rows = {name: ask(f'SELECT COUNT(*) FROM "{name}"')[0][0] for name in tables}  # noqa: S608 - our own names
    if "seals_recordkey" not in rows:  # a database of an older version
        return {"rows": rows, "last": 0, "waiting": [], "migrations": {}}
    last = ask("SELECT COALESCE(MAX(sequence), 0) FROM outbox_evidenceoutbox")[0][0]
    waiting = (
        "SELECT o.sequence FROM outbox_evidenceoutbox o LEFT JOIN seals_recordkey k ON k.sequence = o.sequence "
        "WHERE k.sequence IS NULL OR NOT k.logged ORDER BY o.sequence"
    )
    applied = ask("SELECT app, MAX(name) FROM django_migrations GROUP BY app ORDER BY app")
    return {
        "rows": rows,
        "last": last,
        "waiting": [one[0] for one in ask(waiting)],
        "migrations": {app: name for app, name in applied},  # noqa: C416 - rows of either database
    }


def later_keys(waiting: list[int]) -> dict[str, str]:
    """Return the keys, in hex, that rows have got since they were frozen: the log may hold their leaves by now."""
    found: dict[str, str] = {}
    with walls.within(walls.SITE):
        for i in range(0, len(waiting), 500):
            found |= {str(pk): key.hex() for pk, key in keys_of(waiting[i : i + 500]).items()}
    return found


def _asked(cursor: Any) -> Callable[[str], list[Any]]:
    def ask(sql: str) -> list[Any]:
        cursor.execute(sql)
        return list(cursor.fetchall())

    return ask


def _run(name: str, *arguments: str | Path) -> None:
    """Run a program of PostgreSQL on the database of the settings. Raises Problem ZS973."""
    settings = connection.settings_dict
    given = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    told = {variable: str(settings[field]) for variable, field in given.items() if settings[field]}
    told["PGOPTIONS"] = " ".join(f"-c zhunsheng.{setting}={ALL}" for setting in SETTINGS[:2])
    command = [str(_program(name)), *map(str, arguments)]
    done = subprocess.run(command, env={**os.environ, **told}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise Problem("ZS973", program=name, detail=done.stderr.strip()[:300] or f"exit {done.returncode}")


def _program(name: str) -> Path:
    """Return a program of the server's own major version where it is installed, else the one in the path."""
    major = connection.pg_version // 10_000
    own = PROGRAMS / str(major) / "bin" / name
    found = own if own.exists() else shutil.which(name)
    if found is None:
        raise Problem("ZS973", program=name, detail=f"apt-get install postgresql-client-{major}")
    return Path(found)
