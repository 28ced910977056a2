"""Rolling a change back by the service's own webhook: signed, tried again, and never twice for one press."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from comms.actions import rolling_back
from comms.models import Delivery
from incidents.actions import mitigation, rollback
from incidents.models import Change, Incident, Mitigation, MitigationCall, TimelineEntry
from incidents.problems import Blocked
from teams import actions as team_actions
from teams.models import Service, Team, User, Webhook
from tests import factories
from tests.incidents.console import Browser, text
from tests.standins.server import Server, serving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True


@pytest.fixture
def incident(payments: Team, alice: User, checkout: Service) -> Incident:
    """Declared; alice commands."""
    return factories.incident(payments, alice, phase="declare", services=[checkout])


@pytest.fixture
def change(incident: Incident, checkout: Service) -> Change:
    at = incident.detected_at - timedelta(minutes=4)
    made = factories.ChangeFactory(summary="Deployed checkout 2.31", service=checkout, at=at)
    return Change.objects.get(pk=made.pk)


def hooked(service: Service, url: str, **fields: Any) -> Webhook:
    hook = Webhook.objects.create(team=service.team, name="Deployer", url=url, **{"secret": "s" * 32, **fields})
    team_actions.change_service(service, by=None, rollback_webhook=hook)
    return hook


def due_now() -> None:
    MitigationCall.objects.update(due_at=timezone.now())


def test_one_press_one_signed_call(
    incident: Incident, change: Change, alice: User, bob: User, checkout: Service
) -> None:
    """From the button to the card: a double click is one mitigation and one call, and the phase is Mitigate."""
    with serving(Server("/deploy", status=202)) as server:
        hooked(checkout, server.url, former_secret="f" * 32)
        browser = Browser(bob)
        page = text(browser.get("incident", incident.pk))
        assert "Roll it back" in page
        asked = text(browser.get("roll_back", incident.pk, change.pk))
        assert "Call Deployer (127.0.0.1) for it, now" in asked
        press = {"how": "call", "key": str(uuid4()), "carried_by": bob.pk, "deadline_in": 5}
        for _ in range(2):
            answer = browser.dialog(incident, "roll_back", incident.pk, change.pk, **press)
            assert "Deployer is called" in text(answer)
        assert not server.asked
        assert rolling_back.call_due() == (1, False)
        assert rolling_back.call_due() == (0, False)
    (sent,) = server.asked
    row = Mitigation.objects.get()
    call = row.call
    assert (row.state, row.change, row.carried_by) == ("executing", change, bob)
    assert Incident.objects.get().phase == "mitigate"
    assert (call.state, str(call.key), call.attempts) == ("accepted", press["key"], 1)
    body = json.loads(sent.body)
    assert body["idempotency_key"] == body["id"] == sent.headers["webhook-id"] == press["key"]
    assert (body["type"], body["data"]["change"]["id"], body["data"]["service"]) == ("roll_back", change.pk, "checkout")
    assert incident.title not in sent.body.decode()
    said = f"{press['key']}.{sent.headers['webhook-timestamp']}.".encode() + sent.body
    for secret, told in zip(("s", "f"), sent.headers["webhook-signature"].split(), strict=True):
        wanted = base64.b64encode(hmac.new(secret.encode() * 32, said, hashlib.sha256).digest()).decode()
        assert told == f"v1,{wanted}"
    page = text(browser.get("incident", incident.pk))
    assert "Deployer</strong>" in page
    assert "It answered 202." in page
    verbs = list(TimelineEntry.objects.filter(kind="mitigation").order_by("pk").values_list("verb", flat=True))
    assert verbs[-3:] == ["mitigation.executing", "mitigation.called", "mitigation.call_accepted"]
    # Another press for the same change meets what runs.
    again = Browser(alice).dialog(incident, "roll_back", incident.pk, change.pk, how="call", key=str(uuid4()))
    assert again.status_code == 409
    assert "carries that out already" in text(again)


def test_a_refusal_is_told_and_can_be_called_again(
    incident: Incident, change: Change, alice: User, bob: User, checkout: Service
) -> None:
    answers = [503, 403, 200]
    with serving(Server("/deploy", lambda asked: asked.reply(answers.pop(0)))) as server:
        hooked(checkout, server.url)
        row = rollback.roll_back(incident.pk, change, by=bob)
        rolling_back.call_due()
        call = MitigationCall.objects.get()
        assert (call.state, call.reply) == ("queued", "It answered 503.")
        assert call.due_at > timezone.now()
        assert rolling_back.call_due() == (0, False)
        due_now()
        rolling_back.call_due()
        call.refresh_from_db()
        assert (call.state, call.attempts) == ("refused", 2)
        told = TimelineEntry.objects.get(verb="mitigation.call_refused")
        assert "It answered 403" in told.text
        assert Delivery.objects.filter(entry=told, user=bob).exists()
        Browser(alice).dialog(incident, "call_again", incident.pk, row.pk)
        rolling_back.call_due()
        with pytest.raises(Blocked, match="accepted"):
            rollback.call_again(row.pk, by=alice)
    assert len({asked.headers["webhook-id"] for asked in server.asked}) == 1
    assert len(server.asked) == 3


def test_who_dies_calling_loses_nothing(incident: Incident, change: Change, bob: User, checkout: Service) -> None:
    """The lease runs out and the next one calls by the same key; whoever came back late writes nothing over it."""
    with serving(Server("/deploy", status=200)) as server:
        hooked(checkout, server.url)
        rollback.roll_back(incident.pk, change, by=bob)
        dead = rolling_back.claim(timezone.now())
        assert dead is not None
        assert rolling_back.call_due() == (0, False)
        MitigationCall.objects.update(lease_until=timezone.now())
        assert rolling_back.call_due() == (1, False)
        assert not rollback.settle(dead, "failed", "late")
        assert MitigationCall.objects.get().state == "accepted"
    # What is not carried out any more when its turn comes is not called.
    with serving(Server("/deploy", status=200)) as server:
        Webhook.objects.update(url=server.url)
        row = Mitigation.objects.get()
        mitigation.perform(row.pk, "no_effect", by=bob)
        second = rollback.roll_back(incident.pk, change, by=bob)
        mitigation.perform(second.pk, "undo", by=bob)
        rolling_back.call_due()
    assert not server.asked
    assert MitigationCall.objects.get(mitigation=second).state == "dropped"
    # Nobody answers, for longer than anybody waits.
    third = rollback.roll_back(incident.pk, change, by=bob)
    Webhook.objects.update(url="https://127.0.0.1:9/gone")
    MitigationCall.objects.filter(mitigation=third).update(asked_at=timezone.now() - rolling_back.GIVE_UP)
    rolling_back.call_due()
    assert MitigationCall.objects.get(mitigation=third).state == "failed"


def test_when_nothing_is_called(incident: Incident, change: Change, alice: User, bob: User, checkout: Service) -> None:
    """A drill, a webhook of another team, by hand, and only a proposal, which is then the one that is carried out."""
    other = Webhook.objects.create(team=factories.TeamFactory(), name="Theirs", url="https://deploy.example/")
    with pytest.raises(ValidationError, match="Choose a webhook of Payments"), transaction.atomic():
        team_actions.change_service(checkout, by=None, rollback_webhook=other)
    hook = hooked(checkout, "https://deploy.example/")
    Incident.objects.update(drill=True)
    assert rollback.hook_of(Change.objects.get(pk=change.pk), Incident.objects.get()) is None
    Incident.objects.update(drill=False)
    Webhook.objects.filter(pk=hook.pk).update(team=other.team)
    assert rollback.hook_of(Change.objects.get(pk=change.pk), Incident.objects.get()) is None
    browser = Browser(bob)
    browser.dialog(incident, "roll_back", incident.pk, change.pk, how="propose")
    proposed = Mitigation.objects.get()
    assert proposed.state == "proposed"
    # Who commands keeps their hands off it, unless they say why.
    refused = Browser(alice).dialog(incident, "roll_back", incident.pk, change.pk, how="hand", carried_by=alice.pk)
    assert refused.status_code == 409
    assert "anyway" in text(refused)
    browser.dialog(incident, "roll_back", incident.pk, change.pk, how="hand", carried_by=bob.pk)
    assert Mitigation.objects.get().state == "executing"
    assert not MitigationCall.objects.exists()
