"""What tools sent is kept first and taken in batches: in order, nothing lost, and no event holds up another."""

from __future__ import annotations

import json
import random
import threading
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from incidents.actions import accepting, escalation, inbox, intake
from incidents.models import Alert, EscalationRun, Event, Incident, Integration, Page, TimelineEntry
from incidents.sources import AlertReport, Envelope, Parsed, registry
from teams.models import Team, User
from tests import factories
from tests.sweeps import WHOLE

BEGAN = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Tool:
    """An integration and what sends to it."""

    integration: Integration
    key: str

    def send(self, *bodies: str) -> list[Event]:
        sent = [Envelope(each.encode()) for each in bodies]
        assert all(accepting.accept(self.key, "alertmanager", each) for each in sent)
        return [Event.objects.get(public_id=each.request_id) for each in sent]


@pytest.fixture
def tool(payments: Team) -> Tool:
    return Tool(*factories.integration(payments))


def body(fingerprint: str, status: str = "firing", *, severity: str = "warning", starts: datetime = BEGAN) -> str:
    alert = {
        "status": status,
        "labels": {"alertname": fingerprint, "severity": severity},
        "annotations": {},
        "startsAt": starts.isoformat(),
        "endsAt": (starts + timedelta(hours=1)).isoformat(),
        "fingerprint": fingerprint,
    }
    return json.dumps({"version": "4", "groupKey": f"g-{fingerprint}", "status": status, "alerts": [alert]})


@pytest.mark.django_db
def test_a_storm_costs_the_same_queries_as_an_alert(tool: Tool, alice: User) -> None:
    def queries(*names: str) -> int:
        tool.send(*(body(name) for name in names))
        with CaptureQueriesContext(connection) as found:
            assert inbox.take_due()[0] == len(names)
            assert escalation.advance_due()[0] == len(names)
        return len(found)

    queries("first")
    assert queries("alone") == queries(*(f"n{n}" for n in range(60)))
    assert Page.objects.filter(user=alice).count() == 62


@pytest.mark.django_db
def test_an_event_that_fails_holds_up_only_what_is_about_the_same_alert(
    tool: Tool, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(sent: Envelope) -> Parsed:
        parsed = whole.read(sent)
        too_long = "x" * 41 if broken else "warning"
        reports = [replace(r, severity=too_long) if r.title == "bad" else r for r in parsed.reports]
        return replace(parsed, reports=reports)

    broken, whole = True, registry.SOURCES["alertmanager"]
    monkeypatch.setitem(registry.SOURCES, "alertmanager", replace(whole, read=failing))
    tool.send(body("good"), body("bad"), body("fine"))
    assert inbox.take_due() == (2, False)
    assert set(Alert.objects.values_list("title", flat=True)) == {"good", "fine"}
    waiting = Event.objects.get(state="waiting")
    assert "DataError" in waiting.outcome["waits"]
    broken = False
    # Its recovery comes while it waits to be tried again.
    tool.send(body("bad", "resolved"), body("good", "resolved"))
    inbox.take_due()
    assert Event.objects.filter(state="waiting").count() == 2
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        inbox.take_due()
    assert not Event.objects.filter(state="waiting").exists()
    assert Alert.objects.get(title="bad").status == "resolved"


@pytest.mark.django_db(transaction=True)
def test_an_incident_that_somebody_holds_keeps_only_its_own_alerts_waiting(tool: Tool) -> None:
    tool.send(body("held"))
    inbox.take_due()
    held = Incident.objects.get()
    tool.send(body("held", "resolved"), body("other"))
    with transaction.atomic():
        Incident.objects.select_for_update().get(pk=held.pk)
        in_another_session(inbox.take_due)
        assert Alert.objects.filter(title="other").exists()
    with time_machine.travel(timezone.now() + timedelta(minutes=1), tick=True):
        inbox.take_due()
    assert Alert.objects.get(title="held").status == "resolved"


def in_another_session(work: Any) -> None:
    thread = threading.Thread(target=lambda: (work(), connection.close()))
    thread.start()
    thread.join()


@pytest.mark.django_db
def test_the_sender_hears_what_became_of_it_and_nobody_else_does(tool: Tool, payments: Team) -> None:
    _, other = factories.integration(payments, name="other")
    (event,) = tool.send(body("a"))
    address = f"/integrations/v1/events/{{}}/{event.public_id}/"
    assert Client().get(address.format(tool.key)).json()["state"] == "waiting"
    inbox.take_due()
    told = Client().get(address.format(tool.key)).json()
    assert (told["state"], told["opened"]) == ("done", [Incident.objects.get().reference])
    assert Client().get(address.format(other)).status_code == 404


@pytest.mark.django_db
def test_old_events_are_forgotten_and_waiting_ones_never(tool: Tool) -> None:
    tool.send(body("a"))
    inbox.take_due()
    (waits,) = tool.send(body("b"))
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert inbox.forget() == 1
    assert list(Event.objects.all()) == [waits]


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(12 if WHOLE else 3))
def test_a_batch_is_what_its_alerts_are_one_by_one(seed: int, payments: Team) -> None:
    chance = random.Random(seed)
    reports = [
        AlertReport(
            (name := chance.choice("abcd")),
            chance.choice(["firing", "firing", "resolved"]),
            name,
            starts_at=BEGAN + timedelta(minutes=chance.randrange(3)),
            group_key="one" if name in "ab" else name,
        )
        for _ in range(30)
    ]
    together, _ = factories.integration(payments, name="together")
    alone, _ = factories.integration(payments, name="alone")
    cut = chance.randrange(30)
    first = intake.receive_all(together, [[each] for each in reports[:cut]])
    batch = first + intake.receive_all(together, [[each] for each in reports[cut:]])
    each = [intake.receive(alone, [report]) for report in reports]

    def alerts(of: Integration) -> list[tuple[object, ...]]:
        found = Alert.objects.filter(integration=of).order_by("pk", "title")
        return sorted(
            (a.title, a.status, a.count, a.starts_at, a.incident.group_key) for a in found.select_related("incident")
        )

    assert alerts(together) == alerts(alone)
    assert [(len(r.resolved), r.repeats, r.unknown) for r in batch] == [
        (len(r.resolved), r.repeats, r.unknown) for r in each
    ]
    for integration in (together, alone):
        assert Incident.objects.filter(integration=integration).count() == len(
            {a.incident_id for a in Alert.objects.filter(integration=integration)}
        )
    recoveries = TimelineEntry.objects.filter(verb="alert.resolved").order_by("pk")
    lines = [
        list(recoveries.filter(incident__integration=of).values_list("text", flat=True)) for of in (together, alone)
    ]
    assert lines[0] == lines[1]


