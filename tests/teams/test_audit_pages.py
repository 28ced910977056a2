"""The audit log as people and programs read it: the page, the API and the files."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pghistory
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from teams import actions
from teams.audit import events
from teams.downloads import safe
from teams.models import AccessEvent, AuditEvent, Layer, Schedule, Service, Team, User
from tests import factories
from tests.api.conftest import api  # noqa: F401


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role=User.Role.OWNER)


@pytest.fixture
def as_owner(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def words(response: Any) -> str:
    return " ".join(response.content.decode().split())


def told(response: Any) -> list[str]:
    return [t.text for t in response.context["events"]]


@pytest.fixture
def work(alice: User, bob: User, owner: User, payments: Team, checkout: Service) -> Schedule:
    """A small afternoon: alice changes her rotation, the owner a service."""
    schedule = Schedule.objects.get(team=payments)
    layer = Layer.objects.get(schedule=schedule)
    with pghistory.context(user=alice.pk, through="console", address="203.0.113.9"):
        actions.set_rota(layer, [bob])
        Layer.objects.filter(pk=layer.pk).update(kind="day")
    with pghistory.context(user=owner.pk, through="admin"):
        Service.objects.filter(pk=checkout.pk).update(tier=1, escalation_policy=payments.escalation_policy)
    return schedule


def test_each_row_says_who_did_what_from_where_and_opens_to_before_and_after(as_owner: Client, work: Schedule) -> None:
    page = as_owner.get("/audit/")
    assert told(page)[0] == "Olga changed tier and escalation policy of service Checkout"
    assert "Alice changed kind of layer Payments · Primary, Primary" in told(page)
    text = words(page)
    assert "203.0.113.9" in text
    assert '<th scope="row">tier</th><td>Tier 2: customers notice</td><td>Tier 1: customers stop when it stops' in text
    assert "<td>Payments · Default</td>" in text
    assert "Alice removed person in rotation Alice in Primary, Primary" in told(page)


@pytest.mark.parametrize(
    ("asked", "count"),
    [
        ({"person": "alice"}, 4),
        ({"person": "alice", "object": "teams.schedule:{pk}"}, 4),
        ({"person": "olga", "object": "teams.schedule:{pk}"}, 0),
        ({"person": "alice", "kind": "teams.layermember"}, 2),
        ({"person": "alice", "done": "delete"}, 1),
        ({"through": "admin"}, 1),
        ({"address": "203.0.113.9"}, 4),
        ({"q": "checkout", "through": "admin"}, 1),
        ({"q": "zeppelin"}, 0),
        ({"since": "2999-01-01"}, 0),
        ({"until": "2001-01-01"}, 0),
    ],
)
def test_it_is_narrowed(as_owner: Client, work: Schedule, asked: dict[str, str], count: int) -> None:
    page = as_owner.get("/audit/", {k: v.format(pk=work.pk) for k, v in asked.items()})
    assert len(told(page)) == count
    assert count or "Nothing fits" in words(page)


def test_what_makes_no_sense_is_told_and_kept(as_owner: Client, work: Schedule) -> None:
    page = as_owner.get("/audit/", {"address": "somewhere", "since": "2026-02-02", "until": "2026-01-01"})
    assert "Give an address such as 203.0.113.9." in words(page)
    assert "It is before the first day." in words(page)
    assert 'value="somewhere"' in words(page)
    for nonsense in (
        {"object": "'; DROP"},
        {"cursor": "o9~never"},
        {"cursor": "\x00"},
        {"q": "\x00 &"},
        {"person": "x"},
    ):
        assert as_owner.get("/audit/", nonsense).status_code == 200


def test_pages_stay_right_while_events_come(as_owner: Client, owner: User) -> None:
    for n in range(120):
        events.note("sign_in.done", f"Number {n}", user=owner)
    first = as_owner.get("/audit/", {"kind": "teams.accessevent"})
    assert len(told(first)) == 50
    events.note("sign_in.done", "In between", user=owner)
    second = as_owner.get("/audit/", {"kind": "teams.accessevent", "cursor": first.context["page"].older})
    assert told(second)[0] == "Number 69"
    third = as_owner.get("/audit/", {"kind": "teams.accessevent", "cursor": second.context["page"].older})
    assert told(third)[-1] == "Number 0"
    assert third.context["page"].older == ""
    back = as_owner.get("/audit/", {"kind": "teams.accessevent", "cursor": third.context["page"].newer})
    assert told(back) == told(second)


def test_it_costs_the_same_queries_however_much_it_shows(
    as_owner: Client, owner: User, django_assert_max_num_queries: Any
) -> None:
    def grow(n: int) -> None:
        for _ in range(n):
            team = factories.TeamFactory(people=[factories.UserFactory(), factories.UserFactory()])
            factories.policy(team, [factories.schedule(team, list(team.members.all()))], [owner], fallback=owner)
            factories.ServiceFactory(team=team)

    grow(2)
    with CaptureQueriesContext(connection) as few:
        as_owner.get("/audit/")
    grow(6)
    with django_assert_max_num_queries(len(few)):
        as_owner.get("/audit/")


def test_who_sees_it(client: Client, alice: User, bob: User, charlie: User, work: Schedule, search: Team) -> None:
    for user, status in ((alice, 200), (bob, 403), (factories.UserFactory(role="viewer"), 403)):
        client.force_login(user)
        assert client.get("/audit/").status_code == status
        assert client.get("/audit/export.csv").status_code in (403, 405)
        assert client.post("/audit/export.csv").status_code == status
        assert ("/audit/" in words(client.get("/teams/"))) == (status == 200)
    client.force_login(charlie)
    page = client.get("/audit/")
    assert page.status_code == 200
    assert not [t for t in told(page) if "Payments" in t or "Checkout" in t]
    assert told(page)
    mine = client.get("/audit/", {"object": f"teams.schedule:{work.pk}"})
    assert not told(mine)
    assert f"History of <strong>teams.schedule:{work.pk}</strong>" in words(mine)
    assert "Payments" not in words(mine)
    client.force_login(alice)
    theirs = client.get("/audit/", {"object": f"teams.schedule:{work.pk}", "q": "nothing like it"})
    assert "History of <strong>schedule Payments · Primary</strong>" in words(theirs)


def test_history_leads_there(as_owner: Client, payments: Team, work: Schedule) -> None:
    link = f"/audit/?object=teams.team:{payments.pk}"
    assert as_owner.get(f"/admin/teams/team/{payments.pk}/history/").headers["Location"] == link
    assert f"/admin/teams/team/{payments.pk}/history/" in words(
        as_owner.get(f"/admin/teams/team/{payments.pk}/change/")
    )
    assert link in words(as_owner.get("/teams/payments/"))
    assert f"/audit/?object=teams.schedule:{work.pk}" in words(as_owner.get(f"/schedules/{work.pk}/"))
    assert "History of <strong>schedule Payments · Primary</strong>" in words(
        as_owner.get("/audit/", {"object": f"teams.schedule:{work.pk}"})
    )


def test_export_as_csv_is_safe_and_noted(as_owner: Client, owner: User, work: Schedule) -> None:
    Team.objects.filter(pk=work.team_id).update(description='=HYPERLINK("http://evil.example")')
    answer = as_owner.post("/audit/export.csv?person=alice")
    rows = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert len(rows) == 4
    assert {row["address"] for row in rows} == {"203.0.113.9"}
    assert "attachment" in answer["Content-Disposition"]
    noted = AccessEvent.objects.get(kind="audit.exported")
    assert (noted.by, noted.through) == (owner, "console")
    assert noted.detail["filters"]["person"]
    whole = b"".join(as_owner.post("/audit/export.csv").streaming_content).decode()
    cells = [cell for row in csv.reader(io.StringIO(whole)) for cell in row]
    assert not [c for c in cells if c.startswith(("=", "+", "-", "@"))]


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1"])
def test_a_cell_is_no_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


def test_export_as_json_lines(as_owner: Client, work: Schedule) -> None:
    answer = as_owner.post("/audit/export.jsonl?kind=teams.service")
    lines = [json.loads(line) for line in b"".join(answer.streaming_content).decode().splitlines()]
    assert lines[0]["before"] == {"tier": 2, "escalation_policy_id": None}
    assert lines[0]["text"] == "Olga changed tier and escalation policy of service Checkout"


def test_the_api_answers_the_same(api: Any, owner: User, alice: User, bob: User, work: Schedule) -> None:  # noqa: F811
    answer = api(owner, "audit").get(
        "/api/v1/audit/", {"person": "alice", "object": f"teams.schedule:{work.pk}", "page_size": 2}
    )
    body = answer.json()
    assert answer.status_code == 200, body
    assert len(body["results"]) == 2
    assert body["results"][0]["before"] == {"kind": "week"}
    rest = api(owner, "audit").get(body["next"]).json()
    assert [r["done"] for r in rest["results"]] == ["delete", "update"]
    assert rest["next"] is None
    assert api(bob, "audit").get("/api/v1/audit/").status_code == 403
    assert api(owner).get("/api/v1/audit/").json()["scope"] == "audit"
    for wrong in ({"person": "nobody"}, {"object": "x"}, {"address": "x"}, {"since": "yesterday"}):
        refused = api(owner, "audit").get("/api/v1/audit/", wrong)
        assert (refused.status_code, next(iter(wrong)) in str(refused.json())) == (400, True)
    seen = api(alice, "audit").get("/api/v1/audit/").json()["results"]
    assert seen
    assert all(any(a.startswith("teams.team:") for a in row["about"]) for row in seen)


def test_the_api_exports(api: Any, owner: User, work: Schedule) -> None:  # noqa: F811
    answer = api(owner, "audit").get("/api/v1/audit/export.csv", {"person": "alice"}, headers={"Accept": "text/csv"})
    assert answer["Content-Type"].startswith("text/csv")
    assert len(list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode())))) == 5
    since = (timezone.now() + timedelta(days=1)).isoformat()
    empty = api(owner, "audit").get("/api/v1/audit/export.jsonl", {"since": since})
    assert b"".join(empty.streaming_content) == b""
    assert AuditEvent.objects.filter(done="audit.exported", through="api").count() == 2
