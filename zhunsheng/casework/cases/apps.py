"""Registers the app and its job."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases and their clocks."""

    name = "zhunsheng.casework.cases"
    label = "cases"

    def ready(self) -> None:
        """Name the handler of this app's job."""
        from zhunsheng.casework.cases import tasks
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register

        register("cases.tick", Handler(tasks.tick))
        make_good(tasks.catch_up)
