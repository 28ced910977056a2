"""Integrations and routing rules for reading: what is told, to whom, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from incidents.actions import intake, rules
from incidents.models import Event, Integration, RoutingRule, Severity
from incidents.sources import AlertReport
from teams.models import Service, Team, User
from tests import factories
from tests.api.conftest import Api
from tests.api.test_pagination import walk

pytestmark = pytest.mark.django_db
RULES, TOOLS = "/api/v1/routing-rules/", "/api/v1/integrations/"
ENV = [{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}]


@pytest.fixture
def staff(alice: User) -> User:
    alice.role = "admin"
    alice.save()
    return alice


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [row["name"] for row in answer.json()["results"]]


def test_rules_come_as_they_are_asked(api: Api, bob: User, payments: Team, checkout: Service) -> None:
    tool, _ = factories.integration(payments)
    severity = Severity.objects.get(level=2)
    rules.keep(None, by=None, name="Production", conditions=ENV, team=payments, severity=severity, priority=2)
    rules.keep(None, by=None, name="Checkout", conditions=[{"what": "service", "values": [checkout.pk]}], private=True)
    for n in range(3):
        report = AlertReport(f"f{n}", "firing", "Disk", labels={"env": "prod"})  # type: ignore[arg-type]
        intake.receive(tool, [report])
    client = api(bob)
    first, second, last = client.get(RULES).json()["results"]
    assert (first["name"], first["conditions"], first["when"]) == ("Production", ENV, ["label env is “prod”"])
    assert (first["team"]["slug"], first["severity"]["code"], first["priority"]) == ("payments", "SEV2", 2)
    assert (first["matched"], first["last_matched_at"] is None, first["wrong"]) == (3, False, "")
    assert (second["private"], second["matched"], second["last_matched_at"]) == (True, 0, None)
    assert (last["is_default"], last["on_recovery"]) == (True, "tell")
    assert walk(client, f"{RULES}?page_size=1") == [first["id"], second["id"], last["id"]]


def test_rules_are_searched_and_a_broken_one_says_why(api: Api, bob: User, payments: Team) -> None:
    rules.keep(None, by=None, name="Production", conditions=ENV, team=payments)
    RoutingRule.objects.create(position=9, name="Broken", conditions=[{"what": "moon"}], enabled=False)
    client = api(bob)
    assert names(client.get(RULES, {"q": "prod env"})) == ["Production"]
    assert names(client.get(RULES, {"team": "payments"})) == ["Production"]
    (broken,) = client.get(RULES, {"enabled": "false"}).json()["results"]
    assert (broken["name"], broken["when"]) == ("Broken", [])
    assert "Give one of label" in broken["wrong"]


def test_integrations_are_told_without_what_opens_them(
    api: Api, staff: User, payments: Team, search: Team, checkout: Service
) -> None:
    tool, key = factories.integration(payments, name="Prometheus")
    tool.service, tool.secret, tool.ceiling, tool.settings = (
        checkout,
        "s3cret-sign",
        30,
        {"fields": {"title": "hidden-f"}},
    )
    tool.save()
    factories.integration(search, name="Sentry")
    Event.objects.create(integration=tool, source="alertmanager", body=b"{}")
    Event.objects.create(integration=tool, source="alertmanager", body=b"{}", state="rejected")
    client = api(staff, "setup")
    answer = client.get(TOOLS)
    first, second = answer.json()["results"]
    assert set(first) == {
        *("id", "name", "kind", "team", "service", "private", "ceiling", "created_at", "last_event_at", "lately"),
    }
    assert (first["name"], first["team"]["slug"], first["service"]["slug"]) == ("Prometheus", "payments", "checkout")
    assert (first["ceiling"], first["lately"]) == (30, {"events": 2, "rejected": 1, "troubled": 0})
    assert (second["lately"]["events"], second["last_event_at"]) == (0, None)
    told = answer.content.decode()
    assert not [each for each in (key, "s3cret-sign", "hidden-f", tool.keys.get().digest) if each in told]
    assert names(client.get(TOOLS, {"q": "prom checkout"})) == ["Prometheus"]
    assert names(client.get(TOOLS, {"team": "search"})) == ["Sentry"]
    assert names(client.get(TOOLS, {"kind": tool.kind, "private": "true"})) == []
    assert client.get(TOOLS, {"kind": "smoke"}).status_code == 400


def test_who_sees_which(api: Api, staff: User, bob: User, charlie: User, payments: Team, search: Team) -> None:
    factories.integration(payments, name="Prometheus")
    factories.integration(search, name="Sentry")
    assert api(bob, "setup").get(TOOLS).status_code == 403
    payments.memberships.filter(user=bob).update(role="manager")
    assert names(api(bob, "setup").get(TOOLS)) == ["Prometheus"]
    assert api(staff, "read").get(TOOLS).json()["code"] == "scope_missing"
    User.objects.filter(pk=charlie.pk).update(role="viewer")
    charlie.memberships.all().delete()
    assert api(User.objects.get(pk=charlie.pk)).get(RULES).status_code == 403
    assert Integration.objects.count() == 2
