"""Keeps the hot store at the latest snapshot: looked after when a worker starts and after each of its jobs."""

from __future__ import annotations

import tempfile
from pathlib import Path

from zhunsheng import runs
from zhunsheng.desk.store import Known, Store, build
from zhunsheng.engines import duck
from zhunsheng.facts import lake
from zhunsheng.kernel.files import locked
from zhunsheng.kernel.home import Home, home
from zhunsheng.kernel.time import at, now, parse_date
from zhunsheng.runs import serving
from zhunsheng.runs import store as run_store


def folder(site: Home) -> Path:
    """Return where the store of a site lies."""
    return site.root / "desk"


def refresh() -> Known | None:
    """Build the store of the latest snapshot where the site has another; return what the store then says of itself."""
    site = home()
    snapshot = lake.latest(site)
    if snapshot is None:
        return None
    with locked(folder(site) / ".store.lock"):
        held = Store(folder(site)).open()
        if held is not None and held.known.snapshot == snapshot.id:
            return held.known
        return _from_run(site, snapshot) or _from_lake(site, snapshot)


def _from_run(site: Home, snapshot: lake.Snapshot) -> Known | None:
    """Take the facts as the current run has them, where it is of this snapshot and leaves no day of it out."""
    run_id, place = run_store.current_id(site), runs.current(site)
    if run_id is None or place is None or not place.exists():
        return None
    manifest = run_store.manifest(site, run_id)
    as_of = parse_date(manifest["as_of"])
    if manifest["snapshot"] != snapshot.id or as_of < at(snapshot.created_at).date():
        return None
    with duck.connect(str(place), read_only=True, memory=duck.budget()) as con:
        return build(con, folder(site), snapshot.id, as_of)


def _from_lake(site: Home, snapshot: lake.Snapshot) -> Known:
    """Make the facts of today from the lake, in a file of their own that is then removed."""
    today = now().date()
    with (
        tempfile.TemporaryDirectory(dir=folder(site), prefix=".facts-") as scratch,
        duck.connect(str(Path(scratch) / "facts.duckdb"), memory=duck.budget()) as con,
    ):
        serving.open_lake(con, site, snapshot, today)
        con.execute(serving.sql("facts"))
        return build(con, folder(site), snapshot.id, today)
