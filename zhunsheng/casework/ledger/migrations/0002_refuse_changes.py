"""The database itself refuses to change or delete an entry of the ledger, whoever asks."""

from django.db import migrations

# ruff: noqa: ISC004

SQLITE = (
    *(
        f"CREATE TRIGGER ledger_entry_no_{deed.lower()} BEFORE {deed} ON ledger_ledgerentry "
        f"BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never changed'); END"
        for deed in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE
    "CREATE TRIGGER ledger_entry_no_replace BEFORE INSERT ON ledger_ledgerentry "
    "WHEN EXISTS (SELECT 1 FROM ledger_ledgerentry WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'an entry of the ledger is never replaced'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION ledger_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'an entry of the ledger is never changed'; END $$",
    "CREATE TRIGGER ledger_entry_no_change BEFORE UPDATE OR DELETE ON ledger_ledgerentry "
    "FOR EACH ROW EXECUTE FUNCTION ledger_entry_refuse()",
    "CREATE TRIGGER ledger_entry_no_truncate BEFORE TRUNCATE ON ledger_ledgerentry "
    "FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_refuse()",
)


def refuse(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]
    operations = [migrations.RunPython(refuse, elidable=False)]
