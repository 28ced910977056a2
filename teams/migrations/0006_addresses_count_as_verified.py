from django.db import migrations
from django.db.models import F, Value
from django.db.models.functions import Lower

BATCH = 500


def vouch(apps, schema_editor):
    """Whoever has an account signed in with its address before confirming addresses was asked for: it counts."""
    User = apps.get_model("teams", "User")
    EmailAddress = apps.get_model("account", "EmailAddress")
    User.objects.exclude(email=Lower("email")).update(email=Lower("email"))
    EmailAddress.objects.exclude(email=F("user__email")).delete()
    known = EmailAddress.objects.values("user")
    EmailAddress.objects.update(verified=True, primary=True)
    people = User.objects.exclude(email=Value("")).exclude(pk__in=known)
    EmailAddress.objects.bulk_create(
        (EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in people), batch_size=BATCH
    )


class Migration(migrations.Migration):
    dependencies = [
        ("account", "0009_emailaddress_unique_primary_email"),
        ("teams", "0005_how_people_get_in"),
    ]

    operations = [migrations.RunPython(vouch, migrations.RunPython.noop)]
