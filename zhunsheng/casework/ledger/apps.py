"""Registers the app: each step of a case that concerns money is booked in its own transaction."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """The recovery ledger."""

    name = "zhunsheng.casework.ledger"
    label = "ledger"

    def ready(self) -> None:
        """Let the steps of cases be booked."""
        from zhunsheng.casework.cases.effects import after
        from zhunsheng.casework.ledger.actions import book

        after(book)
