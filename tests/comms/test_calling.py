"""Channels beside mail: who is tried when, what a failure does, and what an answer stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from comms.actions import calling, delivering
from comms.models import Delivery
from comms.transports import callers
from comms.transports.base import Answer, Refused, Unreachable
from incidents.actions import escalation, lifecycle
from incidents.models import EscalationRun
from teams.models import ContactMethod, NotificationRule, Team, User

pytestmark = pytest.mark.django_db(transaction=True)


class Provider:
    """A way out that takes what it is told to."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.error: Exception | None = None

    def __call__(self, to, call, *, deadline: float) -> Answer:
        if self.error:
            raise self.error
        self.calls.append(f"{to.address}: {call.title}")
        return Answer("201 queued", "SM1")


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    made = Provider()
    monkeypatch.setitem(callers.CALLERS, "sms", made)
    return made


@pytest.fixture
def phone(alice: User) -> ContactMethod:
    """Alice is reached by SMS at once and by mail five minutes later."""
    now = timezone.now()
    method = ContactMethod.objects.create(
        user=alice, kind="sms", address="+4915112345678", shown="…5678", digest="d", verified_at=now
    )
    NotificationRule.objects.create(user=alice, method=method)
    NotificationRule.objects.create(user=alice, method=None, delay_minutes=5)
    return method


@pytest.fixture
def incident(payments: Team, bob: User):
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    return incident


def rows() -> list[tuple[str, str, int]]:
    found = Delivery.objects.filter(kind="page").order_by("place")
    return [(d.channel, d.state, d.place) for d in found]


def test_each_rule_is_a_row_that_is_due_at_its_time(phone, incident, provider, postbox) -> None:
    assert rows() == [("sms", "queued", 0), ("email", "queued", 1)]
    assert calling.call_due() == (1, False)
    assert delivering.deliver_due()[0] == 0
    assert provider.calls == [f"+4915112345678: {incident.reference} Checkout fails"]
    sent = Delivery.objects.get(channel="sms")
    assert (sent.state, sent.reply, sent.provider_id, sent.took_ms is not None) == ("sent", "201 queued", "SM1", True)
    with time_machine.travel(timezone.now() + timedelta(minutes=5, seconds=1), tick=True):
        assert delivering.deliver_due(budget=60)[0] == 1


def test_an_answer_stops_what_is_still_to_come(phone, incident, provider, alice: User, postbox) -> None:
    calling.call_due()
    escalation.acknowledge(incident.pk, by=alice)
    with time_machine.travel(timezone.now() + timedelta(minutes=6), tick=True):
        delivering.deliver_due(budget=60)
    assert rows() == [("sms", "sent", 0), ("email", "suppressed", 1)]


@pytest.mark.parametrize(
    ("error", "state"),
    [(Unreachable("no route"), "queued"), (Refused(503, "busy"), "queued"), (Refused(400, "no"), "failed")],
)
def test_a_provider_that_fails_hands_over_to_the_next_channel_at_once(
    phone, incident, provider, postbox, error: Exception, state: str
) -> None:
    provider.error = error
    calling.call_due()
    assert rows()[0] == ("sms", state, 0)
    assert delivering.deliver_due(budget=60)[0] == 1
    assert "because another channel failed" in Delivery.objects.get(place=1).rule
    phone.refresh_from_db()
    assert phone.trouble


def test_where_no_channel_is_left_the_next_step_is_due_at_once(phone, provider, payments, bob, alice) -> None:
    NotificationRule.objects.filter(method=None).delete()
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    provider.error = Refused(400, "no such number")
    calling.call_due()
    assert EscalationRun.objects.get().due_at <= timezone.now()


def test_a_method_that_was_turned_off_is_not_called(phone, incident, provider) -> None:
    ContactMethod.objects.update(disabled_at=timezone.now())
    calling.call_due()
    assert rows()[0] == ("sms", "suppressed", 0)


def test_a_method_that_was_never_proved_counts_for_nothing(phone, provider, payments, bob) -> None:
    ContactMethod.objects.update(verified_at=None)
    incident = lifecycle.report(by=bob, title="Checkout fails", team=payments)
    escalation.advance(incident.runs.get().pk)
    assert rows() == [("email", "queued", 0)]
