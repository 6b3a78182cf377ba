"""The app of the right to know."""

from __future__ import annotations

from django.apps import AppConfig


class InformingConfig(AppConfig):
    """The right to know."""

    name = "zhunsheng.casework.informing"
    label = "informing"
