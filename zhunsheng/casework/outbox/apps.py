"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class OutboxConfig(AppConfig):
    """The evidence outbox."""

    name = "zhunsheng.casework.outbox"
    label = "outbox"
