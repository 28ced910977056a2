"""The list of alerts and an alert's page, and the same for programs: who sees which, filters, cost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient

from incidents.actions import intake, quiet
from incidents.models import Alert, Incident, Integration, Silence
from incidents.sources import AlertReport
from incidents.views import alerts as views
from incidents.views import paging
from teams import moments
from teams.models import Service, ServiceDependency, Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db

PROD = [{"what": "label", "name": "env", "is": "equals", "values": ["prod"]}]


@pytest.fixture
def tool(payments: Team) -> Integration:
    return factories.integration(payments)[0]


def fires(tool: Integration, fingerprint: str, **fields: Any) -> Alert:
    usual = {"title": fingerprint.capitalize(), "labels": {"env": "staging"}}
    intake.receive(tool, [AlertReport(**{"fingerprint": fingerprint, "status": "firing", **usual, **fields})])
    return Alert.objects.get(integration=tool, fingerprint=fingerprint, status="firing")


def recovers(tool: Integration, fingerprint: str) -> None:
    intake.receive(tool, [AlertReport(fingerprint, "resolved", fingerprint)])


def silence(**given: Any) -> Silence:
    ends_at = moments.now() + timedelta(hours=1)
    usual = {"reason": "Known since Monday", "conditions": PROD, "team": None, "starts_at": None, "ends_at": ends_at}
    return quiet.silence(None, by=None, **{**usual, **given})


def titles(user: User, **query: Any) -> list[str]:
    answer = Browser(user).get("alerts", **query)
    assert answer.status_code == 200
    return [row.alert.title for row in answer.context["rows"]]  # type: ignore[attr-defined]


def api(user: User, **query: Any) -> Any:
    client = APIClient()
    client.force_authenticate(user)
    return client.get(reverse("api:all_alerts"), query)


def test_what_fires_comes_first_and_the_rest_on_request(alice: User, tool: Integration) -> None:
    silence()
    fires(tool, "disk")
    fires(tool, "cards", labels={"env": "prod"})
    fires(tool, "queue")
    recovers(tool, "queue")
    fires(tool, "link")
    Alert.objects.filter(fingerprint="link").update(flapping=True)
    assert titles(alice) == ["Link", "Cards", "Disk"]
    assert titles(alice, state="held") == ["Cards"]
    assert titles(alice, state="flapping") == ["Link"]
    assert titles(alice, state="resolved") == ["Queue"]
    assert titles(alice, state="all") == ["Link", "Queue", "Cards", "Disk"]
    assert titles(alice, state="nonsense") == ["Link", "Cards", "Disk"]


def test_a_row_says_what_it_is_in_and_what_holds_it_back(
    alice: User, tool: Integration, payments: Team, checkout: Service
) -> None:
    database = factories.ServiceFactory(name="Database", team=payments)
    ServiceDependency.objects.create(service=checkout, depends_on=database, suppresses=True)
    down = factories.incident(payments, alice, title="Database is down", services=[database])
    silence()
    fires(tool, "cards", labels={"env": "prod"})
    fires(tool, "errors", service="checkout")
    disk = fires(tool, "disk", severity="critical", labels={"alertname": "Disk", "node": "n7", "mount": "/var"})
    fires(tool, "disk")
    page = text(Browser(alice).get("alerts"))
    last, waits, quieted = page.split("<tbody>")[1].split("</tr>")[:3]
    assert disk.incident is not None
    for said in ("firing", "critical", tool.name, disk.incident.reference, "node=<strong>n7", "2</span> times"):
        assert said in last
    assert "alertname" not in last
    assert "waits for" in waits
    assert down.reference in waits
    assert "silenced" in quieted


def test_words_labels_integration_and_service_narrow(alice: User, tool: Integration, payments: Team) -> None:
    other, _ = factories.integration(payments, name="Grafana")
    fires(tool, "disk", summary="Volume is full", labels={"env": "prod", "node": "n7"}, service="storage-api")
    fires(other, "cards", labels={"env": "staging"}, service="checkout")
    assert titles(alice, q="VOLUME") == ["Disk"]
    assert titles(alice, q="card") == ["Cards"]
    assert titles(alice, q="env=prod") == ["Disk"]
    assert titles(alice, q='env="staging"') == ["Cards"]
    assert titles(alice, q="env=pro") == []
    assert titles(alice, q="node=n8") == []
    assert titles(alice, integration=other.pk) == ["Cards"]
    assert titles(alice, service="storage") == ["Disk"]
    assert titles(alice, integration="nonsense", q="a\0b") == ["Cards", "Disk"]


def test_private_alerts_are_for_their_team(alice: User, charlie: User, tool: Integration, payments: Team) -> None:
    silence(private=True, team=payments)
    known = fires(tool, "known")
    Incident.objects.update(private=True)
    held = fires(tool, "held", labels={"env": "prod"})
    Alert.objects.filter(pk=held.pk).update(private=True)
    assert titles(alice) == ["Held", "Known"]
    assert titles(charlie) == []
    assert [each["title"] for each in api(alice).json()["results"]] == ["Held", "Known"]
    assert api(charlie).json()["results"] == []
    for alert in (known, held):
        assert Browser(alice).get("alert", alert.public_id).status_code == 200
        assert Browser(charlie).get("alert", alert.public_id).status_code == 404
        client = APIClient()
        client.force_authenticate(charlie)
        assert client.get(reverse("api:alert", args=[alert.public_id])).status_code == 404


def test_private_integrations_of_others_are_no_choice(alice: User, charlie: User, tool: Integration) -> None:
    Integration.objects.update(private=True)
    assert tool.name in text(Browser(alice).get("alerts"))
    assert tool.name not in text(Browser(charlie).get("alerts"))


def test_an_alert_is_not_told_by_what_private_silence_or_incident_it_is_held_back(
    alice: User, charlie: User, tool: Integration, payments: Team, checkout: Service
) -> None:
    silence(private=True, team=payments)
    alert = fires(tool, "cards", labels={"env": "prod"})
    assert "Known since Monday" in text(Browser(alice).get("alert", alert.public_id))
    theirs = text(Browser(charlie).get("alert", alert.public_id))
    assert "Known since Monday" not in theirs
    assert "a silence" in theirs
    database = factories.ServiceFactory(name="Database", team=payments)
    ServiceDependency.objects.create(service=checkout, depends_on=database, suppresses=True)
    down = factories.incident(payments, alice, title="Database leaks", services=[database], private=True)
    alert = fires(tool, "errors", service="checkout")
    assert "Database leaks" in text(Browser(alice).get("alert", alert.public_id))
    theirs = text(Browser(charlie).get("alert", alert.public_id)) + text(Browser(charlie).get("alerts"))
    assert "Database leaks" not in theirs
    assert down.reference not in theirs
    assert "trouble in a service that it needs" in theirs


def test_its_page_tells_all_and_silences_what_is_like_it(alice: User, tool: Integration) -> None:
    row = silence()
    alert = fires(
        tool,
        "cards",
        summary="No card is taken",
        severity="page",
        labels={"env": "prod", "node": "n7"},
        annotations={"runbook": "Look at the gateway first"},
        links=[{"href": "https://grafana.example/d/1", "text": "Dashboard"}],
    )
    page = text(Browser(alice).get("alert", alert.public_id))
    for said in (
        "No card is taken",
        "n7",
        "Look at the gateway first",
        'href="https://grafana.example/d/1"',
        f'href="{row.get_absolute_url()}"',
        "until",
        f"{reverse('incidents:silence_new')}?alert={alert.public_id}",
        "It fired this once",
    ):
        assert said in page
    assert Browser(alice).get("alert", uuid4()).status_code == 404


def test_its_page_names_the_window_that_holds_it_back(alice: User, tool: Integration, checkout: Service) -> None:
    ends_at = moments.now() + timedelta(hours=1)
    window = quiet.maintain(None, by=None, title="New disks", services=[checkout], starts_at=None, ends_at=ends_at)
    alert = fires(tool, "errors", service="checkout")
    page = text(Browser(alice).get("alert", alert.public_id))
    assert "in maintenance" in page
    assert f'href="{window.get_absolute_url()}">New disks' in page
    recovers(tool, "errors")
    assert "Was held back by" in text(Browser(alice).get("alert", alert.public_id))


def test_other_times_that_it_fired_are_listed_as_far_as_one_may_see_them(
    alice: User, charlie: User, tool: Integration
) -> None:
    first = fires(tool, "disk")
    recovers(tool, "disk")
    Incident.objects.update(private=True)
    Integration.objects.update(private=False)
    quiet.silence(
        None,
        by=None,
        reason="Known",
        conditions=[{"what": "text", "values": ["disk"]}],
        team=None,
        starts_at=None,
        ends_at=moments.now() + timedelta(hours=1),
    )
    second = fires(tool, "disk")
    assert str(first.public_id) in text(Browser(alice).get("alert", second.public_id))
    theirs = text(Browser(charlie).get("alert", second.public_id))
    assert str(first.public_id) not in theirs
    assert "It fired this once" in theirs


def test_only_who_may_silence_it_is_offered_to(alice: User, tool: Integration) -> None:
    viewer = factories.UserFactory(role="viewer")
    alert = fires(tool, "disk")
    assert alert.incident is not None
    offer = f"?alert={alert.public_id}"
    for user, offered in ((alice, True), (viewer, False)):
        of_alert = text(Browser(user).get("alert", alert.public_id))
        of_incident = text(Browser(user).get("incident", alert.incident.pk))
        assert (offer in of_alert, offer in of_incident) == (offered, offered)
        assert f'href="{alert.get_absolute_url()}"' in of_incident


def test_empty_lists_say_why(alice: User) -> None:
    browser = Browser(alice)
    assert "Nothing fires" in text(browser.get("alerts"))
    assert "Nothing is held back" in text(browser.get("alerts", state="held"))
    assert "Nothing flaps" in text(browser.get("alerts", state="flapping"))
    assert "None here" in text(browser.get("alerts", state="resolved"))
    assert "Nothing fits" in text(browser.get("alerts", q="no such word"))


def test_more_than_can_be_counted_quickly_are_more(
    alice: User, tool: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    incident = factories.incident(tool.team, alice)
    for n in range(4):
        Alert.objects.create(integration=tool, incident=incident, fingerprint=f"f{n}", title=f"Number {n}")
    monkeypatch.setattr(views, "PER_PAGE", 2)
    assert "4 in all" in text(Browser(alice).get("alerts"))
    monkeypatch.setattr(paging, "MOST_COUNTED", 3)
    page = text(Browser(alice).get("alerts", page=9))
    assert "Page 2 of 2" in page
    assert "more than 3 in all" in page
    assert "Number 1" in page


def test_what_is_older_than_the_counted_is_reached_and_nothing_is_left_out(
    alice: User, tool: Integration, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "MOST_COUNTED", 4)
    monkeypatch.setattr(views, "PER_PAGE", 2)
    for n in range(7):
        fires(tool, f"a{n}")
    assert titles(alice, page=2) == ["A4", "A3"]
    answer = Browser(alice).get("alerts", page=2)
    older = re.search(r'rel="next" href="\?before=(\d+)"', answer.content.decode())
    assert older
    assert "more than 4 in all" in text(answer)
    # What comes meanwhile moves nothing.
    fires(tool, "new")
    assert titles(alice, before=older[1]) == ["A2", "A1"]
    assert titles(alice, before=older[1], page=2) == ["A0"]
    assert titles(alice, before="nonsense", page=1) == ["New", "A6"]


def test_it_costs_the_same_for_one_and_for_many(
    alice: User, tool: Integration, payments: Team, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    silence()

    def grow(n: int) -> Alert:
        upstream = factories.incident(payments, alice)
        mine = Alert.objects.create(
            integration=factories.integration(payments, name=f"Tool {n}")[0],
            fingerprint="f",
            title="Waits",
            suppression="dependency",
            upstream=upstream,
            team=payments,
        )
        fires(tool, "again")
        recovers(tool, "again")
        fires(tool, f"f{n}", labels={"env": "prod"})
        mine.refresh_from_db()
        return mine

    def cost() -> list[int]:
        browser, again = Browser(alice), Alert.objects.filter(fingerprint="again").latest("pk")
        spent = []
        for ask in (
            lambda: browser.get("alerts", state="all"),
            lambda: browser.get("alert", again.public_id),
            lambda: api(alice),
        ):
            with django_assert_max_num_queries(20) as counted:
                assert ask().status_code == 200
            spent.append(len(counted))
        return spent

    for n in range(2):
        grow(n)
    few = cost()
    for n in range(2, 30):
        grow(n)
    assert cost() == few


class TestApi:
    def test_it_answers_what_is_held_back_and_by_what(self, alice: User, tool: Integration) -> None:
        row = silence()
        alert = fires(tool, "cards", labels={"env": "prod"})
        (found,) = api(alice).json()["results"]
        assert (found["public_id"], found["suppression"], found["incident"], found["flapping"]) == (
            str(alert.public_id),
            "silence",
            None,
            False,
        )
        assert found["quiet_until"] == row.ends_at.isoformat().replace("+00:00", "Z")
        client = APIClient()
        client.force_authenticate(alice)
        assert client.get(reverse("api:alert", args=[alert.public_id])).json() == found

    def test_filters(self, alice: User, tool: Integration, payments: Team) -> None:
        silence()
        other, _ = factories.integration(payments, name="Grafana")
        fires(tool, "cards", labels={"env": "prod"})
        disk = fires(other, "disk", labels={"env": "staging", "node": "n7"})
        fires(tool, "queue")
        recovers(tool, "queue")
        Alert.objects.filter(fingerprint="disk").update(flapping=True, received_at=moments.now() - timedelta(days=2))
        yesterday = (moments.now() - timedelta(days=1)).isoformat()

        def found(**query: Any) -> list[str]:
            answer = api(alice, **query)
            assert answer.status_code == 200, answer.json()
            return [each["title"] for each in answer.json()["results"]]

        assert found() == ["Queue", "Disk", "Cards"]
        assert found(status="resolved") == ["Queue"]
        assert found(suppression="silence") == ["Cards"]
        assert found(flapping="true") == ["Disk"]
        assert found(integration="Grafana") == ["Disk"]
        assert found(incident=disk.incident_id) == ["Disk"]
        assert found(label="node=n7") == ["Disk"]
        assert found(q="card") == ["Cards"]
        assert found(before=yesterday) == ["Disk"]
        assert found(after=yesterday) == ["Queue", "Cards"]

    def test_a_label_that_is_none_is_refused_by_name(self, alice: User) -> None:
        answer = api(alice, label="prod")
        assert answer.status_code == 400
        assert "name=value" in answer.content.decode()
