"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Decisions on findings."""

    name = "zhunsheng.casework.decisions"
    label = "decisions"

    def ready(self) -> None:
        """Let a case decide on its findings."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.decisions.actions import follow_case

        after(follow_case)
