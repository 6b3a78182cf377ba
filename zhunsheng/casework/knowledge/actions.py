"""Writers of knowledge. Workbooks are compared with the rule book first; a person confirms before it changes.

The rule book lies in files. They are written last in the transaction of the evidence: when writing fails nothing is
on record, and when the process dies in between, the upload still waits and confirming it again writes the same.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import Any

from zhunsheng.book import load
from zhunsheng.book.workbooks import Citation, Plan, plan_import, write_plan
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.imports.inbox import Received, path_of
from zhunsheng.casework.knowledge.models import Upload
from zhunsheng.casework.knowledge.policies import check_can_move
from zhunsheng.casework.knowledge.states import UploadState
from zhunsheng.casework.outbox.actions import Actor, append, deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import now

#: Differences of each list, and remarks, that are kept for the page.
SHOWN = 200


@deed
def start_upload(actor: User, files: list[Received], stated: Citation | None = None) -> Upload:
    """Take in workbooks and keep what importing them would change. Raises Problem ZS702, ZS4xx (book broken)."""
    check_may(actor, Verb.LOAD_KNOWLEDGE)
    at = now()
    item = Upload(created_by=actor, body=actor.body, created_at=at, files=[asdict(file) for file in files])
    if stated:
        item.batch, item.citation, item.valid_from = stated.batch, stated.citation, stated.valid_from
    plan = _plan(item)
    item.report, item.plan_digest = _report(plan), _digest(plan)
    item.save()
    append(actor, "knowledge.checked", f"upload:{item.pk}", {"files": {file.name: file.digest for file in files}})
    return item


@deed
def confirm_upload(actor: User, item: Upload, *, remove: bool = False) -> None:
    """Write what the dry run has shown into the rule book; the next run judges by it.

    Raises Problem ZS702, ZS730, and ZS731 when the rule book has changed since the dry run.
    """
    check_may(actor, Verb.LOAD_KNOWLEDGE)
    item = Upload.objects.select_for_update().get(pk=item.pk)
    check_can_move(item, UploadState.LOADED)
    plan = _plan(item)
    if _digest(plan) != item.plan_digest:
        raise Problem("ZS731", number=item.pk)
    item.state, item.decided_by, item.decided_at, item.removed = UploadState.LOADED, actor, now(), remove
    item.save()
    append(actor, "knowledge.loaded", f"upload:{item.pk}", _evidence(plan, remove=remove))
    write_plan(plan, home().book, remove=remove)
    item.book_digest = load(rulebook(), home().book).digest
    item.save(update_fields=["book_digest"])


@deed
def discard_upload(actor: User, item: Upload) -> None:
    """Leave the workbooks out. Raises Problem ZS702, ZS730."""
    check_may(actor, Verb.LOAD_KNOWLEDGE)
    item = Upload.objects.select_for_update().get(pk=item.pk)
    check_can_move(item, UploadState.DISCARDED)
    item.state, item.decided_by, item.decided_at = UploadState.DISCARDED, actor, now()
    item.save()
    append(actor, "knowledge.discarded", f"upload:{item.pk}", {})


@deed
def load_plan(actor: Actor, plan: Plan, *, remove: bool) -> None:
    """Write a plan that the command line made, with its evidence."""
    append(actor, "knowledge.loaded", "command", _evidence(plan, remove=remove))
    write_plan(plan, home().book, remove=remove)


def _plan(item: Upload) -> Plan:
    """Plan an upload as of the day on which it came in, so that its confirmation is of the same plan."""
    paths = [path_of(file["name"], file["digest"]) for file in item.files]
    stated = Citation(item.batch, item.citation, item.valid_from) if item.batch else None
    return plan_import(paths, rulebook(), home().book, _day(item), stated=stated)


def _day(item: Upload) -> date:
    return item.created_at.astimezone(now().tzinfo).date()


def _digest(plan: Plan) -> str:
    return digest(canonical(plan.as_dict()))


def _report(plan: Plan) -> dict[str, Any]:
    whole: dict[str, Any] = plan.as_dict(SHOWN)
    return {**whole, "remarks": whole["remarks"][:SHOWN], "remarks_all": len(whole["remarks"])}


def _evidence(plan: Plan, *, remove: bool) -> dict[str, Any]:
    """Return what was written: files, batches with their citation, counts by list."""
    counts = [{name: value for name, value in one.items() if name != "points"} for one in plan.as_dict(0)["diff"]]
    return {
        "files": sorted({sheet.file for sheet in plan.sheets}),
        "batches": {sheet.batch: sheet.citation for sheet in plan.sheets},
        "lists": counts,
        "left_out": len(plan.remarks),
        "removed": remove,
        "plan": _digest(plan),
    }
