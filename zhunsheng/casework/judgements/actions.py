"""Writers of run records."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.bodies.models import User
from zhunsheng.casework.bodies.permissions import Verb, check_may
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.queries import under_way
from zhunsheng.casework.judgements.models import RunRecord
from zhunsheng.casework.judgements.policies import check_none_under_way, check_not_ahead
from zhunsheng.casework.outbox.actions import Actor, Process, append, deed
from zhunsheng.kernel.files import canonical, digest
from zhunsheng.kernel.home import home
from zhunsheng.kernel.time import now
from zhunsheng.runs import Manifest, manifests


@deed
def start_run(actor: User, as_of: date) -> Job:
    """Queue a run of the rules as of a day. Raises Problem ZS702, ZS714, ZS508."""
    check_may(actor, Verb.RUN_RULES)
    check_not_ahead(as_of)
    check_none_under_way()
    job = enqueue(actor, "run", {"as_of": as_of.isoformat(), "user": actor.pk})
    append(actor, "run.requested", f"job:{job.pk}", {"as_of": as_of})
    return job


@deed
def request_run(actor: Actor, as_of: date) -> Job | None:
    """Queue a run in the name of a process that brought facts; None while one waits or is under way."""
    if under_way("run"):
        return None
    job = enqueue(actor, "run", {"as_of": as_of.isoformat(), "user": None})
    append(actor, "run.requested", f"job:{job.pk}", {"as_of": as_of})
    return job


@deed
def record_run(manifest: dict[str, Any], user: User | None) -> RunRecord:
    """Keep who had a run made, with the digest of its manifest. A run of the same input is recorded once."""
    sealed = digest(canonical(manifest))
    record, fresh = RunRecord.objects.get_or_create(
        run_id=manifest["run_id"],
        defaults={
            "as_of": date.fromisoformat(manifest["as_of"]),
            "manifest_digest": sealed,
            "started_by": user,
            "body": user.body if user else None,
            "recorded_at": now(),
        },
    )
    payload = {"manifest": sealed, "result": manifest["result_digest"]}
    append(user or Process("run"), "run.recorded" if fresh else "run.repeated", f"run:{record.run_id}", payload)
    return record


@deed
def record_missing_runs() -> int:
    """Record every run of the site's folder that has no record yet; return how many.

    A run is published before the database knows of it: a process killed between the two leaves it without evidence.
    While a run is under way its own job records it, in the name of who asked for it.
    """
    if under_way("run"):
        return 0
    known = set(RunRecord.objects.values_list("run_id", flat=True))
    missing = [one for one in manifests(home()) if one["run_id"] not in known]
    for manifest in reversed(missing):
        record_run(manifest, None)
    return len(missing)


def record_command_run(manifest: Manifest) -> RunRecord:
    """Keep a run that the command line made."""
    return record_run(manifest.as_dict(), None)
