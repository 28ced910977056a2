"""Schedules and layers are written, tried and asked for as they were known."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
import time_machine

from teams import actions
from teams.models import Layer, Schedule, Team, User
from tests import factories
from tests.api.conftest import Api
from tests.api.test_rosters import ok

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


@pytest.fixture
def clock() -> Any:
    with time_machine.travel(MONDAY + DAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def weekly(clock: Any, payments: Team, alice: User, bob: User) -> Schedule:
    """Alice and Bob by weeks; Alice's runs until `MONDAY` + a week."""
    made = factories.schedule(payments, [alice, bob], name="Weekly", anchor_date=(MONDAY - 8 * WEEK).date())
    clock.shift(HOUR)
    return made


@pytest.fixture
def url(weekly: Schedule) -> str:
    return f"/api/v1/schedules/{weekly.pk}/"


def layer(**more: Any) -> dict[str, Any]:
    return {"name": "Days", "kind": "day", "anchor_date": "2026-11-01", "handoff_time": "09:00", **more}


def iso(at: datetime) -> str:
    return quote(at.isoformat())


def standing(client: Any, url: str, start: datetime, weeks: int, **asked: datetime) -> list[str]:
    more = "".join(f"&{name}={iso(at)}" for name, at in asked.items())
    found = ok(client.get(f"{url}shifts/?from={iso(start)}&until={iso(start + weeks * WEEK)}{more}"))
    return [" ".join(user["username"] for user in shift["users"]) for shift in found["shifts"]]


def errors(answer: Any) -> dict[str, str]:
    assert answer.status_code == 400, answer.json()
    return {error["field"]: error["message"] for error in answer.json()["errors"]}


def test_a_schedule_is_made_changed_and_removed(api: Api, alice: User, bob: User, payments: Team) -> None:
    client = api(alice, "read", "rosters")
    given = {"team": "payments", "name": "Nights", "time_zone": "Europe/Berlin", "country": "DE-BY"}
    made = ok(client.post("/api/v1/schedules/", given, HTTP_IDEMPOTENCY_KEY="a"), 201)
    assert ok(client.post("/api/v1/schedules/", given, HTTP_IDEMPOTENCY_KEY="a"), 201) == made
    assert (made["team"]["slug"], made["country"], made["layers"]) == ("payments", "DE-BY", [])
    url = f"/api/v1/schedules/{made['id']}/"
    assert "has a schedule of this name" in errors(client.post("/api/v1/schedules/", given))["name"]
    assert ok(client.patch(url, {"name": "Late", "time_zone": "UTC"}))["time_zone"] == "UTC"
    assert errors(client.patch(url, {"time_zone": "Mars/Base"})).keys() == {"time_zone"}
    assert errors(client.patch(url, {"country": "XX"})).keys() == {"country"}
    assert api(bob, "read", "rosters").patch(url, {"name": "Mine"}).status_code == 403
    assert api(alice, "read").delete(url).json()["code"] == "scope_missing"
    assert client.delete(url).status_code == 204
    assert not Schedule.objects.filter(pk=made["id"]).exists()


