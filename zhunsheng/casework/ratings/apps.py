"""Registers the app, its job, what it makes of the events of its cases, and its guards."""

from __future__ import annotations

from django.apps import AppConfig


class RatingsConfig(AppConfig):
    """Ratings of vendors."""

    name = "zhunsheng.casework.ratings"
    label = "ratings"

    def ready(self) -> None:
        """Name effects, guards, the job, and what the worker makes good."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register
        from zhunsheng.casework.ratings import actions, policies, tasks

        after(actions.rating_moved, "vendor_rating")
        GUARDS.update(policies.GUARDS)
        register(actions.JOB, Handler(tasks.close_periods))
        make_good(actions.request_missing)
