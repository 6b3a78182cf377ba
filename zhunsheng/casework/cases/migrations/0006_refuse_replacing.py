"""An event of a case is not replaced or emptied either: ways that triggers on UPDATE and DELETE do not see."""

from django.db import migrations

# INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE (recursive_triggers is off)
SQLITE = (
    "CREATE TRIGGER case_event_no_replace BEFORE INSERT ON cases_caseevent "
    "WHEN EXISTS (SELECT 1 FROM cases_caseevent WHERE id = NEW.id "
    "OR (case_id = NEW.case_id AND sequence = NEW.sequence)) "
    "BEGIN SELECT RAISE(ABORT, 'an event of a case is never replaced'); END"
)
POSTGRESQL = (
    "CREATE TRIGGER case_event_no_truncate BEFORE TRUNCATE ON cases_caseevent "
    "FOR EACH STATEMENT EXECUTE FUNCTION case_event_refuse()"
)


def refuse(_apps, schema_editor):
    schema_editor.execute(SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL)


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_proposed_for")]
    operations = [migrations.RunPython(refuse, elidable=False)]
