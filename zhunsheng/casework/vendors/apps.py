"""Registers the app, and tells the scope which vendors belong to whose view."""

from __future__ import annotations

from django.apps import AppConfig


class VendorsConfig(AppConfig):
    """Third-party vendors."""

    name = "zhunsheng.casework.vendors"
    label = "vendors"

    def ready(self) -> None:
        """Name guards, effects, what a day begins with, what is asked of people, and whom a consortium sees besides."""
        from zhunsheng.casework.bodies.scope import also_seen
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.jobs.handlers import each_day
        from zhunsheng.casework.vendors import actions, policies, queries, tasks, watch

        also_seen(queries.codes_for)
        GUARDS.update(policies.GUARDS)
        after(actions.entry_moved, "vendor_entry")
        after(actions.line_moved, "service_line")
        after(actions.review_moved, "vendor_review")
        after(actions.negative_moved, "negative_entry")
        each_day(tasks.each_day)
        for source in watch.SOURCES:
            offer(source)
