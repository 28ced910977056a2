"""Why was I paged, why wasn't I?"""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from comms import ledger
from comms.actions import delivering
from incidents.actions import escalation
from incidents.models import Incident
from teams.models import Schedule, Team, User
from tests import factories

pytestmark = pytest.mark.django_db


def paged(team: Team, by: User) -> Incident:
    incident = factories.incident(team, by)
    escalation.advance(incident.runs.get().pk)
    return incident


def test_it_says_who_by_which_rule_through_what_and_what_came_of_it(
    alice: User, bob: User, postbox, payments: Team
) -> None:
    incident = paged(payments, bob)
    delivering.deliver_due(budget=60)
    escalation.acknowledge(incident.pk, by=alice)
    (run,) = ledger.runs_of(incident)
    (line,) = run.lines
    assert (line.user, line.step, line.outcome) == (alice, 1, "Paged")
    assert "Primary" in line.target
    assert line.answered_at is not None
    (tried,) = line.tried
    assert (tried.channel, tried.state, tried.rule) == ("E-mail", "Sent", "high urgency, at once")
    assert "250" in tried.said
    assert tried.waited is not None
    assert tried.to == "al…@example.org"
    assert run.reason == "Acknowledged by Alice."


def test_it_says_why_not(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice, bob])
    factories.policy(team, [Schedule.objects.create(team=team, name="Empty")], [bob], [alice])
    incident = paged(team, alice)
    (run,) = ledger.runs_of(incident)
    first = run.lines[0]
    assert (first.outcome, first.why) == ("Nobody there", "Nobody is on call")
    assert run.lines[1].user == bob
    assert [line.user for line in ledger.runs_of(incident, about=alice)[0].lines] == [None]


def test_the_page_is_for_whoever_sees_the_incident(
    client: Client, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = paged(payments, bob)
    client.force_login(alice)
    text = client.get(f"/incidents/{incident.pk}/paging/").content.decode()
    assert "Who was paged, and why" in text
    assert "high urgency, at once" in text
    Incident.objects.update(private=True)
    client.force_login(charlie)
    assert client.get(f"/incidents/{incident.pk}/paging/").status_code == 404


def test_it_costs_the_same_for_many_pages(alice: User, bob: User) -> None:
    counts = []
    for size in (1, 8):
        team = factories.TeamFactory(people=[factories.UserFactory() for _ in range(size)])
        factories.policy(team, [team])
        incident = paged(team, bob)
        with CaptureQueriesContext(connection) as queries:
            assert len(ledger.runs_of(incident)[0].lines) == size
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_api_says_the_same_to_whoever_sees_the_incident(
    client: Client, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = paged(payments, bob)
    client.force_login(alice)
    (run,) = client.get(f"/api/v1/incidents/{incident.pk}/paging-ledger/").json()
    assert run["state"] == "running"
    (line,) = run["lines"]
    assert (line["user"]["username"], line["tried"][0]["channel"]) == ("alice", "E-mail")
    assert client.get("/api/v1/me/notification-rules/").json()["results"] == []
    Incident.objects.update(private=True)
    client.force_login(charlie)
    assert client.get(f"/api/v1/incidents/{incident.pk}/paging-ledger/").status_code == 404
