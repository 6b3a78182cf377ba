"""Registers the app and what its worker does."""

from __future__ import annotations

from django.apps import AppConfig


class InboxConfig(AppConfig):
    """Tasks, notices, delegations and their delivery."""

    name = "zhunsheng.casework.inbox"
    label = "inbox"

    def ready(self) -> None:
        """Let the worker send what waits and tell of what ended."""
        from zhunsheng.casework.inbox import tasks
        from zhunsheng.casework.jobs.handlers import each_day, each_turn

        each_day(tasks.each_day)
        each_turn(tasks.send_due)
