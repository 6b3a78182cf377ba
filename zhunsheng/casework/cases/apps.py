"""Registers the app and its job."""

from __future__ import annotations

from django.apps import AppConfig


class CasesConfig(AppConfig):
    """Cases and their clocks."""

    name = "zhunsheng.casework.cases"
    label = "cases"

    def ready(self) -> None:
        """Name the handler of this app's job, what a day begins with, and what cases ask of people."""
        from zhunsheng.casework.cases import tasks, turns
        from zhunsheng.casework.inbox.offers import offer, offer_unowned
        from zhunsheng.casework.jobs.handlers import Handler, each_day, register

        register("cases.tick", Handler(tasks.tick))
        each_day(tasks.each_day)
        offer(turns.SOURCE)
        offer_unowned(turns.unowned)
