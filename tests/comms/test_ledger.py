"""Why was I paged, why wasn't I?"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from comms.actions import delivering
from comms.models import Delivery
from comms.paging import lanes, ledger
from comms.paging.ledger import Line, Tried
from comms.paging.unpaged import why_not
from incidents.actions import escalation
from incidents.models import Incident
from teams.models import EscalationTarget, NotificationRule, Schedule, Team, User, Webhook
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


def test_what_waits_when_somebody_answers_is_not_still_to_come(alice: User, bob: User, payments: Team) -> None:
    NotificationRule.objects.create(user=alice, urgency="high", method=None)
    factories.method(alice, "sms", "+4915100000001", minutes=10)
    incident = paged(payments, bob)

    def shown() -> list[tuple[str, str]]:
        run = ledger.runs_of(incident)[0]
        page = ledger.pages_of(alice).get()
        assert run.lines[0].tried == ledger.tried(page)
        return [(each.outcome, each.state) for each in run.lines[0].tried]

    assert shown()[1] == ("queued", "Queued")
    escalation.acknowledge(incident.pk, by=alice)
    assert shown()[1] == ("suppressed", "Not needed any more")


def test_it_says_why_not(alice: User, bob: User) -> None:
    team = factories.TeamFactory(people=[alice, bob])
    factories.policy(team, [Schedule.objects.create(team=team, name="Empty")], [bob], [alice])
    incident = paged(team, alice)
    (run,) = ledger.runs_of(incident)
    first = run.lines[0]
    assert (first.outcome, first.why) == ("Nobody there", "Nobody is on call")
    assert run.lines[1].user == bob
    assert [line.user for line in ledger.runs_of(incident, about=alice)[0].lines] == [None]


def test_a_call_to_a_webhook_is_in_it_with_its_answer(alice: User, payments: Team, bob: User) -> None:
    hook = Webhook.objects.create(team=payments, name="Siren", url="https://siren.example/")
    EscalationTarget.objects.create(step=payments.escalation_policy.steps.first(), webhook=hook)
    incident = paged(payments, bob)
    Delivery.objects.filter(webhook=hook).update(state="failed", reply="503 no")
    (line,) = [each for each in ledger.runs_of(incident)[0].lines if each.outcome == "Called"]
    assert [(each.channel, each.to, each.outcome, each.said) for each in line.tried] == [
        ("Webhook", "Siren", "failed", "503 no")
    ]


def test_whoever_was_not_paged_hears_why(client: Client, alice: User, bob: User, charlie: User) -> None:
    team = factories.TeamFactory(people=[alice, bob])
    primary = factories.schedule(team, [alice, charlie], anchor_date=timezone.localdate() - timedelta(days=1))
    factories.policy(team, [primary], [bob])
    incident = paged(team, alice)
    run = incident.runs.get()
    assert run.pages.get().user == alice
    assert why_not(run, alice) == ""
    assert "whoever is on call" in why_not(run, charlie)
    assert "that was Alice" in why_not(run, charlie)
    assert "has not been reached yet" in why_not(run, bob)
    escalation.acknowledge(incident.pk, by=alice)
    assert "was not reached: Acknowledged by Alice" in why_not(incident.runs.get(), bob)
    stranger = factories.UserFactory()
    assert why_not(run, stranger).startswith("No step of the policy names this person")
    client.force_login(bob)
    text = client.get(f"/incidents/{incident.pk}/paging/?person={bob.pk}").content.decode()
    assert "You were not paged by this run." in text


def test_my_pages_are_mine_and_found_again(
    client: Client, alice: User, bob: User, charlie: User, payments: Team
) -> None:
    incident = paged(payments, bob)
    escalation.acknowledge(incident.pk, by=alice)
    client.force_login(alice)
    assert incident.reference in client.get("/on-call/pages/").content.decode()
    assert incident.reference in client.get(f"/on-call/pages/?q={incident.reference}&show=answered").content.decode()
    assert "Nothing matches" in client.get("/on-call/pages/?show=open").content.decode()
    (row,) = client.get("/api/v1/me/paging-ledger/").json()["results"]
    assert (row["reference"], row["step"], row["tried"][0]["channel"]) == (incident.reference, 1, "E-mail")
    client.force_login(bob)
    assert "You have not been paged" in client.get("/on-call/pages/").content.decode()
    missed = client.get("/on-call/pages/?show=missed").content.decode()
    assert incident.reference in missed
    assert "Alice" in missed
    assert client.get("/api/v1/me/paging-ledger/").json()["results"] == []
    client.force_login(charlie)
    assert incident.reference not in client.get("/on-call/pages/?show=missed").content.decode()


def test_a_picture_has_each_notification_at_its_time() -> None:
    start = datetime(2026, 11, 24, 14, 2, tzinfo=UTC)

    def tried(outcome: str, after: int) -> Tried:
        at = start + timedelta(seconds=after)
        return Tried("SMS", "…", "", at, outcome, outcome, "", 1, at if outcome == "sent" else None, 0.0, None)

    lines = [
        Line(start, 1, 0, "Primary", None, "", "", None, (tried("failed", 0), tried("sent", 60))),
        Line(start, 1, 0, "Nobody", None, "", ""),
        Line(start + timedelta(seconds=300), 2, 0, "Secondary", None, "", "", start + timedelta(seconds=600), ()),
    ]
    lines[2] = replace(lines[2], tried=(tried("sent", 300), tried("suppressed", 4000)))
    picture = lanes.draw(lines, start, start + timedelta(seconds=600))
    assert picture is not None
    assert [lane.name for lane in picture.lanes] == ["Primary", "Secondary"]
    assert [(m.kind, m.x) for m in picture.lanes[0].marks] == [("failed", "3.00%"), ("sent", "12.40%")]
    assert [(m.kind, m.x) for m in picture.lanes[1].marks] == [("sent", "50.00%"), ("answered", "97.00%")]
    assert [tick.text for tick in picture.ticks] == ["0", "+2 min", "+4 min", "+6 min", "+8 min", "+10 min"]
    assert lanes.draw(lines[1:2], start, start) is None


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
