"""Where runs lie: one folder each, a pointer to the current one. A run is whole or it is not there.

``runs/<run_id>/serving.duckdb`` and ``manifest.json`` are never changed after the folder got its name;
``runs/current`` holds the id of the run that pages show. Readers keep the file they opened.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import write_whole
from zhunsheng.kernel.home import Home

SERVING = "serving.duckdb"
KEEP = 12


def folder(home: Home, run_id: str) -> Path:
    """Return the folder of a run, existing or not."""
    return home.runs / run_id


def current_id(home: Home) -> str | None:
    """Return the id of the current run, or None before the first."""
    pointer = home.runs / "current"
    return pointer.read_text("ascii").strip() if pointer.exists() else None


def current(home: Home) -> Path | None:
    """Return the serving file of the current run, or None before the first."""
    run_id = current_id(home)
    return folder(home, run_id) / SERVING if run_id else None


def serving(home: Home, run_id: str) -> Path:
    """Return the serving file of a run. Raises Problem ZS509 when it is no longer kept."""
    path = folder(home, run_id) / SERVING
    if not path.exists():
        raise Problem("ZS509", run=run_id)
    return path


def manifest(home: Home, run_id: str) -> dict[str, Any]:
    """Return the manifest of a run. Raises Problem ZS501 when there is no such run."""
    path = folder(home, run_id) / "manifest.json"
    if not path.exists():
        raise Problem("ZS501", run=run_id)
    data: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return data


def manifests(home: Home) -> list[dict[str, Any]]:
    """Return all manifests, newest first."""
    paths = home.runs.glob("*/manifest.json") if home.runs.exists() else ()
    found = [json.loads(path.read_text("utf-8")) for path in paths if not path.parent.name.startswith(".")]
    return sorted(found, key=lambda one: (one["finished_at"], one["run_id"]), reverse=True)


def scratch(home: Home, run_id: str) -> Path:
    """Return an empty folder to build a run in; leftovers of killed runs are swept away."""
    home.runs.mkdir(parents=True, exist_ok=True)
    for left in home.runs.glob(".*.part"):
        shutil.rmtree(left)
    path = home.runs / f".{run_id}.part"
    path.mkdir()
    return path


def leads(home: Home, snapshot: str, as_of: str) -> bool:
    """Whether a run of a snapshot and an ISO day may be what pages show: no step back in time, or newer facts."""
    run_id = current_id(home)
    if run_id is None or not (folder(home, run_id) / "manifest.json").exists():
        return True
    shown = manifest(home, run_id)
    return as_of >= str(shown["as_of"]) or snapshot > str(shown["snapshot"])


def point(home: Home, run_id: str) -> None:
    """Make a run the one that pages show."""
    write_whole(home.runs / "current", run_id.encode("ascii"))


def publish(home: Home, run_id: str, built: Path, *, make_current: bool = True) -> None:
    """Give a built run its name, and point to it if asked. A run of the same id is the same run: the old one stays."""
    target = folder(home, run_id)
    if not target.exists():
        built.rename(target)
    else:
        if not (target / SERVING).exists():
            (built / SERVING).rename(target / SERVING)
        shutil.rmtree(built)
    if make_current:
        point(home, run_id)


def prune(home: Home, keep: int = KEEP) -> list[str]:
    """Remove serving files of old runs; manifests stay, so that history and replay remain possible."""
    old = [one["run_id"] for one in manifests(home)][keep:]
    removed = [run_id for run_id in old if run_id != current_id(home)]
    for run_id in removed:
        (folder(home, run_id) / SERVING).unlink(missing_ok=True)
    return removed
