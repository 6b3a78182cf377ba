from django.db import migrations, models
from django.db.models import F


def sides(apps, _editor):
    """Say of the files that are there from which side they came."""
    files = apps.get_model("cases", "Attachment").objects.select_related("case", "added_by")
    for one in files.exclude(added_by__body=F("case__body")):
        one.of_party = True
        one.save(update_fields=["of_party"])


class Migration(migrations.Migration):
    dependencies = (("cases", "0006_refuse_replacing"),)

    operations = (
        migrations.AddField("attachment", "of_party", models.BooleanField(default=False)),
        migrations.RemoveConstraint("attachment", "file_once_per_case"),
        migrations.AddConstraint(
            "attachment",
            models.UniqueConstraint(fields=("case", "digest", "internal", "of_party"), name="file_once_per_side"),
        ),
        migrations.RunPython(sides, migrations.RunPython.noop),
    )
