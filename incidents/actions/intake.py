"""What tools send: alerts become incidents, changes are kept beside them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import connection, transaction
from django.utils import timezone

from incidents.actions import taken
from incidents.actions.joining import called
from incidents.actions.taking import Received, Taking
from incidents.models import Change, Integration
from incidents.sources import AlertReport, ChangeReport


def receive(integration: Integration, reports: Iterable[AlertReport]) -> Received:
    """`receive_all` for one batch."""
    (received,) = receive_all(integration, [list(reports)])
    return received


@transaction.atomic
def receive_all(integration: Integration, batches: Sequence[Sequence[AlertReport]]) -> list[Received]:
    """Take batches of alerts in their order, whole, or nothing of them; what became of each.

    At most one alert is firing for each fingerprint and one active incident open for each group: whoever takes alerts
    of an integration is alone with it until the transaction ends. A resolve for something that is not firing is
    accepted and dropped. However many alerts, the queries are the same few, and a few for each incident that they join.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, integration.pk])
    taking = Taking(integration, batches)
    for number, batch in enumerate(batches):
        for report in batch:
            taking.take(number, report)
    return taken.write(taking)


@transaction.atomic
def look_again(integration: Integration, reports: Sequence[AlertReport], *, at: datetime) -> None:
    """Judge alerts that are held back as if they came at `at`, without counting that as something that was sent."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [LOCK, integration.pk])
    taking = Taking(integration, [reports], at=at)
    for report in reports:
        taking.let_go(report)
    taken.write(taking)


# The first of the two numbers of an integration's lock; the other is its key.
LOCK = 7_304_310


@transaction.atomic
def receive_change(integration: Integration, report: ChangeReport) -> Change:
    """Keep a change event. It never pages anyone; incidents show it among what happened before them."""
    service = called(word for word in (report.service, report.source) if word).first()
    return Change.objects.create(
        integration=integration,
        service=service or integration.service,
        summary=report.summary,
        source=report.source,
        details=report.custom_details,
        links=report.links,
        at=report.timestamp or timezone.now(),
    )
