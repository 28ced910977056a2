from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", '0016_lists_at_a_million_rows'),
    ]

    operations = [
        migrations.AddField(
            model_name="silence",
            name="private_teams",
            field=models.JSONField(
                blank=True,
                editable=False,
                help_text="The teams whose private alerts it holds back as well, by their ids: those whose author may see them. Empty: every team's.",
                null=True,
            ),
        ),
    ]
