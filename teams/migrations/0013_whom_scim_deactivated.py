from django.db import migrations, models


def remember(apps, schema_editor):
    """Whose last deactivation came by SCIM. Where nothing tells, an administrator's hand is assumed."""
    AccessEvent = apps.get_model("teams", "AccessEvent")
    ScimRecord = apps.get_model("teams", "ScimRecord")
    for record in ScimRecord.objects.filter(user__is_active=False):
        last = AccessEvent.objects.filter(kind="person.deactivated", user=record.user_id).order_by("-at", "-pk").first()
        if last is not None and last.through == "scim":
            ScimRecord.objects.filter(pk=record.pk).update(deactivated=True)


class Migration(migrations.Migration):

    dependencies = [
        ('teams', '0012_track_how_people_get_in'),
    ]

    operations = [
        migrations.AddField(
            model_name='scimrecord',
            name='deactivated',
            field=models.BooleanField(
                default=False, help_text='SCIM deactivated the person, and nobody else did since.'
            ),
        ),
        migrations.RunPython(remember, migrations.RunPython.noop),
    ]
