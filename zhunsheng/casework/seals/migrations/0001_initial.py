"""The keys of records."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="RecordKey",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("key", models.BinaryField(max_length=32)),
                ("logged", models.BooleanField(default=False)),
                ("refused", models.CharField(blank=True, max_length=8)),
            ],
            options={
                "indexes": [
                    models.Index(condition=models.Q(("logged", False)), fields=["sequence"], name="not_logged")
                ],
            },
        ),
    ]
