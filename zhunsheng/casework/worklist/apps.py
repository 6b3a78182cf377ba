"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """Marks, notes and saved views."""

    name = "zhunsheng.casework.worklist"
    label = "worklist"

    def ready(self) -> None:
        """Name what this app asks of people."""
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.worklist.queries import SOURCE

        offer(SOURCE)
