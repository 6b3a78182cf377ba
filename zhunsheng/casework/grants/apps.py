"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class GrantsConfig(AppConfig):
    """Grants of sight."""

    name = "zhunsheng.casework.grants"
    label = "grants"
