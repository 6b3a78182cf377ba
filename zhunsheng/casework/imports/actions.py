"""Writers of imports. Files go in by dry run first; a person confirms before anything is loaded."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from zhunsheng.casework.bodies.models import Body, User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.imports.inbox import Received
from zhunsheng.casework.imports.models import Import, ImportFile
from zhunsheng.casework.imports.policies import check_can_move
from zhunsheng.casework.imports.states import ImportState
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.casework.outbox.queries import recorded_subjects
from zhunsheng.facts.lake import Snapshot
from zhunsheng.kernel.time import now


@deed
def start_import(actor: User, files: list[Received]) -> Import:
    """Take in received files and queue their dry run. Raises Problem ZS702 (not allowed), ZS706 (no file)."""
    check_may(actor, Verb.IMPORT_FILES)
    return _started(actor, files, actor.body, actor, "import.started")


@deed
def hand_in(actor: User, files: list[Received], body: Body) -> Import:
    """Put files that the site made of what somebody filed before another body, and queue their dry run.

    Whoever files loads nothing: a person of that body confirms, as for every import. Called behind the site's wall.
    """
    return _started(actor, files, body, Process("import"), "import.handed_in")


def _started(actor: User, files: list[Received], body: Body | None, queued_by: Actor, kind: str) -> Import:
    item = Import.objects.create(created_by=actor, body=body, created_at=now())
    for file in files:
        ImportFile.objects.create(belongs_to=item, name=file.name, digest=file.digest, size=file.size)
    item.job = enqueue(queued_by, "import.check", {"import": item.pk})
    item.save(update_fields=["job"])
    append(actor, kind, f"import:{item.pk}", {"files": {file.name: file.digest for file in files}})
    return item


@deed
def confirm_import(actor: User, item: Import) -> None:
    """Load what the dry run has shown. Raises Problem ZS702, ZS708."""
    check_may(actor, Verb.IMPORT_FILES)
    item = Import.objects.select_for_update().get(pk=item.pk)
    check_can_move(item, ImportState.LOADING)
    item.state, item.confirmed_by, item.confirmed_at = ImportState.LOADING, actor, now()
    item.job = enqueue(actor, "import.load", {"import": item.pk})
    item.save()
    append(actor, "import.confirmed", f"import:{item.pk}", {})


@deed
def discard_import(actor: User, item: Import) -> None:
    """Leave the files out. Raises Problem ZS702, ZS708."""
    check_may(actor, Verb.IMPORT_FILES)
    item = Import.objects.select_for_update().get(pk=item.pk)
    check_can_move(item, ImportState.DISCARDED)
    item.state, item.finished_at = ImportState.DISCARDED, now()
    item.save()
    append(actor, "import.discarded", f"import:{item.pk}", {})


@deed
def finish_check(pk: int, report: dict[str, Any]) -> None:
    """Keep the report of the dry run."""
    item = Import.objects.select_for_update().get(pk=pk)
    check_can_move(item, ImportState.CHECKED)
    item.state, item.check_report = ImportState.CHECKED, report
    item.save()
    append(Process("import"), "import.checked", f"import:{pk}", _counts(report))


@deed
def finish_import(pk: int, report: dict[str, Any]) -> None:
    """Keep the report of the load and the snapshot that made it visible."""
    item = Import.objects.select_for_update().get(pk=pk)
    check_can_move(item, ImportState.LOADED)
    item.state, item.load_report, item.finished_at = ImportState.LOADED, report, now()
    item.snapshot = str(report.get("snapshot") or "")
    item.save()
    append(Process("import"), "import.loaded", f"import:{pk}", {**_counts(report), "snapshot": item.snapshot})


@deed
def fail_import(pk: int, problem: dict[str, Any]) -> None:
    """Record that an import did not come to its end; the lake holds nothing of it."""
    item = Import.objects.select_for_update().get(pk=pk)
    check_can_move(item, ImportState.FAILED)
    item.state, item.problem, item.finished_at = ImportState.FAILED, problem, now()
    item.save()
    append(Process("import"), "import.failed", f"import:{pk}", {"code": problem.get("code")})


@deed
def record_import(actor: User, files: list[Received], report: dict[str, Any]) -> Import:
    """List a load that the command line made in a person's name, so that pages show it with its report."""
    check_may(actor, Verb.IMPORT_FILES)
    item = Import.objects.create(
        state=ImportState.LOADED,
        created_by=actor,
        body=actor.body,
        created_at=now(),
        finished_at=now(),
        load_report=report,
        snapshot=str(report.get("snapshot") or ""),
    )
    for file in files:
        ImportFile.objects.create(belongs_to=item, name=file.name, digest=file.digest, size=file.size)
    append(actor, "import.loaded", f"import:{item.pk}", {**_counts(report), "snapshot": item.snapshot})
    return item


@deed
def record_batches(actor: Actor, snapshot: Snapshot) -> int:
    """Leave evidence of every batch that is alive in a snapshot and has none yet; return how many.

    The lake and the database cannot commit together: a process killed between the two leaves a batch without
    evidence, and the next load, by page or by command, makes it good here.
    """
    subjects = {f"batch:{batch.id}@{batch.loaded_at}": batch for batch in snapshot.batches.values()}
    missing = sorted(subjects.keys() - recorded_subjects("batch.loaded"))
    for subject in missing:
        append(actor, "batch.loaded", subject, {**asdict(subjects[subject]), "snapshot": snapshot.id})
    return len(missing)


def _counts(report: dict[str, Any]) -> dict[str, Any]:
    files = report.get("files") or []
    total = {
        key: sum(int(file.get(key) or 0) for file in files) for key in ("rows_read", "rows_loaded", "rows_rejected")
    }
    return {"files": len(files), **total}
