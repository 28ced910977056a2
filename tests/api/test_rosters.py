"""Teams, people and who is on call."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

from django.utils import timezone

from teams.models import Override, Schedule, Service, Team, User
from tests import factories
from tests.api.conftest import Api


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.json()
    return answer.json()


def iso(at: datetime) -> str:
    return quote(at.isoformat())


def test_me_and_my_duty(api: Api, alice: User, bob: User, payments: Team) -> None:
    me = ok(api(alice).get("/api/v1/me/"))
    assert (me["username"], [t["slug"] for t in me["teams"]]) == ("alice", ["payments"])
    assert [w["schedule"]["name"] for w in me["on_call"]] == ["Primary"]
    assert me["on_call"][0]["end"] > (timezone.now() + timedelta(days=1)).isoformat()
    assert ok(api(bob).get("/api/v1/me/"))["on_call"] == []
    assert [w["layer"] for w in ok(api(alice).get("/api/v1/me/shifts/"))] == ["Primary"]
    assert ok(api(bob).get("/api/v1/me/shifts/")) == []


def test_people_are_found_by_any_part(api: Api, alice: User, bob: User) -> None:
    def found(q: str) -> list[str]:
        return [u["username"] for u in ok(api(alice).get(f"/api/v1/users/?q={q}"))["results"]]

    assert found("") == ["alice", "bob"]
    assert found("ALI") == ["alice"]
    assert found("bob@example") == ["bob"]
    assert found("alice+bob") == []
    User.objects.filter(pk=bob.pk).update(is_active=False)
    assert found("") == ["alice"]


def test_teams_and_services(api: Api, alice: User, bob: User, checkout: Service, search: Team) -> None:
    client = api(alice)
    assert [t["slug"] for t in ok(client.get("/api/v1/teams/"))["results"]] == ["payments", "search"]
    team = ok(client.get("/api/v1/teams/payments/"))
    assert [(m["user"]["username"], m["role"]) for m in team["memberships"]] == [
        ("alice", "manager"),
        ("bob", "member"),
    ]
    assert [s["slug"] for s in team["services"]] == ["checkout"]
    assert ok(client.get("/api/v1/services/checkout/"))["team"]["slug"] == "payments"
    assert ok(client.get("/api/v1/services/?team=search"))["results"] == []
    assert client.get("/api/v1/teams/nobody/").status_code == 404
    assert [s["code"] for s in ok(client.get("/api/v1/severities/"))["results"]] == [
        "SEV1",
        "SEV2",
        "SEV3",
        "SEV4",
    ]
    assert ok(client.get("/api/v1/roles/"))["results"][0]["slug"] == "incident-commander"


def test_policy_names_whom_it_pages(api: Api, alice: User, payments: Team) -> None:
    (policy,) = ok(api(alice).get("/api/v1/escalation-policies/?team=payments"))["results"]
    first, second = policy["steps"]
    assert first["targets"][0]["schedule"]["name"] == "Primary"
    assert second["targets"][0]["user"]["username"] == "bob"
    assert ok(api(alice).get(f"/api/v1/escalation-policies/{policy['id']}/")) == policy


def test_who_is_on_call_now_and_then(api: Api, alice: User, bob: User, payments: Team) -> None:
    schedule = factories.schedule(payments, [alice, bob], name="Secondary")
    client, url = api(alice), f"/api/v1/schedules/{schedule.pk}/"
    then = ok(client.get(f"{url}who/?at={iso(datetime.fromisoformat('2024-01-09T00:00:00+00:00'))}"))
    assert then["watch"]["user"]["username"] == "bob"
    assert then["watch"]["start"] == "2024-01-08T09:00:00Z"
    assert then["next_handoff"]["incoming"]["username"] == "alice"
    before = ok(client.get(f"{url}who/?at=2023-01-01T00:00:00Z"))
    assert before["watch"] is None
    rows = ok(client.get("/api/v1/on-call/?team=payments&at=2024-01-09T00:00:00Z"))["results"]
    assert {r["schedule"]["name"]: r["watch"]["user"]["username"] for r in rows} == {
        "Primary": "alice",
        "Secondary": "bob",
    }
    spans = ok(client.get(f"{url}shifts/?from=2023-12-31T00:00:00Z&until=2024-01-15T09:00:00Z"))
    assert [s["user"]["username"] for s in spans["shifts"]] == ["alice", "bob"]
    assert spans["gaps"] == [{"start": "2023-12-31T00:00:00Z", "end": "2024-01-01T09:00:00Z"}]
    assert ok(client.get(url))["layers"][0]["rota"][1]["user"]["username"] == "bob"


def test_span_is_bounded(api: Api, alice: User, payments: Team) -> None:
    url = f"/api/v1/schedules/{payments.schedules.get().pk}/shifts/"
    long = api(alice).get(f"{url}?from=2024-01-01T00:00:00Z&until=2026-01-01T00:00:00Z")
    turned = api(alice).get(f"{url}?from=2024-01-02T00:00:00Z&until=2024-01-01T00:00:00Z")
    assert [(a.status_code, a.json()["errors"][0]["code"]) for a in (long, turned)] == [
        (400, "too_long"),
        (400, "ends_first"),
    ]
    far = api(alice).get(f"{url}?from=2199-12-31T00:00:00Z")
    assert far.status_code == 200


def test_somebody_stands_in(api: Api, alice: User, bob: User, charlie: User, payments: Team) -> None:
    schedule = payments.schedules.get()
    url = f"/api/v1/schedules/{schedule.pk}/overrides/"
    start = timezone.now() + timedelta(hours=1)
    given = {"user": "bob", "starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=2)).isoformat()}
    refused = api(charlie).post(url, {**given, "user": "charlie"})
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "team" in refused.json()["detail"]
    turned = api(alice).post(url, {**given, "ends_at": given["starts_at"]})
    assert (turned.status_code, turned.json()["errors"][0]["field"]) == (400, "ends_at")
    made = ok(api(alice).post(url, given), 201)
    at = iso(start + timedelta(minutes=5))
    who = ok(api(charlie).get(f"/api/v1/schedules/{schedule.pk}/who/?at={at}"))
    assert (who["watch"]["user"]["username"], who["watch"]["layer"]) == ("bob", None)
    assert [o["id"] for o in ok(api(bob).get(f"{url}?user=bob"))["results"]] == [made["id"]]
    assert api(charlie).delete(f"{url}{made['id']}/").status_code == 403
    other = Schedule.objects.create(team=payments, name="Other")
    assert api(alice).delete(f"/api/v1/schedules/{other.pk}/overrides/{made['id']}/").status_code == 404
    assert api(alice).delete(f"{url}{made['id']}/").status_code == 204
    assert not Override.objects.exists()
