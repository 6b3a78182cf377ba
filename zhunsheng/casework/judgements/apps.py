"""Registers the app and its job."""

from __future__ import annotations

from django.apps import AppConfig


class JudgementsConfig(AppConfig):
    """Runs of the rule book."""

    name = "zhunsheng.casework.judgements"
    label = "judgements"

    def ready(self) -> None:
        """Name the handler of this app's job."""
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register
        from zhunsheng.casework.judgements import actions, tasks

        register("run", Handler(tasks.run))
        make_good(actions.record_missing_runs)