@pytest.mark.django_db
def test_what_is_worst_is_paged_first(tool: Tool, alice: User) -> None:
    tool.send(body("low", severity="info"), body("bad", severity="critical"), body("high", severity="error"))
    inbox.take_due()
    escalation.advance_due()
    assert [page.incident.title for page in Page.objects.order_by("pk")] == ["bad", "high", "low"]


@pytest.mark.django_db
def test_what_is_critical_overtakes_a_storm_and_old_news_are_known_as_such(tool: Tool) -> None:
    later = BEGAN + timedelta(minutes=5)
    tool.send(body("a"))
    inbox.take_due()
    # Over and back, worse: what came last is taken first, and the recovery is of the alert before.
    tool.send(body("a", "resolved"), *(body(f"n{n}") for n in range(205)))
    worse = Envelope(body("a", severity="critical", starts=later).encode())
    assert accepting.accept(tool.key, "alertmanager", worse, lane=0)
    inbox.take_due(budget=0)
    assert Alert.objects.filter(title="a", status="firing").get().starts_at == later
    inbox.take_due(budget=60)
    assert Alert.objects.filter(title="a", status="firing").get().starts_at == later
    assert Alert.objects.filter(status="firing").count() == 206


@pytest.mark.django_db
def test_a_run_that_cannot_go_on_holds_up_no_other(tool: Tool, alice: User) -> None:
    tool.send(body("broken"), body("whole"))
    inbox.take_due()
    broken = EscalationRun.objects.get(incident__title="broken")
    EscalationRun.objects.filter(pk=broken.pk).update(snapshot={"steps": "none"})
    assert escalation.advance_due()[0] == 1
    assert Page.objects.get().incident.title == "whole"
    broken.refresh_from_db()
    assert (broken.attempts, broken.due_at is not None and broken.due_at > timezone.now()) == (1, True)


@pytest.mark.django_db
def test_those_who_are_paged_in_turn_take_turns_within_a_batch(payments: Team, tool: Tool) -> None:
    people = [factories.UserFactory() for _ in range(3)]
    crew = factories.TeamFactory(people=people)
    step = payments.escalation_policy.steps.first()  # type: ignore[union-attr]
    step.targets.all().delete()
    step.targets.create(team=crew, way="round_robin")
    tool.send(*(body(f"n{n}") for n in range(6)))
    inbox.take_due()
    escalation.advance_due()
    assert [page.user for page in Page.objects.order_by("pk")] == people * 2
