"""Evidence is not replaced or emptied either: ways of changing rows that triggers on UPDATE and DELETE do not see."""

from django.db import migrations

# INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE (recursive_triggers is off)
SQLITE = (
    "CREATE TRIGGER evidence_no_replace BEFORE INSERT ON outbox_evidenceoutbox "
    "WHEN EXISTS (SELECT 1 FROM outbox_evidenceoutbox WHERE sequence = NEW.sequence) "
    "BEGIN SELECT RAISE(ABORT, 'evidence is never replaced'); END"
)
POSTGRESQL = (
    "CREATE TRIGGER evidence_no_truncate BEFORE TRUNCATE ON outbox_evidenceoutbox "
    "FOR EACH STATEMENT EXECUTE FUNCTION evidence_refuse()"
)


def refuse(_apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


class Migration(migrations.Migration):
    dependencies = [("outbox", "0002_refuse_changes")]
    operations = [migrations.RunPython(refuse, elidable=False)]
