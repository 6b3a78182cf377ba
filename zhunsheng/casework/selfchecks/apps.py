"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class SelfchecksConfig(AppConfig):
    """Self-checks."""

    name = "zhunsheng.casework.selfchecks"
    label = "selfchecks"
