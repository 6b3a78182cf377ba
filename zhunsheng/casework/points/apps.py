"""Registers the app, what it makes of the events of its cases, its guards, and what puts rulings in force."""

from __future__ import annotations

from django.apps import AppConfig


class PointsConfig(AppConfig):
    """Penalty points and rulings on payment qualification."""

    name = "zhunsheng.casework.points"
    label = "points"

    def ready(self) -> None:
        """Name effects, guards, and what the worker looks after."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.jobs.handlers import make_good
        from zhunsheng.casework.points import actions, policies, tasks

        after(actions.points_moved, "points_decision")
        after(actions.ruling_moved, "payment_ruling")
        GUARDS.update(policies.GUARDS)
        make_good(tasks.put_in_force)
