"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class SealsConfig(AppConfig):
    """The way of evidence into the log."""

    name = "zhunsheng.casework.seals"
    label = "seals"
