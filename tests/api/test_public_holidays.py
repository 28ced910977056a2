"""Whose public holidays: names to choose from, the profile, the administration and the API."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client

from teams import public_holidays
from teams.models import Schedule, User
from tests import factories
from tests.api.conftest import Api


def test_countries_and_their_parts_have_names_in_an_order_that_people_search() -> None:
    names = dict(public_holidays.countries())
    assert names["DE"] == "Germany"
    assert names["DE-BY"] == "Germany, Bayern"
    assert names["BA"] == "Bosnia and Herzegovina"
    assert names["US-CA"] == "United States, California"
    assert set(names) == set(public_holidays.country_codes())
    order = list(names)
    assert order.index("DE") < order.index("DE-BY") < order.index("GB") < order.index("US")


@pytest.mark.parametrize(
    ("code", "days"),
    [
        ("DE-BY", [date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1), date(2027, 1, 6)]),
        ("", []),
        ("XX", []),
    ],
)
def test_the_next_ones_reach_into_the_next_year(code: str, days: list[date]) -> None:
    assert [day for day, _ in public_holidays.coming(code, date(2026, 12, 1))] == days


def test_somebody_chooses_theirs_and_sees_the_next(client: Client, alice: User) -> None:
    client.force_login(alice)
    assert "Next in" not in client.get("/account/profile/").content.decode()
    assert "Next in Germany, Bayern:" in client.get("/holidays/?country=DE-BY").content.decode()
    assert client.get("/holidays/?country=nowhere").content.decode().strip() == ""
    given = {"first_name": "Alice", "last_name": "Lee", "time_zone": "", "phone": "", "country": "DE-BY"}
    assert client.post("/account/profile/", given).status_code == 302
    assert User.objects.get(pk=alice.pk).country == "DE-BY"
    assert "Next in Germany, Bayern:" in client.get("/account/profile/").content.decode()
    assert client.post("/account/profile/", given | {"country": "Atlantis"}).status_code == 422
    assert User.objects.get(pk=alice.pk).country == "DE-BY"


def test_the_administration_offers_the_same(client: Client, payments: Any, bob: User) -> None:
    owner = factories.UserFactory(username="olga", role=User.Role.OWNER)
    client.force_login(owner)
    body = client.get(f"/admin/teams/user/{bob.pk}/change/").content.decode()
    assert '<option value="DE-BY">Germany, Bayern</option>' in body


def test_the_api_tells_it(api: Api, payments: Any, alice: User) -> None:
    User.objects.filter(pk=alice.pk).update(country="DE-BY")
    Schedule.objects.update(country="JP")
    assert api(alice).get("/api/v1/me/").json()["country"] == "DE-BY"
    assert {row["country"] for row in api(alice).get("/api/v1/schedules/").json()["results"]} == {"JP"}
