"""Registers the app."""

from __future__ import annotations

from django.apps import AppConfig


class BodiesConfig(AppConfig):
    """Bodies, users and duties."""

    name = "zhunsheng.casework.bodies"
    label = "bodies"

    def ready(self) -> None:
        """Put every connection behind the wall, and write the policies after each migration."""
        from django.db.backends.signals import connection_created
        from django.db.models.signals import post_migrate

        from zhunsheng.casework.bodies import walls

        connection_created.connect(walls.guard, dispatch_uid="walls.guard")
        post_migrate.connect(walls.raise_walls, dispatch_uid="walls.raise_walls")
