"""Registers the app: guards, effects, and what a day begins with."""

from __future__ import annotations

from django.apps import AppConfig


class PeriodicConfig(AppConfig):
    """Periodic reports."""

    name = "zhunsheng.casework.periodic"
    label = "periodic"

    def ready(self) -> None:
        """Name guards, effects and what a day begins with."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.jobs.handlers import each_day
        from zhunsheng.casework.periodic import actions, policies, tasks

        GUARDS.update(policies.GUARDS)
        for cycle in policies.CYCLES:
            after(actions.report_moved, cycle)
        each_day(tasks.each_day)
