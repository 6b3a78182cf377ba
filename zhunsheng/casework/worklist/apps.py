"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class WorklistConfig(AppConfig):
    """Marks, notes and saved views."""

    name = "zhunsheng.casework.worklist"
    label = "worklist"
