"""Names for whom a document was drafted and issued, and refuses to replace or empty what was issued."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE (recursive_triggers is off)
SQLITE = (
    "CREATE TRIGGER document_no_replace BEFORE INSERT ON documents_document "
    "WHEN EXISTS (SELECT 1 FROM documents_document WHERE id = NEW.id "
    "OR (NEW.code_digest <> '' AND code_digest = NEW.code_digest) "
    "OR (body_id = NEW.body_id AND kind = NEW.kind AND year = NEW.year AND sequence = NEW.sequence)) "
    "BEGIN SELECT RAISE(ABORT, 'an issued document is never changed'); END"
)
POSTGRESQL = (
    "CREATE TRIGGER document_no_truncate BEFORE TRUNCATE ON documents_document "
    "FOR EACH STATEMENT EXECUTE FUNCTION document_refuse_truncate()"
)
FUNCTION = (
    "CREATE FUNCTION document_refuse_truncate() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'an issued document is never changed'; END $$"
)


def refuse(_apps, schema_editor):
    for statement in (SQLITE,) if schema_editor.connection.vendor == "sqlite" else (FUNCTION, POSTGRESQL):
        schema_editor.execute(statement)


def _person():
    return models.ForeignKey(
        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
    )


class Migration(migrations.Migration):
    dependencies = [("documents", "0002_refuse_changes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL)]
    operations = [
        migrations.AddField("document", "drafted_for", _person()),
        migrations.AddField("document", "issued_for", _person()),
        migrations.RunPython(refuse, elidable=False),
    ]
