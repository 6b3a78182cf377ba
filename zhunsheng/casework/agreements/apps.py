"""Registers the app: guards, effects, and the job that opens checks of conflicts."""

from __future__ import annotations

from django.apps import AppConfig


class AgreementsConfig(AppConfig):
    """Agreements with vendors."""

    name = "zhunsheng.casework.agreements"
    label = "agreements"

    def ready(self) -> None:
        """Name guards, effects, what is asked of people, and the job that opens checks of conflicts."""
        from zhunsheng.casework.agreements import actions, policies, reviewing, tasks, watch
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.cases.policies import GUARDS
        from zhunsheng.casework.inbox.offers import offer
        from zhunsheng.casework.jobs.handlers import Handler, make_good, register

        register(tasks.JOB, Handler(tasks.find))
        make_good(tasks.request_missing)
        register(reviewing.JOB, Handler(reviewing.review))
        make_good(reviewing.request_missing)
        GUARDS.update(policies.GUARDS)
        after(actions.agreement_moved, "service_agreement")
        after(actions.declaration_moved, "interest_declaration")
        after(actions.check_moved, "conflict_check")
        offer(watch.SOURCE)
        offer(watch.REFILING)
