"""Runs a command with DATABASE_URL pointing at a PostgreSQL cluster of its own, which is gone afterwards.

    python -m tools.with_postgres COMMAND [ARGUMENT ...]

The cluster listens on a socket in a folder of its own, never on the network. The role of the command owns its database
and is no superuser, as on a site: row security holds for it.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"
#: Tests need no safety from a loss of power, and their many small queries no compiler.
QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "jit=off")


def programs() -> Path | None:
    """Return the folder of the programs of PostgreSQL, the newest of several; None when it is not installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    beside = shutil.which("initdb")
    return found[-1].parent if found else Path(beside).parent if beside else None


def as_owner(*command: str | Path) -> list[str]:
    """PostgreSQL refuses to run as root: then as its own user."""
    return [*(["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups"] if os.getuid() == 0 else []),
            *map(str, command)]  # fmt: skip


@contextmanager
def cluster(*settings: str) -> Iterator[str]:
    """Start a cluster and yield the address of a database whose owner is no superuser. Raises FileNotFoundError.

    ``settings``: of the server, as ``name=value``, beside its own.
    """
    binaries = programs()
    if binaries is None:
        raise FileNotFoundError("initdb: install with apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="zs-pg-") as folder:
        place = Path(folder)
        if os.getuid() == 0:
            owner = pwd.getpwnam(USER)
            os.chown(place, owner.pw_uid, owner.pw_gid)
        data = place / "data"
        quiet = {"check": True, "stdout": subprocess.DEVNULL, "cwd": place}
        subprocess.run(as_owner(binaries / "initdb", "-D", data, "-U", USER, "-A", "trust", "-E", "UTF8",
                                "--locale=C.UTF-8", "--no-sync"), **quiet)  # fmt: skip
        own = ("listen_addresses=", f"unix_socket_directories={place}", "max_connections=60")
        options = " ".join(f"-c {one}" for one in (*own, *settings))
        control = as_owner(binaries / "pg_ctl", "-D", data, "-l", place / "log", "-w", "-t", "60")
        subprocess.run([*control, "-o", options, "start"], **quiet)
        try:
            ask = as_owner(binaries / "psql", "-h", place, "-U", USER, "-q", "-c")
            subprocess.run([*ask, "CREATE ROLE zhunsheng LOGIN CREATEDB"], **quiet)
            subprocess.run([*ask, "CREATE DATABASE zhunsheng OWNER zhunsheng"], **quiet)
            yield f"postgres://zhunsheng@{str(place).replace('/', '%2F')}/zhunsheng"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], **quiet)


def main() -> int:
    """Run the command."""
    with cluster(*QUICK) as address:
        return subprocess.run(sys.argv[1:], env={**os.environ, "DATABASE_URL": address}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