def test_a_layer_with_people_on_one_shift_hours_and_holidays(
    api: Api, alice: User, bob: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client = api(alice, "read", "rosters")
    given = layer(
        every=12,
        kind="hour",
        time_zone="Asia/Tokyo",
        holidays="off",
        people=["alice", ["bob", "charlie"]],
        restrictions=[{"weekdays": [4, 0], "start": "08:00", "end": "20:00"}],
    )
    made = ok(client.post(f"{url}layers/", given, HTTP_IDEMPOTENCY_KEY="b"), 201)
    assert ok(client.post(f"{url}layers/", given, HTTP_IDEMPOTENCY_KEY="b"), 201) == made
    assert (made["people"], made["starts_at"]) == ([["alice"], ["bob", "charlie"]], "2026-11-30T09:00:00Z")
    assert (made["position"], made["time_zone"], made["holidays"]) == (1, "Asia/Tokyo", "off")
    assert made["restrictions"] == [{"weekdays": [0, 4], "start": "08:00", "end": "20:00"}]
    assert [one["id"] for one in ok(client.get(f"{url}layers/"))["results"]][-1] == made["id"]
    assert ok(client.get(f"{url}layers/{made['id']}/")) == made
    assert len(ok(client.get(url))["layers"]) == 2


def test_a_change_waits_for_the_running_shift_or_for_the_time_that_is_given(
    api: Api, alice: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client, row = api(alice, "read", "rosters"), weekly.layers.newest().get()
    one = f"{url}layers/{row.pk}/"
    cut = client.patch(one, {"people": ["charlie"], "effective_at": (MONDAY + 2 * DAY).isoformat()})
    assert "runs until 2026-11-30 09:00" in errors(cut)["effective_at"]
    later = (MONDAY + 2 * WEEK).isoformat()
    assert ok(client.patch(one, {"people": ["charlie"], "effective_at": later}))["people"] == [["charlie"]]
    assert standing(client, url, MONDAY - WEEK, 4) == ["bob", "alice", "bob", "charlie"]
    assert errors(client.patch(one, {"people": ["nobody"]})) == {"people": "There is no “nobody”."}
    assert errors(client.patch(one, {"every": 0, "holidays": "never"})).keys() == {"every", "holidays"}
    assert errors(client.post(f"{url}layers/", {"name": "x"})).keys() == {"kind", "anchor_date", "handoff_time"}


def test_a_pending_change_is_withdrawn_and_a_layer_ends(
    api: Api, clock: Any, alice: User, bob: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client, row = api(alice, "read", "rosters"), weekly.layers.newest().get()
    one = f"{url}layers/{row.pk}/"
    ok(client.patch(one, {"people": ["charlie"]}))
    clock.shift(HOUR)
    assert ok(client.post(f"{one}withdraw/"))["people"] == [["alice"], ["bob"]]
    assert client.post(f"{one}withdraw/").status_code == 400
    assert ok(client.delete(one))["ends_at"] == "2026-11-30T09:00:00Z"
    assert standing(client, url, MONDAY - WEEK, 4) == ["bob", "alice"]
    made = ok(client.post(f"{url}layers/", layer(people=["bob"])), 201)
    clock.shift(HOUR)
    assert client.delete(f"{url}layers/{made['id']}/").status_code == 204
    other = payments_other(weekly)
    assert client.delete(f"/api/v1/schedules/{other.pk}/layers/{row.pk}/").status_code == 404


def payments_other(schedule: Schedule) -> Schedule:
    return Schedule.objects.create(team=schedule.team, name="Other")


def test_a_preview_answers_what_a_change_would_and_saves_nothing(
    api: Api, alice: User, bob: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client, row = api(alice, "read", "rosters"), weekly.layers.newest().get()
    span = {"from": MONDAY.isoformat(), "until": (MONDAY + 3 * WEEK).isoformat()}
    given = {"layers": [{"id": row.pk, "gone": True}, layer(people=[["charlie", "bob"]], kind="week")], **span}
    shown = ok(client.post(f"{url}preview/", given))
    assert [" ".join(u["username"] for u in s["users"]) for s in shown["shifts"]] == ["alice", "charlie bob"]
    assert shown["gaps"] == []
    assert Layer.history.filter(schedule=weekly).count() == 1
    wrong = {"layers": [{"id": row.pk}, layer(restrictions=[{"weekdays": [], "start": "9", "end": "10:00"}])]}
    assert errors(client.post(f"{url}preview/", wrong)).keys() == {
        "layers.1.restrictions.0.weekdays",
        "layers.1.restrictions.0.start",
    }
    ends = {"layers": [{"id": row.pk}, layer(ends_at=(MONDAY + 2 * DAY).isoformat())]}
    assert errors(client.post(f"{url}preview/", ends)).keys() == {"layers.1.ends_at"}
    assert errors(client.post(f"{url}preview/", {"layers": [{"id": 1}]})).keys() == {"layers.0.id"}
    assert errors(client.post(f"{url}preview/", {"layers": [{"name": "x"}]})).keys() == {
        "layers.0.kind",
        "layers.0.anchor_date",
        "layers.0.handoff_time",
    }
    early = {"layers": [{"id": row.pk, "every": 2}], "effective_at": (MONDAY + 2 * DAY).isoformat()}
    assert errors(client.post(f"{url}preview/", early)).keys() == {"effective_at"}
    assert api(bob, "read", "rosters").post(f"{url}preview/", given).status_code == 403


def test_what_was_known_is_answered_everywhere(
    api: Api, clock: Any, alice: User, bob: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client, row = api(alice), weekly.layers.newest().get()
    known = MONDAY + DAY + HOUR
    clock.shift(HOUR)
    actions.set_rota(row, [charlie], by=alice)
    clock.shift(HOUR)
    ahead = MONDAY + WEEK + DAY
    assert standing(client, url, MONDAY, 3) == ["alice", "charlie"]
    assert standing(client, url, MONDAY, 3, known_at=known) == ["alice", "bob", "alice"]
    for address, read in ((f"{url}who/", lambda a: a), ("/api/v1/on-call/", lambda a: a["results"][-1])):
        now = read(ok(client.get(f"{address}?at={iso(ahead)}")))
        then = read(ok(client.get(f"{address}?at={iso(ahead)}&known_at={iso(known)}")))
        assert [a["watch"]["users"][0]["username"] for a in (now, then)] == ["charlie", "bob"]
    found = ok(client.get(f"{url}versions/"))
    assert [(v["state"], v["people"], v["layer"]) for v in found] == [
        ("now", [["alice"], ["bob"]], row.pk),
        ("pending", [["charlie"]], row.pk),
    ]
    assert found[1]["changed_by"]["username"] == "alice"
    assert [v["people"] for v in ok(client.get(f"{url}versions/?known_at={iso(known)}"))] == [[["alice"], ["bob"]]]


def test_several_on_one_shift_are_all_named_beside_the_first(
    api: Api, alice: User, bob: User, charlie: User, weekly: Schedule, url: str
) -> None:
    client = api(alice, "read", "rosters")
    start = MONDAY + WEEK
    ok(client.patch(f"{url}layers/{weekly.layers.newest().get().pk}/", {"people": [["alice", "bob"]]}))
    given = {"user": "charlie", "replaces": "bob", "starts_at": start.isoformat(), "ends_at": (start + DAY).isoformat()}
    made = ok(client.post(f"{url}overrides/", given), 201)
    assert made["replaces"]["username"] == "bob"
    who = ok(client.get(f"{url}who/?at={iso(start + HOUR)}"))
    assert [u["username"] for u in who["watch"]["users"]] == ["alice", "charlie"]
    assert (who["watch"]["user"]["username"], who["watch"]["instead_of"]["username"]) == ("alice", "bob")
    assert [u["username"] for u in who["next_handoff"]["coming"]] == ["alice", "bob"]


def test_only_who_may_change_the_roster_writes(api: Api, bob: User, weekly: Schedule, url: str) -> None:
    client, one = api(bob, "read", "rosters"), f"{url}layers/{weekly.layers.newest().get().pk}/"
    for answer in (
        client.post("/api/v1/schedules/", {"team": "payments", "name": "Mine"}),
        client.delete(url),
        client.post(f"{url}layers/", layer()),
        client.patch(one, {"every": 2}),
        client.delete(one),
        client.post(f"{one}withdraw/"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client.get(f"{url}layers/").status_code == 200
