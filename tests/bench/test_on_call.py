"""Who is on call now, on many schedules, from the database: beside the bare reading of the same rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from random import Random

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams import oncall
from teams.models import Layer, LayerMember, Override, Schedule, User
from tests import factories

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

LAYERS, PEOPLE = 3, 8
ZONES = ["Europe/Berlin", "America/New_York", "Asia/Kolkata", "UTC", "Australia/Sydney"]
OFFICE = [{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]


def scene(schedules: int) -> None:
    """Schedules of three layers of eight people each; the middle one only in office hours, some with somebody who
    stands in."""
    random = Random(7)
    team = factories.TeamFactory(name="Everything")
    users = User.objects.bulk_create(
        User(username=f"u{n}", first_name=f"U{n}", email=f"u{n}@example.org", password="!") for n in range(200)
    )
    made = Schedule.objects.bulk_create(
        Schedule(team=team, name=f"Schedule {n}", time_zone=random.choice(ZONES)) for n in range(schedules)
    )
    layers = Layer.objects.bulk_create(
        Layer(
            schedule=schedule,
            name=f"Layer {n}",
            position=n,
            kind=random.choice(["day", "week", "month"]),
            anchor_date=date(2025, 1, 1) + timedelta(days=random.randrange(28)),
            handoff_time=time(random.randrange(24)),
            restrictions=OFFICE if n else [],
        )
        for schedule in made
        for n in range(LAYERS)
    )
    LayerMember.objects.bulk_create(
        LayerMember(layer=layer, user=user, position=n)
        for layer in layers
        for n, user in enumerate(random.sample(users, PEOPLE))
    )
    now = timezone.now()
    Override.objects.bulk_create(
        Override(schedule=schedule, user=users[0], starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1))
        for schedule in made[::10]
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def on_call() -> list[oncall.Watch | None]:
    found = oncall.on_call(Schedule.objects.select_related("team").order_by("pk"), timezone.now())
    return [watch for _, watch in found]


def test_on_call_now_on_a_hundred_schedules(report: Callable[..., None], medians: Callable[..., list[float]]) -> None:
    """The baseline reads the same rows with the same statements, and makes nothing of them."""
    scene(100)
    with CaptureQueriesContext(connection) as queries:
        assert len([watch for watch in on_call() if watch]) == 100

    def bare() -> None:
        with connection.connection.cursor() as cursor:
            for query in queries.captured_queries:
                cursor.execute(query["sql"])
                cursor.fetchall()

    ours, baseline = medians(on_call, bare, runs=25)
    report("on call now, 100 schedules from the database", ours, baseline, wanted_seconds=0.02)


@pytest.mark.parametrize("count", [1, 100])
def test_it_takes_as_many_queries_for_a_hundred_as_for_one(count: int) -> None:
    scene(count)
    with CaptureQueriesContext(connection) as queries:
        assert all(on_call())
    assert len(queries) == 6
