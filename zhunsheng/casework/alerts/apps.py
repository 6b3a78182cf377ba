"""Registers the app, its job, what it makes of the events of its cases, and its guards."""

from __future__ import annotations

from django.apps import AppConfig


class AlertsConfig(AppConfig):
    """Alerts on vendors."""

    name = "zhunsheng.casework.alerts"
    label = "alerts"

    def ready(self) -> None:
        """Name effects, guards, the job, and what the worker makes good."""
        from zhunsheng.casework.alerts import actions, policies, tasks
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register

        after(actions.alert_moved, "vendor_alert")
        GUARDS.update(policies.GUARDS)
        register("lights.evaluate", Handler(tasks.evaluate))
        make_good(actions.request_missing)
