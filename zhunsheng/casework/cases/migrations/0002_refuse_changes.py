"""The database itself refuses to change or delete an event of a case, whoever asks."""

from django.db import migrations

# ruff: noqa: ISC004

SQLITE = tuple(
    f"CREATE TRIGGER case_event_no_{deed.lower()} BEFORE {deed} ON cases_caseevent "
    f"BEGIN SELECT RAISE(ABORT, 'an event of a case is never changed'); END"
    for deed in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    "CREATE FUNCTION case_event_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'an event of a case is never changed'; END $$",
    "CREATE TRIGGER case_event_no_change BEFORE UPDATE OR DELETE ON cases_caseevent "
    "FOR EACH ROW EXECUTE FUNCTION case_event_refuse()",
)


def refuse(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("cases", "0001_initial")]
    operations = [migrations.RunPython(refuse, elidable=False)]
