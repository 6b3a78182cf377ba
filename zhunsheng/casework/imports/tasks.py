"""The jobs of an import. Both may run again from the start: a dry run writes nothing, a load commits once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from zhunsheng import sources
from zhunsheng.casework.imports import actions
from zhunsheng.casework.imports.inbox import path_of
from zhunsheng.casework.imports.models import Import
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.outbox.actions import Process
from zhunsheng.facts import lake
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import epoch_seconds, now

#: Rejected rows kept beside the import for its page; all of them are in the report files.
SHOWN_REJECTS = 200


def check(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Read the files as a load would and keep the report."""
    pk = int(arguments["import"])
    report = _read(pk, "check", progress, dry_run=True)
    return Outcome({}, lambda: actions.finish_check(pk, report))


def load(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Load the files into the lake and keep the report."""
    pk = int(arguments["import"])
    report = _read(pk, "load", progress, dry_run=False)
    return Outcome({"snapshot": report.get("snapshot")}, lambda: _settle(pk, report))


def _settle(pk: int, report: dict[str, Any]) -> None:
    actions.finish_import(pk, report)
    record_missing_batches()


def record_missing_batches() -> None:
    """Leave evidence of every batch of the latest snapshot that has none yet."""
    snapshot = lake.latest(home())
    if snapshot:
        actions.record_batches(Process("import"), snapshot)


def check_failed(arguments: dict[str, Any], problem: dict[str, Any]) -> None:
    """Record that the dry run did not come to its end."""
    actions.fail_import(int(arguments["import"]), problem)


load_failed = check_failed


def report_stem(pk: int, step: str) -> str:
    """Return the name of an import's report files, without suffix."""
    return f"import-{pk}-{step}"


def kept_report(report: sources.LoadReport) -> dict[str, Any]:
    """Return a report as it is kept with its import: the first rejected rows, and all counts."""
    plain: dict[str, Any] = report.as_dict()
    rejects = plain.pop("rejects", [])
    return {**plain, "rejects_shown": rejects[:SHOWN_REJECTS]}


def _read(pk: int, step: str, progress: Progress, *, dry_run: bool) -> dict[str, Any]:
    paths = _paths(pk)
    report = sources.load(home(), paths, recorded_at=epoch_seconds(now()), dry_run=dry_run, progress=progress)
    made = None if dry_run else _made_before(pk, report)
    if made:
        report = sources.retell(home(), paths, made, progress=progress)
    report.write(home().reports, report_stem(pk, step))
    return kept_report(report)


def _made_before(pk: int, report: sources.LoadReport) -> lake.Snapshot | None:
    """Return the snapshot of an earlier attempt whose worker died after the lake had taken the files, or None."""
    item = Import.objects.select_related("job").get(pk=pk)
    alive = {file.batch for file in report.files if file.state == "unchanged"}
    tried = item.job is not None and item.job.attempts > 1
    if not tried or not item.confirmed_at or any(file.state in ("loaded", "replaced") for file in report.files):
        return None
    held: set[str] = set()
    for snapshot in lake.snapshots(home()):
        if snapshot.created_at >= epoch_seconds(item.confirmed_at) and alive & (snapshot.batches.keys() - held):
            return snapshot
        held = set(snapshot.batches)
    return None


def _paths(pk: int) -> list[Path]:
    item = Import.objects.get(pk=pk)
    return [path_of(file.name, file.digest) for file in item.files.all()]
