"""Tasks during an incident: one owner, a yes, a time, and somebody who asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comms.models import Delivery
from incidents.actions import lifecycle, tasks
from incidents.models import Incident, IncidentTask, TimelineEntry
from incidents.phases import Phase
from incidents.problems import Blocked
from incidents.tasks import remind_tasks
from teams.models import Team, User
from tests import factories
from tests.incidents.console import Browser, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def incident(payments: Team, alice: User) -> Incident:
    """Declared; alice commands."""
    return factories.incident(payments, alice, phase=Phase.DECLARE)


def mailed(user: User, verb: str) -> int:
    return Delivery.objects.filter(kind="notice", user=user, entry__verb=verb).count()


def test_from_giving_to_done_in_the_room(incident: Incident, alice: User, charlie: User) -> None:
    giver, owner = Browser(alice), Browser(charlie)
    assert ">Tasks<" in text(giver.get("incident", incident.pk))
    giver.dialog(incident, "task_new", incident.pk, title="Check the queue", owner=charlie.pk, due_in="15")
    task = IncidentTask.objects.get()
    assert (task.state, task.owner) == ("open", charlie)
    assert mailed(charlie, "task.added") == 1
    assert "has not said yes" in text(giver.get("incident", incident.pk))
    # Nobody says yes in somebody else's name; whoever is asked does it in one tap.
    assert giver.dialog(incident, "task", incident.pk, task.pk, "accept").status_code == 409
    owner.dialog(incident, "task", incident.pk, task.pk, "accept", now="yes")
    assert "Check the queue" in text(owner.get("tasks"))
    assert "Check the queue" not in text(giver.get("tasks"))
    assert "Check the queue" in text(giver.get("tasks", whose="all", q="queue"))
    owner.dialog(incident, "task", incident.pk, task.pk, "done", now="yes")
    task.refresh_from_db()
    assert (task.state, task.remind_at) == ("done", None)
    assert mailed(alice, "task.done") == 1
    late = giver.dialog(incident, "task", incident.pk, task.pk, "done", now="yes")
    assert "It is done already." in text(late)
    told = list(TimelineEntry.objects.filter(incident=incident, kind="task").values_list("verb", flat=True))
    assert told == ["task.added", "task.accepted", "task.done"]


def test_what_stands_in_the_way(incident: Incident, alice: User, bob: User) -> None:
    with pytest.raises(Blocked, match="Begin with a verb"):
        tasks.add(incident.pk, " ", by=alice)
    with pytest.raises(Blocked, match="still to come"):
        tasks.add(incident.pk, "Check", by=alice, due_at=timezone.now() - timedelta(minutes=1))
    with pytest.raises(Blocked, match="service account"):
        tasks.add(incident.pk, "Check", by=alice, owner=factories.UserFactory(is_service=True))
    task = tasks.add(incident.pk, "Check", by=alice)
    with pytest.raises(Blocked, match="why it will not be done"):
        tasks.drop(task.pk, by=alice, note=" ")
    assert tasks.accept(task.pk, by=bob).owner == bob
    tasks.reassign(task.pk, by=bob, owner=alice)
    assert mailed(alice, "task.reassigned") == 1
    assert "Not needed" in text(
        Browser(alice).dialog(incident, "task", incident.pk, task.pk, "drop", note="Not needed")
    )
    lifecycle.perform("cancel", incident.pk, by=alice, inputs={"kind": "false_alarm"})
    with pytest.raises(Blocked, match="is cancelled"):
        tasks.add(incident.pk, "Check", by=alice)


def test_who_is_asked_when_nothing_comes(incident: Incident, alice: User, bob: User, charlie: User) -> None:
    now = timezone.now()
    task = tasks.add(incident.pk, "Check", by=bob, owner=charlie, due_at=now + timedelta(minutes=20))
    asked = []
    for minutes in (4, 6, 21, 22, 26, 90):
        with time_machine.travel(now + timedelta(minutes=minutes), tick=False):
            remind_tasks()
            remind_tasks()
        told = TimelineEntry.objects.filter(verb="task.reminded").count()
        asked.append((told, mailed(charlie, "task.reminded"), mailed(alice, "task.reminded")))
    # For a yes after five minutes (and its commander knows), its owner when it is due, its commander when it is late.
    assert asked == [(0, 0, 0), (1, 1, 1), (2, 2, 1), (2, 2, 1), (3, 2, 2), (3, 2, 2)]
    task.refresh_from_db()
    assert task.remind_at is None
