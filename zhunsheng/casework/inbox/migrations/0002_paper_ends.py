"""Notices say that a paper of a vendor ends."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """Widens the kinds of a notice."""

    dependencies = [
        ("inbox", "0001_initial"),
    ]

    operations = [
        migrations.AlterField(
            model_name="notice",
            name="kind",
            field=models.CharField(
                choices=[
                    ("case_moved", "事项有进展"),
                    ("case_due", "期限将至"),
                    ("case_late", "期限已过"),
                    ("case_escalated", "逾期上报"),
                    ("case_further", "逾期再上报"),
                    ("proposal_refused", "提议被退回"),
                    ("acted_for_you", "他人代办"),
                    ("delegation_given", "委托代办"),
                    ("delegation_ended", "委托终止"),
                    ("duty_given", "授予职责"),
                    ("duty_ended", "职责终止"),
                    ("password_due", "密码将到期"),
                    ("paper_ends", "第三方服务机构证照将到期"),
                ],
                max_length=20,
            ),
        ),
    ]
