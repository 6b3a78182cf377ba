"""An entry is not replaced by one of the same number either, which a new key would let pass."""

from django.db import migrations

# ruff: noqa: ISC004

SQLITE = (
    "DROP TRIGGER ledger_entry_no_replace",
    "CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_ledgerentry "
    "WHEN EXISTS (SELECT 1 FROM ledger_ledgerentry WHERE id = NEW.id "
    "OR (case_id = NEW.case_id AND number = NEW.number)) "
    "BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never replaced'); END",
)


def refuse(_apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":  # PostgreSQL knows no such statement
        for statement in SQLITE:
            schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_refuse_changes")]
    operations = [migrations.RunPython(refuse, elidable=False)]
