"""Registers the app."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.core.checks import CheckMessage, Error, register


class AccountsConfig(AppConfig):
    """Second factors, sessions, single sign-on."""

    name = "zhunsheng.casework.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Refuse to start on a setting that says nothing, and tell of passwords that run out."""
        from zhunsheng.casework.accounts import tasks
        from zhunsheng.casework.jobs.handlers import each_day

        register(_second_factor)
        each_day(tasks.each_day)


def _second_factor(**_kwargs: Any) -> list[CheckMessage]:
    from django.conf import settings

    from zhunsheng.casework.accounts.policies import factor_duties

    try:
        factor_duties(settings.SECOND_FACTOR)
    except ValueError as error:
        return [Error(f"ZHUNSHENG_SECOND_FACTOR: {error}", id="accounts.E001")]
    return []
