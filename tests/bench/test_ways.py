"""What helped before, searched among ten thousand incidents, beside the bare reading of the likest rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from incidents import remembering
from incidents.models import Incident, Mitigation, Symptom
from tests import factories
from tests.cast import everybody

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

SIZE = 10_000
WHAT = "error rate,latency p99,connections,queue depth,memory,certificate,timeouts,disk usage,login failures"
WHERE = "checkout,ledger,search,storage,mail,gateway,billing,catalogue,reports,sessions,exports,imports"
HOW = "high,rising,exhausted,over its limit,spikes after deploy,above 3 s,since the release,in eu,in us,again"


def test_memory_of_ten_thousand(report: Callable[..., None], medians: Callable[..., list[float]]) -> None:
    cast, luck = everybody(), Random(7)
    services = [
        factories.ServiceFactory(name=f"{name} api", slug=f"{name}-api", team=cast["payments"])
        for name in WHERE.split(",")
    ]
    now = timezone.now()
    told = [(luck.choice(WHAT.split(",")), luck.choice(services), luck.choice(HOW.split(","))) for _ in range(SIZE)]
    made = Incident.objects.bulk_create(
        Incident(title=f"{service} {what} {how}", team=cast["payments"], phase="closed") for what, service, how in told
    )
    Incident.services.through.objects.bulk_create(
        Incident.services.through(incident=row, service=service)
        for row, (_, service, _) in zip(made, told, strict=True)
    )
    Symptom.objects.bulk_create(
        Symptom(incident=row, title=row.title, alerts=f"{what} of {service}", services=service.name)
        for row, (what, service, _) in zip(made, told, strict=True)
    )
    Mitigation.objects.bulk_create(
        Mitigation(
            incident=row,
            kind=luck.choice(Mitigation.Kind.values),
            title="Done",
            state=luck.choice(Mitigation.OUTCOMES),
            executed_at=now,
            finished_at=now + timedelta(minutes=luck.randrange(1, 30)),
        )
        for row in made
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    here = factories.incident(
        cast["payments"], cast["alice"], title="Checkout error rate high since the release", services=services[:1]
    )

    def bare() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM incidents_symptom ORDER BY incident_id DESC LIMIT 300")
            return cursor.fetchall()

    for who in ("alice", "charlie"):
        ours, base = medians(partial(remembering.remembered, here, cast[who]), bare, runs=9)
        report(f"what helped before, of {SIZE:,}, {who}", ours, base, wanted_seconds=0.03)
