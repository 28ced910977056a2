"""Readers of a status page inside a live installation, and what became of the mail to them: a conversation of lines of
JSON, each a call with its arguments."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.db.models import Q

from comms.actions import publishing
from comms.models import Alarm, Delivery, RelayState, StatusPage, Subscriber
from incidents.models import Incident
from incidents.phases import Phase
from teams.models import ContactMethod, User
from tests import factories

CODE = "from tests.faults import readers; readers.talk()"


def publish(name: str, good: int, bad: int) -> int:
    """Publish an update that goes to new readers alone: `good` of them and `bad` ones, named so. Its id."""
    alice = User.objects.filter(username="alice").first() or factories.UserFactory(username="alice", role="owner")
    team = alice.teams.first() or factories.TeamFactory(people=[alice])
    page = StatusPage.objects.filter(slug="shop").first()
    page = page or StatusPage.objects.create(name="Shop status", slug="shop", is_default=True)
    Subscriber.objects.filter(state="active").update(state="unsubscribed")
    more_readers(name, good, bad)
    incident = factories.incident(team, alice, phase=Phase.DECLARE)
    return publishing.publish_update(Incident.objects.get(pk=incident.pk), by=alice, title=name, body="Sorry.").pk


def more_readers(name: str, good: int, bad: int) -> None:
    page = StatusPage.objects.get(slug="shop")
    Subscriber.objects.bulk_create(
        Subscriber(page=page, email=f"{name}-{kind}-{n}@example.org", state="active")
        for kind, count in (("good", good), ("bad", bad))
        for n in range(count)
    )


def again(update: int) -> int:
    """A further update to whoever is active still. Its id."""
    incident = Incident.objects.get(page_incidents__updates=update)
    alice = User.objects.get(username="alice")
    return publishing.publish_update(incident, by=alice, title="", body="Still sorry.").pk


def rows(update: int, part: str) -> list[dict[str, Any]]:
    found = Delivery.objects.filter(update=update, address__contains=f"-{part}-").select_related("subscriber")
    return [
        {
            "state": row.state,
            "attempts": row.attempts,
            "reply": row.reply,
            "relay": row.relay,
            "subscriber": row.subscriber.state if row.subscriber else "",
        }
        for row in found.order_by("pk")
    ]


def relay(port: int) -> dict[str, Any]:
    """What is known of a relay, by its port; nothing where it never failed."""
    state = RelayState.objects.filter(name__endswith=f":{port}").first()
    if state is None:
        return {}
    return {"failures": state.failures, "refuses": state.refuses_since is not None, "rate": state.rate}


def forget() -> int:
    """End what waits, and forget what was learned of relays."""
    Delivery.objects.filter(Q(state="queued") | Q(state="sending")).update(state="failed", lease_until=None)
    return RelayState.objects.all().delete()[0]


def hurry() -> int:
    """Let rests be over, and what waits be due."""
    from teams import moments

    Delivery.objects.filter(state="queued").update(due_at=moments.now())
    return RelayState.objects.exclude(rests_until=None).update(rests_until=moments.now())


def chat(url: str) -> None:
    """Alice, who owns, is reached by a chat."""
    alice = User.objects.filter(username="alice").first() or factories.UserFactory(username="alice", role="owner")
    if not ContactMethod.objects.filter(user=alice).exists():
        factories.method(alice, "other", url)


def alarms() -> list[str]:
    return list(Alarm.objects.open().values_list("kind", flat=True))


def talk() -> None:
    for line in sys.stdin:
        name, *given = json.loads(line)
        print("told", json.dumps(globals()[name](*given)), flush=True)
