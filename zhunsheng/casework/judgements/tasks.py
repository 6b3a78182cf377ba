"""The job of a run. It may run again from the start: the same input gives the same run."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng import runs
from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.judgements.actions import record_run
from zhunsheng.kernel.home import home, rulebook
from zhunsheng.kernel.time import epoch_seconds, now


def run(arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Have the rules judge the latest snapshot."""
    manifest = runs.execute(
        home(),
        rulebook(),
        as_of=date.fromisoformat(arguments["as_of"]),
        finished_at=epoch_seconds(now()),
        progress=progress,
    ).as_dict()
    user = User.objects.filter(pk=arguments["user"]).first()
    return Outcome({"run": manifest["run_id"]}, lambda: _record(manifest, user))


def _record(manifest: dict[str, Any], user: User | None) -> None:
    record_run(manifest, user)
