"""Registers the app of devices."""

from __future__ import annotations

from django.apps import AppConfig


class DevicesConfig(AppConfig):
    """Devices."""

    name = "zhunsheng.casework.devices"
    label = "devices"

    def ready(self) -> None:
        """Name what the register asks of people."""
        from zhunsheng.casework.devices import watch
        from zhunsheng.casework.inbox.offers import offer

        offer(watch.SOURCE)
