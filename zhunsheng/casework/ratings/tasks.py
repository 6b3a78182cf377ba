"""The job that closes the last period of every card. It may run again from the start."""

from __future__ import annotations

from datetime import date
from typing import Any

from zhunsheng.casework.alerts.actions import overseers
from zhunsheng.casework.alerts.sources import overseen, values
from zhunsheng.casework.bodies import lake
from zhunsheng.casework.jobs.handlers import Outcome, Progress
from zhunsheng.casework.ratings import actions, library
from zhunsheng.casework.ratings.sources import Asked, rated
from zhunsheng.scoring.score import period_of, score


def close_periods(_arguments: dict[str, Any], progress: Progress) -> Outcome:
    """Freeze the cards of the last period that is over and draft their ratings, for each body that oversees vendors."""
    file = lake.current_run()
    if file is None:
        return Outcome({"cards": 0})
    run, as_of, made = str(file.manifest["run_id"]), date.fromisoformat(file.manifest["as_of"]), 0
    bodies = overseers()
    for at, body in enumerate(bodies):
        progress("ratings", at, len(bodies))
        seen = overseen(file, body)
        known = values(file, seen)
        for card in library.cards().values():
            period = period_of(card, as_of)
            if period[0] < card.valid_from:
                continue
            for vendor, told in rated(card, known, Asked(body, file, seen, *period)).items():
                scored = score(card, told, period[0])
                frozen = actions.freeze(actions.RUN, body, card, vendor, period, scored, run, as_of)
                actions.draft(actions.RUN, frozen)
                made += 1
    return Outcome({"cards": made})
