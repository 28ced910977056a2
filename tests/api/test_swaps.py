"""Swaps and time off through the API."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail
from django.utils import timezone

from teams.models import Override, Schedule, Swap, Team, TimeOff, User
from tests import factories
from tests.api.conftest import Api
from tests.api.test_rosters import iso, ok

DAY = timedelta(days=1)


@pytest.fixture
def start() -> datetime:
    return timezone.now().replace(microsecond=0) + 3 * DAY


@pytest.fixture
def schedule(payments: Team) -> Schedule:
    """Alice's alone."""
    return payments.schedules.get()


def given(start: datetime, **more: Any) -> dict[str, Any]:
    return {"starts_at": start.isoformat(), "ends_at": (start + DAY).isoformat(), **more}


def test_ask_and_accept(api: Api, alice: User, bob: User, schedule: Schedule, start: datetime) -> None:
    url = f"/api/v1/schedules/{schedule.pk}/swaps/"
    made = ok(api(alice, "rosters").post(url, given(start, asked="bob", note="dentist")), 201)
    assert (made["user"]["username"], made["asked"]["username"], made["state"]) == ("alice", "bob", "open")
    assert made["overrides"] == []
    assert [m.to for m in mail.outbox] == [["bob@example.org"]]
    assert len(ok(api(bob).get("/api/v1/swaps/?to_answer=true"))["results"]) == 1
    assert len(ok(api(alice).get("/api/v1/swaps/?to_answer=true"))["results"]) == 0

    done = ok(api(bob, "rosters").post(f"/api/v1/swaps/{made['id']}/accept/"))

    assert (done["state"], done["answered_by"]["username"], done["warnings"]) == ("accepted", "bob", [])
    (override,) = done["overrides"]
    assert (override["user"]["username"], override["replaces"]["username"]) == ("bob", "alice")
    at = iso(start + timedelta(hours=1))
    assert ok(api(alice).get(f"/api/v1/schedules/{schedule.pk}/who/?at={at}"))["watch"]["user"]["username"] == "bob"
    again = api(bob, "rosters").post(f"/api/v1/swaps/{made['id']}/accept/")
    assert (again.status_code, again.json()["detail"]) == (400, "Bob accepted this already.")
    assert ok(api(alice, "rosters").post(f"/api/v1/swaps/{made['id']}/undo/"))["overrides"] == []


def test_decline_with_a_word_and_withdraw(
    api: Api, alice: User, bob: User, charlie: User, schedule: Schedule, start: datetime
) -> None:
    url = f"/api/v1/schedules/{schedule.pk}/swaps/"
    first = ok(api(alice, "rosters").post(url, given(start, asked="bob")), 201)
    no = ok(api(bob, "rosters").post(f"/api/v1/swaps/{first['id']}/decline/", {"word": "at sea"}))
    assert no["state"] == "declined"
    assert "at sea" in mail.outbox[-1].body
    second = ok(api(alice, "rosters").post(url, given(start)), 201)
    assert second["asked"] is None
    assert api(charlie, "rosters").post(f"/api/v1/swaps/{second['id']}/withdraw/").status_code == 403
    assert ok(api(alice, "rosters").post(f"/api/v1/swaps/{second['id']}/withdraw/"))["state"] == "withdrawn"


def test_filters_and_the_state_of_what_nobody_answered(
    api: Api, alice: User, bob: User, schedule: Schedule, start: datetime
) -> None:
    ok(api(alice, "rosters").post(f"/api/v1/schedules/{schedule.pk}/swaps/", given(start, asked="bob")), 201)
    Swap.objects.create(schedule=schedule, user=alice, starts_at=start - 9 * DAY, ends_at=start - 8 * DAY)
    counts = {
        query: len(ok(api(bob).get(f"/api/v1/swaps/?{query}"))["results"])
        for query in (
            "state=open",
            "state=expired",
            "state=declined",
            "team=payments",
            "team=search",
            f"schedule={schedule.pk}",
            "user=alice",
            "asked=bob",
            f"ends_after={iso(timezone.now())}",
        )
    }
    assert list(counts.values()) == [1, 1, 0, 2, 0, 2, 2, 1, 1]
    assert ok(api(bob).get("/api/v1/swaps/?state=expired"))["results"][0]["state"] == "expired"


