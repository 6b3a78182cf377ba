"""The database itself refuses to change or delete a judgement of a trip, whoever asks."""

from django.db import migrations

# ruff: noqa: ISC004

SQLITE = (
    *(
        f"CREATE TRIGGER trip_version_no_{deed.lower()} BEFORE {deed} ON trips_tripversion "
        f"BEGIN SELECT RAISE(ABORT, 'a judgement of a trip is never changed'); END"
        for deed in ("UPDATE", "DELETE")
    ),
    # INSERT OR REPLACE deletes the row that stands there without asking the trigger on DELETE
    "CREATE TRIGGER trip_version_no_replace BEFORE INSERT ON trips_tripversion "
    "WHEN EXISTS (SELECT 1 FROM trips_tripversion WHERE id = NEW.id) "
    "BEGIN SELECT RAISE(ABORT, 'a judgement of a trip is never replaced'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION trip_version_refuse() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'a judgement of a trip is never changed'; END $$",
    "CREATE TRIGGER trip_version_no_change BEFORE UPDATE OR DELETE ON trips_tripversion "
    "FOR EACH ROW EXECUTE FUNCTION trip_version_refuse()",
    "CREATE TRIGGER trip_version_no_truncate BEFORE TRUNCATE ON trips_tripversion "
    "FOR EACH STATEMENT EXECUTE FUNCTION trip_version_refuse()",
)


def refuse(_apps, schema_editor):
    for statement in SQLITE if schema_editor.connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


class Migration(migrations.Migration):
    dependencies = [("trips", "0001_trips")]
    operations = [migrations.RunPython(refuse, elidable=False)]
