"""Registers the app; turns logs on and compiles translations that are older than their text."""

from __future__ import annotations

from django.apps import AppConfig


class WebConfig(AppConfig):
    """The pages."""

    name = "zhunsheng.web"
    label = "web"

    def ready(self) -> None:
        """Prepare the process."""
        from django.conf import settings

        from zhunsheng.casework.logs import configure
        from zhunsheng.web import signins
        from zhunsheng.web.catalogues import compile_stale

        configure(settings.LOGGING)
        compile_stale()
        signins.watch()
