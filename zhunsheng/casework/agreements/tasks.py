"""The job that opens a check for each conflict of interest that a run shows. It may run again from the start."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.agreements import actions, facts
from zhunsheng.casework.agreements.queries import chain_of, key_of
from zhunsheng.casework.alerts.actions import RUN, overseers
from zhunsheng.casework.bodies import lake, walls
from zhunsheng.casework.bodies.models import Body
from zhunsheng.casework.bodies.scope import Scope, held
from zhunsheng.casework.cases.queries import opened_under
from zhunsheng.casework.jobs.actions import enqueue
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.jobs.models import Job
from zhunsheng.casework.jobs.queries import asked_on, under_way
from zhunsheng.casework.outbox.actions import deed
from zhunsheng.kernel.errors import Problem
from zhunsheng.relations.conflict import Conflict, Standing

JOB = "conflicts.find"
#: What a run of this version holds.
NEEDED = frozenset({"ownership", "price_filing", "service_order", "indicator_count"})


@deed
def request_missing() -> Job | None:
    """Queue the search on the current run unless it was asked for; what a worker makes good after each job."""
    file = lake.current_run()
    if file is None or under_way(JOB) or not file.tables >= NEEDED:
        return None
    run = str(file.manifest.get("run_id", ""))
    return None if asked_on(JOB, run) else enqueue(RUN, JOB, {"run": run})


def find(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Open the checks of what the graph shows to each body that oversees vendors, once for a chain.

    One that cannot be opened holds up no other: its failure is raised once all have had their turn.
    """
    file, opened = lake.current_run(), 0
    failures: list[Problem] = []
    bodies = overseers() if file else []
    for at, body in enumerate(bodies):
        progress("conflicts", at, len(bodies))
        view = Scope(institutions=held(body), bodies=frozenset({body.pk}), file=file)
        for one in facts.conflicts(view, facts.as_of(view)):
            try:
                opened += one.standing != Standing.RECUSED and _open(body, one)
            except Problem as failure:
                failures.append(failure)
    if failures:
        raise failures[0]
    return Outcome({"opened": opened})


def _open(body: Body, one: Conflict) -> bool:
    """Open the check of a conflict unless its chain was told before or is in hand; return whether it was opened."""
    told, key = chain_of(one), key_of(body, one)
    with walls.within(walls.SITE):
        if opened_under("conflict_check", key) or actions.in_check(body, one.vendor_id, one.person_id):
            return False
        actions.open_check(RUN, one.vendor_id, one.person_id, told, body=body, key=key)
    return True
