"""Registers the app and what keeps its store and its journal up to date."""

from __future__ import annotations

from django.apps import AppConfig


class DeskConfig(AppConfig):
    """Orders judged while someone waits."""

    name = "zhunsheng.casework.desk"
    label = "desk"

    def ready(self) -> None:
        """Name what the worker looks after."""
        from zhunsheng.casework.desk import tasks
        from zhunsheng.casework.jobs.handlers import make_good

        make_good(tasks.refresh)
