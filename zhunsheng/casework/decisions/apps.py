"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class DecisionsConfig(AppConfig):
    """Decisions on findings."""

    name = "zhunsheng.casework.decisions"
    label = "decisions"
