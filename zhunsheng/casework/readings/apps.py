"""Registers the app: the second file's tables, and what a day begins with."""

from __future__ import annotations

from django.apps import AppConfig


class ReadingsConfig(AppConfig):
    """Live readings."""

    name = "zhunsheng.casework.readings"
    label = "readings"

    def ready(self) -> None:
        """Bring the file of readings along with each migration; close days when one begins."""
        from django.db.models.signals import post_migrate

        from zhunsheng.casework.jobs.handlers import each_day
        from zhunsheng.casework.readings import router, tasks

        post_migrate.connect(router.migrate_along, sender=self, dispatch_uid="readings.migrate_along")
        each_day(tasks.each_day)
