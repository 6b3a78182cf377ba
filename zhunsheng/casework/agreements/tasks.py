"""The job that opens a check for each conflict of interest that a run shows. It may run again from the start."""

from __future__ import annotations

from typing import Any

from zhunsheng.casework.agreements import actions, facts
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
from zhunsheng.kernel.ids import identity
from zhunsheng.kernel.quantity import plain
from zhunsheng.relations.conflict import Conflict, Standing
from zhunsheng.relations.graph import Chain

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


def key_of(body: Body, one: Conflict) -> str:
    """Return the key under which a chain is checked once for a body, by a person or by the run."""
    return f"conflict-{body.pk}-{identity('conflict', one.person_id, one.holder_id, one.vendor_id, chain_of(one))}"


def chain_of(one: Conflict) -> str:
    """Return a conflict as text: who holds how much of what down to the vendor, and the posts that count."""
    lines = [_told(chain) for chain in one.held.chains]
    lines += [f"{post.holder_name or post.holder_id}（{post.role}）→ {post.company_id}" for post, _chain in one.posts]
    whose = f"{one.tie.relation or 'relative'} {one.holder_id}：" if one.tie else ""
    return f"{whose}{'；'.join(lines)}"[:2000]


def _told(chain: Chain) -> str:
    """Return a chain from its upper end to the company, shares as they are recorded."""
    shares = ["?" if step.share_ppm is None else f"{plain(step.share_ppm, 4)}%" for step in chain.steps]
    steps = [f"{step.holder_name or step.holder_id} {share}" for step, share in zip(chain.steps, shares, strict=True)]
    return " → ".join([*steps, chain.steps[-1].company_id])
