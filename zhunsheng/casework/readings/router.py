"""Where the tables of readings lie: in a file of their own beside SQLite, in the one database of PostgreSQL.

Thousands of rows a second and the decisions of people do not wait for one another's lock.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

ALIAS = "telemetry"
#: The models whose rows are many; closed files and keys stand beside the evidence that speaks of them.
MANY = frozenset({"series", "hotrow", "span", "latest", "quarantine"})


def using() -> str:
    """Return the alias of the database in which readings lie."""
    return ALIAS if ALIAS in settings.DATABASES else DEFAULT_DB_ALIAS


class ReadingsRouter:
    """Sends the tables of readings to their own file where there is one."""

    def db_for_read(self, model: type[Model], **_hints: Any) -> str | None:
        """Return the alias for a model of readings, None for any other."""
        return using() if _is_many(model._meta.app_label, model._meta.model_name) else None

    db_for_write = db_for_read

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **_hints: Any) -> bool | None:
        """Tell which tables a database gets."""
        if ALIAS not in settings.DATABASES:
            return None
        return _is_many(app_label, model_name) == (db == ALIAS)


def migrate_along(using: str, **_signal: Any) -> None:
    """Bring the file of readings to the schema that the database has got."""
    if using == DEFAULT_DB_ALIAS and ALIAS in settings.DATABASES:
        call_command("migrate", "readings", database=ALIAS, verbosity=0, interactive=False)


def _is_many(app_label: str, model_name: str | None) -> bool:
    return app_label == "readings" and model_name in MANY
