from django.conf import settings
from django.db import migrations, models
from django.db.models import Q, deletion


def copy(apps, _editor):
    """Fill what lists ask for from the proposals that wait and the events that opened cases."""
    known = {name: apps.get_model("cases", name) for name in ("Case", "CaseEvent", "CaseFinding", "Proposal")}
    for one in known["Proposal"].objects.filter(state="open"):
        waits = {"proposed_move": one.move, "proposed_by": one.proposed_by_id}
        known["Case"].objects.filter(pk=one.case_id).update(**waits)
    opened = known["CaseEvent"].objects.filter(kind="opened", fields__has_key="findings").values_list("case", "fields")
    held = ((case, key) for case, fields in opened.iterator() for key in set(fields["findings"]))
    rows = [known["CaseFinding"](case_id=case, finding_id=key) for case, key in held]
    known["CaseFinding"].objects.bulk_create(rows, batch_size=2_000)


class Migration(migrations.Migration):
    dependencies = (("cases", "0002_refuse_changes"), migrations.swappable_dependency(settings.AUTH_USER_MODEL))

    operations = (
        migrations.AddField("case", "proposed_move", models.CharField(blank=True, default="", max_length=40)),
        migrations.AddField(
            "case",
            "proposed_by",
            models.ForeignKey(null=True, on_delete=deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex("case", models.Index(fields=["-opened_at", "-id"], name="case_newest")),
        migrations.AddIndex(
            "case", models.Index(fields=["due_on", "id"], condition=Q(closed_at=None), name="case_open_due")
        ),
        migrations.CreateModel(
            "CaseFinding",
            [
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("finding_id", models.CharField(db_index=True, max_length=64)),
                (
                    "case",
                    models.ForeignKey(on_delete=deletion.PROTECT, related_name="findings", to="cases.case"),
                ),
            ],
        ),
        migrations.AddConstraint(
            "casefinding", models.UniqueConstraint(fields=("case", "finding_id"), name="finding_once_per_case")
        ),
        migrations.RunPython(copy, migrations.RunPython.noop),
    )
