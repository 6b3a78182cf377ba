from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("oversight", "0002_poolmember_full_time"),
    ]

    operations = [
        migrations.AlterField(
            model_name="poolmember",
            name="role",
            field=models.CharField(
                choices=[
                    ("supervisor", "监督人员"),
                    ("evaluator", "独立评估机构"),
                    ("expert", "专家"),
                    ("committee", "监督委员会委员"),
                    ("centre", "监管中心人员"),
                ],
                max_length=12,
            ),
        ),
    ]
