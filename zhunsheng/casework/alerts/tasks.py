"""The job that judges the lights on the current run. It may run again from the start."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.alerts import actions, library, queries, sources
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.lights.causes import evaluate as judge


def evaluate(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Judge every light on the current run, for each body that oversees vendors."""
    file = lake.current_run()
    if file is None:
        return Outcome({"alerts": 0})
    run, as_of = str(file.manifest["run_id"]), date.fromisoformat(file.manifest["as_of"])
    lights, book, opened = library.lights(), library.book_digest(), 0
    bodies = actions.overseers()
    for at, body in enumerate(bodies):
        progress("lights", at, len(bodies))
        seen = sources.overseen(file, body)
        settled, dismissed = queries.settled(body)
        events = [*sources.events(file, seen), *sources.found(file, seen, lights.values(), as_of)]
        events += sources.changes(file, body, seen, as_of)
        lits = judge(lights.values(), sources.values(file, seen), events, as_of, settled, dismissed)
        items = sources.item_names(file, seen, {one.about for one in lits if one.about})
        opened += len(actions.record_all(body, lits, run, book, items))
        actions.close_evaluation(body, run, book, as_of, len(lits))
    return Outcome({"run": run, "alerts": opened})
