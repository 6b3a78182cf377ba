"""The database itself refuses to change, replace or delete a frozen card."""

from django.db import migrations

# ruff: noqa: ISC004

TEXT = "a period card is never changed"
SQLITE = (
    *(
        f"CREATE TRIGGER period_card_no_{deed.lower()} BEFORE {deed} ON ratings_periodcard "
        f"BEGIN SELECT RAISE(ABORT, '{TEXT}'); END"
        for deed in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE
    "CREATE TRIGGER period_card_no_replace BEFORE INSERT ON ratings_periodcard "
    "WHEN EXISTS (SELECT 1 FROM ratings_periodcard WHERE id = NEW.id OR digest = NEW.digest) "
    "BEGIN SELECT RAISE(ABORT, 'a period card is never replaced'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION period_card_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{TEXT}'; END $$",
    "CREATE TRIGGER period_card_no_change BEFORE UPDATE OR DELETE ON ratings_periodcard "
    "FOR EACH ROW EXECUTE FUNCTION period_card_refuse()",
    "CREATE TRIGGER period_card_no_truncate BEFORE TRUNCATE ON ratings_periodcard "
    "FOR EACH STATEMENT EXECUTE FUNCTION period_card_refuse()",
)


def refuse(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("ratings", "0001_initial")]
    operations = [migrations.RunPython(refuse, elidable=False)]