def test_a_wrong_field_is_named_and_a_token_to_read_asks_nothing(
    api: Api, alice: User, schedule: Schedule, start: datetime
) -> None:
    url = f"/api/v1/schedules/{schedule.pk}/swaps/"
    past = api(alice, "rosters").post(url, given(start - 9 * DAY))
    assert (past.status_code, past.json()["errors"][0]["field"]) == (400, "starts_at")
    nobody = api(alice, "rosters").post(url, given(start, asked="nobody"))
    assert (nobody.status_code, nobody.json()["errors"][0]["field"]) == (400, "asked")
    assert api(alice, "read").post(url, given(start)).status_code == 403
    assert not Swap.objects.exists()


def test_sent_again_it_is_done_once(api: Api, alice: User, bob: User, schedule: Schedule, start: datetime) -> None:
    url, once = f"/api/v1/schedules/{schedule.pk}/swaps/", {"Idempotency-Key": "k1"}
    made = [api(alice, "rosters").post(url, given(start), headers=once).json() for _ in range(2)]
    assert made[0] == made[1]
    assert Swap.objects.count() == 1
    for _ in range(2):
        ok(api(bob, "rosters").post(f"/api/v1/swaps/{made[0]['id']}/accept/", headers=once))
    assert Override.objects.count() == 1


def test_time_off_is_noted_changed_and_taken_back(
    api: Api, alice: User, bob: User, charlie: User, payments: Team, start: datetime
) -> None:
    url = "/api/v1/time-off/"
    mine = ok(api(bob, "rosters").post(url, given(start, note="sea")), 201)
    assert (mine["user"]["username"], mine["created_by"]["username"]) == ("bob", "bob")
    twice = api(bob, "rosters").post(url, given(start))
    assert (twice.status_code, twice.json()["errors"][0]["field"]) == (400, "starts_at")
    # Alice manages their team.
    assert len(ok(api(alice).get(f"{url}?user=bob"))["results"]) == 1
    assert len(ok(api(alice).get(f"{url}?team=payments&ends_after={iso(start)}"))["results"]) == 1
    assert len(ok(api(charlie).get(url))["results"]) == 0
    assert api(charlie).get(f"{url}{mine['id']}/").status_code == 404
    assert api(charlie, "rosters").delete(f"{url}{mine['id']}/").status_code == 404
    later = (start + 2 * DAY).isoformat()
    changed = ok(api(alice, "rosters").patch(f"{url}{mine['id']}/", {"ends_at": later}))
    assert changed["note"] == "sea"
    assert api(charlie, "rosters").post(url, given(start, user="bob")).status_code == 403
    assert api(bob, "rosters").delete(f"{url}{mine['id']}/").status_code == 204
    assert not TimeOff.objects.exists()


def test_cover_tells_the_duty_and_who_could_stand_in(
    api: Api, alice: User, bob: User, schedule: Schedule, start: datetime
) -> None:
    mei = factories.UserFactory(username="mei")
    schedule.team.memberships.create(user=mei)
    TimeOff.objects.create(user=mei, starts_at=start, ends_at=start + DAY)
    made = ok(api(alice, "rosters").post("/api/v1/time-off/", given(start)), 201)
    (duty,) = ok(api(alice).get(f"/api/v1/time-off/{made['id']}/cover/"))
    assert duty["schedule"]["name"] == "Primary"
    assert [(c["user"]["username"], c["free"], c["away"], c["hours"]) for c in duty["candidates"]] == [
        ("bob", True, False, 0),
        ("mei", False, True, 0),
    ]
    assert duty["asked"] == []
