"""From which answer on those of an independent evaluator count."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    """Answers of before count as they did."""

    dependencies: ClassVar = [("samples", "0001_initial")]

    operations: ClassVar = [
        migrations.AddField("sample", "told_before", models.BigIntegerField(default=0)),
    ]
