"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class InspectionsConfig(AppConfig):
    """Unannounced inspections."""

    name = "zhunsheng.casework.inspections"
    label = "inspections"
