"""Registers the app, and tells the scope which vendors belong to whose view."""

from __future__ import annotations

from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """Third-party vendors."""

    name = "zhunsheng.casework.vendors"
    label = "vendors"

    def ready(self) -> None:
        """Name whom a consortium, and the authorities above it, see besides its members."""
        from zhunsheng.casework.bodies.scope import also_seen
        from zhunsheng.casework.vendors import queries

        also_seen(queries.codes_for)
