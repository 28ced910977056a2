"""What is held back no longer: looked for by a sweep, and taken as if it came then."""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q

from incidents.actions import intake
from incidents.actions.holding import DOWN, report_of
from incidents.models import Alert, Integration
from incidents.models.alert import AlertQuerySet

AT_ONCE = 500


def release_due(now: datetime) -> int:
    """Take again what is held back and whose reason may be over at `now`; returns how many alerts were looked at. Each
    integration in a transaction of its own, and again while more of it is there."""
    looked = 0
    while keys := list(due(now).order_by("integration").values_list("integration", flat=True).distinct()):
        taken = sum(_release(pk, now) for pk in keys)
        looked += taken
        # Whoever takes alerts of the others at this moment lets go of them, or the next sweep does.
        if not taken:
            break
    return looked


def due(now: datetime) -> AlertQuerySet:
    """What has to be looked at again: its time has come, or the incident that it waits for is mitigated."""
    mended = Q(suppression=Alert.Suppression.DEPENDENCY) & (~Q(upstream__phase__in=DOWN) | Q(upstream__drill=True))
    return Alert.objects.quiet().filter(Q(quiet_until__lte=now) | mended)


@transaction.atomic
def _release(integration_pk: int, now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [intake.LOCK, integration_pk])
        if cursor.fetchone() != (True,):
            return 0
    integration = Integration.objects.select_related("team", "service").get(pk=integration_pk)
    alerts = list(due(now).filter(integration=integration).order_by("pk")[:AT_ONCE])
    intake.look_again(integration, [report_of(alert) for alert in alerts], at=now)
    return len(alerts)
