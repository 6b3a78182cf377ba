"""The database itself refuses to change or delete evidence, whoever asks."""

from django.db import migrations

# ruff: noqa: ISC004
SQLITE = {
    "evidence_no_update": "CREATE TRIGGER evidence_no_update BEFORE UPDATE ON outbox_evidenceoutbox "
    "BEGIN SELECT RAISE(ABORT, 'evidence is never changed'); END",
    "evidence_no_delete": "CREATE TRIGGER evidence_no_delete BEFORE DELETE ON outbox_evidenceoutbox "
    "BEGIN SELECT RAISE(ABORT, 'evidence is never deleted'); END",
}
POSTGRESQL = (
    "CREATE FUNCTION evidence_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'evidence is never changed'; END $$",
    "CREATE TRIGGER evidence_no_change BEFORE UPDATE OR DELETE ON outbox_evidenceoutbox "
    "FOR EACH ROW EXECUTE FUNCTION evidence_refuse()",
)


def refuse(_apps, schema_editor):
    statements = SQLITE.values() if schema_editor.connection.vendor == "sqlite" else POSTGRESQL
    for statement in statements:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("outbox", "0001_initial")]
    operations = [migrations.RunPython(refuse, elidable=False)]
