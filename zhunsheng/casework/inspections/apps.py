"""Registers the app, and what holds the cases of a plan to it."""

from __future__ import annotations

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Unannounced inspections."""

    name = "zhunsheng.casework.inspections"
    label = "inspections"

    def ready(self) -> None:
        """Name what the cases of a plan are held to, from whatever page a step is taken."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.inspections.actions import held_to_plan

        after(held_to_plan, "inspection")
