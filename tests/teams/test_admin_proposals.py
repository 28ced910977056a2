"""A schedule's preview in the administration offers the start that evens a new rotation."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from teams import oncall
from teams.admin import proposals
from teams.hours import instant
from teams.models import Layer, Override, Schedule, Team, User
from tests import factories
from tests.teams.test_admin import PREVIEW, layer, schedule_form, text


@pytest.fixture
def burdened(payments: Team, alice: User) -> User:
    """Alice, who has had the last 60 days and has the next four weeks elsewhere."""
    now = timezone.now()
    other = factories.schedule(payments, [factories.UserFactory(username="zoe")], name="Other")
    Override.objects.create(
        schedule=other, user=alice, starts_at=now - timedelta(days=60), ends_at=now + timedelta(days=28)
    )
    return alice


def christmas(people: list[User]) -> Schedule:
    """Four-week turns, so that a start decides who has the holidays."""
    schedule = factories.schedule(people[0].teams.first(), people, name="New", every=4, anchor_date=date(2026, 12, 7))
    Schedule.objects.filter(pk=schedule.pk).update(country="DE")
    return Schedule.objects.get(pk=schedule.pk)


def test_an_offer_says_where_in_the_form_the_people_stand(burdened: User, bob: User) -> None:
    schedule = christmas([burdened, bob])
    row = schedule.layers.get()
    row.rota.create(user=factories.UserFactory(username="kim", first_name="Kim"), position=0)
    rota = oncall.load([schedule])[0]
    now = instant(datetime(2026, 12, 4, 9), "UTC")
    (offer,) = proposals.offers(rota, [("layers-0", row)], now)
    assert offer.rows == "id_layers-0-rota"
    assert (offer.proposed.crew, offer.before) in {(1, 0), (2, 2)}
    # A new layer is known by its place alone.
    assert proposals.offers(rota, [("layers-3", Layer(position=row.position))], now)[0].rows == "id_layers-3-rota"
    assert proposals.offers(rota, [("layers-3", Layer(position=9))], now) == []


def test_the_preview_offers_it(client: Client, burdened: User, bob: User, payments: Team) -> None:
    client.force_login(factories.UserFactory(username="boss", role="owner"))
    form = schedule_form(payments, [layer([burdened, bob], every=4, anchor_date="2026-12-07")])
    page = text(client.post(PREVIEW, form))
    assert "between most and least" in page
    assert "between most and least" not in text(client.post(PREVIEW, schedule_form(payments, [layer([bob])])))
