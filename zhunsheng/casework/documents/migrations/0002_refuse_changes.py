"""The database itself refuses to change what an issued document says, or to delete any."""

from django.db import migrations

# ruff: noqa: ISC004

FROZEN = (
    "case_id", "event_id", "body_id", "institution_id", "kind", "title", "paper", "number", "year", "sequence", "served",
    "content_digest", "pdf_digest", "docx_digest", "code_digest", "template_digest", "cycle_digest", "book_digest",
    "replaces_id", "issued_by_id", "issued_at", "evidence",
)  # fmt: skip
ENDED = "OLD.state NOT IN ('draft', 'issued') AND NEW.state <> OLD.state"
TEXT = "an issued document is never changed"
SQLITE_CHANGED = " OR ".join(f"OLD.{name} IS NOT NEW.{name}" for name in FROZEN)
SQLITE = (
    "CREATE TRIGGER document_no_update BEFORE UPDATE ON documents_document "
    f"WHEN (OLD.state <> 'draft' AND ({SQLITE_CHANGED})) OR ({ENDED}) BEGIN SELECT RAISE(ABORT, '{TEXT}'); END",
    f"CREATE TRIGGER document_no_delete BEFORE DELETE ON documents_document BEGIN SELECT RAISE(ABORT, '{TEXT}'); END",
)
CHANGED = " OR ".join(f"OLD.{name} IS DISTINCT FROM NEW.{name}" for name in FROZEN)
POSTGRESQL = (
    "CREATE FUNCTION document_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN IF TG_OP = 'DELETE' OR (OLD.state <> 'draft' AND ({CHANGED})) OR ({ENDED}) "
    f"THEN RAISE EXCEPTION '{TEXT}'; END IF; RETURN NEW; END $$",
    "CREATE TRIGGER document_no_change BEFORE UPDATE OR DELETE ON documents_document "
    "FOR EACH ROW EXECUTE FUNCTION document_refuse()",
)


def refuse(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("documents", "0001_initial")]
    operations = [migrations.RunPython(refuse, elidable=False)]
