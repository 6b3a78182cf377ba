"""Registers the app of trips."""

from __future__ import annotations

from django.apps import AppConfig


class TripsConfig(AppConfig):
    """Cold-chain trips."""

    name = "zhunsheng.casework.trips"
    label = "trips"

    def ready(self) -> None:
        """Name guards, effects, jobs, what days and turns begin with, and what is asked of people."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.jobs import handlers
        from zhunsheng.casework.trips import actions, inbox, policies, tasks

        GUARDS.update(policies.GUARDS)
        after(actions.alarm_moved, actions.CYCLE)
        handlers.register(tasks.JOB, handlers.Handler(tasks.tell))
        handlers.register(tasks.USE, handlers.Handler(tasks.use))
        handlers.each_turn(tasks.each_turn)
        handlers.each_day(tasks.each_day)
        offer(inbox.SOURCE)
