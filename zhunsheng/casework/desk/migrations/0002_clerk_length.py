"""The clerk of a response, in words as the model says."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("desk", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="response",
            name="clerk",
            field=models.CharField(
                blank=True, help_text="who answered, by the institution's own name for them", max_length=64
            ),
        ),
    ]
