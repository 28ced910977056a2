"""Fairness and proposals through the API."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from teams import loads, oncall
from teams.models import Layer, Override, Schedule, Team, User
from tests import factories
from tests.api.conftest import Api

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def weekly(payments: Team, alice: User, bob: User) -> Schedule:
    return factories.schedule(payments, [alice, bob], name="Weekly", anchor_date=date(2026, 11, 2))


def test_the_api_answers_the_same(api: Api, alice: User, weekly: Schedule, payments: Team) -> None:
    asked = "from=2026-11-02T00:00:00Z&until=2026-11-30T00:00:00Z"
    found = api(alice).get(f"/api/v1/schedules/{weekly.pk}/fairness/?{asked}").json()
    assert found["spread"] == {"percent": 3, "verdict": "even"}
    first = found["people"][0]
    assert (first["user"]["username"], first["hours"], first["nights"], first["weekend_hours"]) == (
        "alice",
        336,
        14,
        96,
    )
    both = api(alice).get(f"/api/v1/teams/{payments.slug}/fairness/?{asked}").json()
    assert [row["hours"] for row in both["people"]] == [336 + 672, 327]
    assert api(alice).get(f"/api/v1/teams/{payments.slug}/fairness/").json()["start"] == "2026-09-01T09:00:00Z"
    too_long = api(alice).get(
        f"/api/v1/schedules/{weekly.pk}/fairness/?from=2024-01-01T00:00:00Z&until=2026-01-01T00:00:00Z"
    )
    assert (too_long.status_code, [e["code"] for e in too_long.json()["errors"]]) == (400, ["too_long"])


SETUP = {"crews": [["alice"], ["bob"]], "every": 4, "anchor_date": "2026-12-07", "handoff_time": "09:00"}


def test_the_api_proposes_a_start_and_changes_nothing(api: Api, alice: User, bob: User, weekly: Schedule) -> None:
    Schedule.objects.filter(pk=weekly.pk).update(country="DE")
    Override.objects.create(
        schedule=Schedule.objects.exclude(pk=weekly.pk).get(),
        user=bob,
        starts_at=NOW - timedelta(days=60),
        ends_at=NOW + timedelta(days=30),
    )
    before = list(Layer.history.values())
    found = api(alice).post(f"/api/v1/schedules/{weekly.pk}/proposed-start/", SETUP, format="json").json()["proposal"]
    assert found["after"]["percent"] <= found["before"]["percent"]
    assert "between most and least" in found["sentence"]
    assert len(found["starts"]) == 1
    assert list(Layer.history.values()) == before
    alone = SETUP | {"crews": [["alice"]]}
    assert api(alice).post(f"/api/v1/schedules/{weekly.pk}/proposed-start/", alone, format="json").json() == {
        "proposal": None
    }


def test_a_changed_layer_takes_the_place_of_its_former_self(api: Api, alice: User, weekly: Schedule) -> None:
    """Asked with the setup that it has, the given start is what the schedule itself will be."""
    layer = weekly.layers.get()
    asked = {
        "layer": layer.pk,
        "crews": [["alice"], ["bob"]],
        "anchor_date": "2026-11-02",
        "handoff_time": "09:00",
    }
    found = api(alice).post(f"/api/v1/schedules/{weekly.pk}/proposed-start/", asked, format="json").json()["proposal"]
    rota = oncall.load([weekly])[0]
    assert found["before"]["percent"] == loads.propose(rota, rota.layers[-1], NOW).before.percent


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"crews": [["nobody"]]}, "crews"),
        ({"restrictions": "always"}, "restrictions"),
        ({"restrictions": [{"weekdays": [9]}]}, "restrictions"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"every": 0}, "every"),
        ({"kind": "year"}, "kind"),
        ({"layer": 999999}, "layer"),
        ({"anchor": "2026-01-01"}, "anchor"),
    ],
)
def test_a_setup_that_makes_no_sense_names_its_field(
    wrong: dict[str, Any], field: str, api: Api, alice: User, weekly: Schedule
) -> None:
    answer = api(alice).post(f"/api/v1/schedules/{weekly.pk}/proposed-start/", SETUP | wrong, format="json")
    assert answer.status_code == 400
    assert {error["field"].partition(".")[0].partition("[")[0] for error in answer.json()["errors"]} == {field}
