"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class KnowledgeConfig(AppConfig):
    """Imports of published workbooks into the rule book."""

    name = "zhunsheng.casework.knowledge"
    label = "knowledge"

    def ready(self) -> None:
        """Name what this app asks of people."""
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.knowledge.queries import SOURCE

        offer(SOURCE)
