"""The page of a schedule with a month of ten layers, from the request to the HTML: beside a page that shows a list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest
from django.db import connection
from django.template import Template
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams.models import Layer, LayerMember, Override, Schedule, Swap, TimeOff, User
from tests import factories

pytestmark = [pytest.mark.bench, pytest.mark.django_db]

MONTH = {"view": "month", "zone": "Europe/Berlin"}


def scene(layers: int, *, busy: bool = True) -> tuple[User, Schedule]:
    """Layers of six people who hand off every day, all but the lowest by day only. `busy`: in each of them somebody
    stands in, somebody asks for a swap, and somebody is away."""
    now = timezone.now()
    people = [factories.UserFactory(first_name=f"U{n}", time_zone="Europe/Berlin") for n in range(12)]
    team = factories.TeamFactory(people=people)
    made = Schedule.objects.create(team=team, name=f"{layers} layers", time_zone="Europe/Berlin", country="DE")
    for n in range(layers):
        hours = [{"weekdays": [n % 7, (n + 3) % 7], "start": "08:00", "end": "20:00"}]
        layer = Layer.objects.create(
            schedule=made,
            name=f"Layer {n}",
            position=n,
            kind="day",
            anchor_date=date(2026, 1, 5),
            handoff_time=time(9),
            restrictions=hours if n else [],
        )
        crew = (people * 2)[n : n + 6]
        LayerMember.objects.bulk_create(LayerMember(layer=layer, user=user, position=m) for m, user in enumerate(crew))
        if not busy:
            continue
        start = now + timedelta(days=n)
        span = {"starts_at": start, "ends_at": start + timedelta(hours=6)}
        Override.objects.create(schedule=made, user=people[n], **span)
        Swap.objects.create(schedule=made, user=people[n], **span)
        TimeOff.objects.create(user=people[n], **span)
    return people[0], made


def browse(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.mark.parametrize("busy", [False, True], ids=["plain", "busy"])
def test_a_month_of_ten_layers(
    report: Callable[..., None], medians: Callable[..., list[float]], monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    """The baseline is the list of teams, a page with the same frame. The wish is for the layers alone."""
    user, schedule = scene(10, busy=busy)
    client = browse(user)
    page = client.get(f"/schedules/{schedule.pk}/", MONTH)
    kinds = {lane.kind for week in page.context["calendar"].weeks for lane in week.lanes}
    assert kinds == {"final", "layer"} | ({"swap", "override", "away"} if busy else set())
    # As a server renders: not noting each template with a copy of its context, as tests do.
    monkeypatch.setattr(Template, "_render", lambda self, context: self.nodelist.render(context))
    ours, baseline = medians(
        lambda: client.get(f"/schedules/{schedule.pk}/", MONTH), lambda: client.get("/teams/"), runs=9
    )
    what = "a month of ten layers as a page"
    if busy:
        report(f"{what}, with ten overrides, swaps and absences", ours, baseline)
    else:
        report(what, ours, baseline, wanted_seconds=0.05)


def test_it_takes_as_many_queries_for_ten_layers_as_for_one() -> None:
    counts = []
    for layers in (1, 10):
        user, schedule = scene(layers)
        client = browse(user)
        client.get(f"/schedules/{schedule.pk}/", MONTH)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/schedules/{schedule.pk}/", MONTH).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]
