"""What the simulator says beside what then really happens: equal."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from comms.models import Bundle, Delivery
from comms.paging import simulating
from incidents.actions import escalation, intake, lifecycle
from incidents.models import Consideration, Incident, Integration, Page
from incidents.sources import AlertReport
from teams.models import ContactMethod, NotificationRule, Organization, Schedule, Service, Team, User
from tests import factories

pytestmark = pytest.mark.django_db
Told = list[tuple[str, str, datetime]]


@pytest.fixture(autouse=True)
def no_bundles() -> None:
    Organization.objects.update_or_create(pk=1, defaults={"bundle_seconds": 0})


@pytest.fixture
def people(alice: User, bob: User, charlie: User) -> list[User]:
    """Alice by SMS and then mail, bob by mail with quiet hours, charlie as he comes."""
    method = ContactMethod.objects.create(
        user=alice, kind="sms", address="+491", shown="…1", digest="d", verified_at=timezone.now()
    )
    NotificationRule.objects.create(user=alice, method=method)
    NotificationRule.objects.create(user=alice, method=None, delay_minutes=3)
    bob.quiet_from, bob.quiet_until, bob.time_zone = time(22), time(7), "Europe/Berlin"
    bob.save()
    return [alice, bob, charlie]


def simulated(found: simulating.Simulation) -> Told:
    return sorted((n.user.username, n.channel, n.at.replace(microsecond=0)) for n in found.notices)


def really(team: Team, by: User, at: datetime, *, alerts: tuple[Integration, list[AlertReport]] | None = None) -> Told:
    """The deliveries that come of it, with nobody answering, as its runs are swept second by second."""
    with time_machine.travel(at, tick=False):
        if alerts:
            incident = Incident.objects.get(pk=intake.receive(*alerts).opened[0])
        else:
            incident = lifecycle.report(by=by, title="Checkout fails", team=team)
    run, now = incident.runs.get(), at
    for _ in range(30):
        with time_machine.travel(now, tick=False):
            escalation.advance(run.pk)
        run.refresh_from_db()
        if run.due_at is None:
            break
        now = max(now, run.due_at)
    rows = Delivery.objects.filter(page__incident=incident).select_related("user")
    return sorted((d.user.username, d.get_channel_display(), d.first_due_at.replace(microsecond=0)) for d in rows)


NIGHT = datetime.fromisoformat("2027-01-12T23:30:00+00:00")
DAY = datetime.fromisoformat("2027-01-12T10:00:00+00:00")


def on_call(people: list[User]) -> Team:
    team = factories.TeamFactory(people=people)
    factories.policy(team, [factories.schedule(team, people)], [people[1]], repeat=1)
    return team


def with_a_gap(people: list[User]) -> Team:
    team = factories.TeamFactory(people=people)
    factories.policy(team, [Schedule.objects.create(team=team, name="Empty")], fallback=people[2])
    return team


def by_hours(people: list[User]) -> Team:
    team = factories.TeamFactory(people=people)
    policy = factories.policy(team, [people[0]], [people[1]])
    office = [{"weekdays": [0, 1, 2, 3, 4], "start": "09:00", "end": "17:00"}]
    policy.steps.filter(position=0).update(hours=office, time_zone="Europe/Berlin")
    return team


def in_turn(people: list[User]) -> Team:
    team = factories.TeamFactory(people=people)
    policy = factories.policy(team, [team], repeat=3)
    policy.steps.get().targets.update(way="round_robin")
    return team


@pytest.mark.parametrize("at", [DAY, NIGHT], ids=["day", "night"])
@pytest.mark.parametrize("made", [on_call, with_a_gap, by_hours, in_turn])
def test_it_says_what_then_happens(made: Any, at: datetime, people: list[User]) -> None:
    team = made(people)
    before = Page.objects.count(), Consideration.objects.count(), Delivery.objects.count()
    found = simulating.of_trouble(Service.objects.none(), team, None, at)
    assert (Page.objects.count(), Consideration.objects.count(), Delivery.objects.count()) == before
    assert simulated(found)
    assert simulated(found) == really(team, people[0], at)


def test_an_alert_of_low_urgency_waits_for_the_morning(people: list[User]) -> None:
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[1]])
    integration, _ = factories.integration(team)
    reports = [AlertReport("f", "firing", "Disk is filling", severity="info", group_key="g")]
    found = simulating.of_alerts(integration, reports, NIGHT)
    assert (found.urgency, found.severity) == ("low", 4)
    assert found.notices[0].at == datetime.fromisoformat("2027-01-13T06:00:00+00:00")
    assert simulated(found) == really(team, people[0], NIGHT, alerts=(integration, reports))


def test_who_is_paged_again_within_the_bundles_window_hears_of_it_in_a_digest(people: list[User]) -> None:
    Organization.objects.update(bundle_seconds=120)
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[2]], [people[2]], [people[2]], delay=1)
    found = simulating.of_trouble(Service.objects.none(), team, None, DAY)
    # The third comes in the bundle that the digest of the second has opened.
    assert [(bool(step.waits), len(step.notices)) for step in found.steps[:3]] == [(False, 1), (True, 1), (True, 1)]
    digest = found.steps[1].notices[0]
    assert (digest.at, digest.digest) == (DAY + timedelta(minutes=2), True)


def test_who_was_paged_a_moment_ago_waits_unless_it_is_worse(people: list[User]) -> None:
    Organization.objects.update(bundle_seconds=120)
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[2]])
    Bundle.objects.create(
        user=people[2], urgency="high", severity=2, opened_at=DAY, closes_at=DAY + timedelta(minutes=2)
    )
    at = DAY + timedelta(seconds=30)
    level = {level: simulating.of_trouble(Service.objects.none(), team, level, at) for level in (1, 2)}
    assert level[1].steps[0].notices[0].at == at
    assert level[2].steps[0].waits == (people[2],)
    assert level[2].steps[0].notices[0].at == DAY + timedelta(minutes=2)


def test_who_can_t_be_reached_is_said_and_the_next_step_comes_at_once(people: list[User]) -> None:
    people[2].email = ""
    people[2].save()
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[2]], [people[1]])
    found = simulating.of_trouble(Service.objects.none(), team, None, DAY)
    assert found.steps[0].lost == (people[2],)
    assert found.steps[0].notices == ()
    assert found.steps[1].at == DAY
    assert simulated(found) == [told for told in really(team, people[0], DAY) if told[0] != people[2].username]


def test_an_alert_of_an_open_incident_joins_it(people: list[User], client: Client) -> None:
    team = factories.TeamFactory(people=people)
    factories.policy(team, [people[1]])
    integration, _ = factories.integration(team)
    reports = [AlertReport("f", "firing", "Errors", group_key="g")]
    assert simulating.of_alerts(integration, reports, DAY).joins is None
    opened = intake.receive(integration, reports).opened[0]
    joins = simulating.of_alerts(integration, reports, DAY).joins
    assert joins is not None
    assert joins.pk == opened


def test_the_api_says_the_same(client: Client, alice: User, payments: Team) -> None:
    client.force_login(alice)

    def ask(**given: Any) -> Any:
        return client.post("/api/v1/paging/simulate/", given, content_type="application/json")

    answer = ask(team=payments.pk, at="2027-01-12T10:00:00Z")
    assert answer.status_code == 200
    step = answer.json()["steps"][0]
    assert [user["username"] for user in step["people"]] == ["alice"]
    assert step["notices"][0]["channel"] == "E-mail"
    wrong = ask()
    assert (wrong.status_code, "Give an alert" in wrong.content.decode()) == (400, True)
    wrong = ask(alert={"version": "3"})
    assert wrong.status_code == 400
    assert {"alert", "integration"} <= {each["field"] for each in wrong.json()["errors"]}
    assert Page.objects.count() == 0


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(client: Client, alice: User, payments: Team) -> None:
    client.force_login(alice)
    assert client.get("/paging/simulate/").status_code == 200
    wrong = client.get("/paging/simulate/", {"body": '{"version": "3"}'})
    assert wrong.status_code == 422
    assert "version: give" in wrong.content.decode()
    shown = client.get("/paging/simulate/", {"team": payments.pk}).content.decode()
    assert "Alice" in shown
    assert "Bob" in shown
    integration, _ = factories.integration(payments)
    body = {"version": "4", "groupKey": "g", "alerts": [{"status": "firing", "labels": {"alertname": "Errors"}}]}
    told = client.get("/paging/simulate/", {"body": json.dumps(body), "integration": integration.pk})
    assert "high urgency" in told.content.decode()
