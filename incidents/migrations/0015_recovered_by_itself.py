

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0014_what_was_sent_is_listed"),
        ("teams", "0017_dependencies_that_hold_alerts_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="incident",
            name="cancel_kind",
            field=models.CharField(
                blank=True,
                choices=[
                    ("false_alarm", "False alarm"),
                    ("duplicate", "Duplicate"),
                    ("superseded", "Superseded"),
                    ("external", "Somebody else's outage"),
                    ("recovered", "Recovered by itself"),
                    ("other", "Other"),
                ],
                editable=False,
                max_length=16,
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(
                condition=models.Q(("cancel_kind", "recovered")),
                fields=["integration", "group_key", "cancelled_at"],
                name="incident_recovered",
            ),
        ),
    ]
