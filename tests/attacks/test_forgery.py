"""Forged requests: another site makes a signed-in person's browser send something."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.test import Client
from django.urls import reverse
from rest_framework.test import APIClient

from config.api.auth import BearerToken, ConsoleSession
from teams.models import User
from tests.api.test_hostile import WRITES, send
from tests.attacks.conftest import patterns, undone

# Every view that takes a POST without the token, and why nothing can be forged there.
EXEMPT = {
    "incidents:receive": "the key in the address is the permission; no cookie is read",
    "incidents:tracker_hook": "the key in the address is the permission; no cookie is read",
    "incidents:receive_bare": "the key in the address is the permission; no cookie is read",
    "incidents:receive_at": "the key in the address is the permission; no cookie is read",
    "incidents:pagerduty": "the key in the body is the permission; no cookie is read",
    "incidents:change_events": "the key in the body is the permission; no cookie is read",
    "incidents:opsgenie_alerts": "the key in the header is the permission; no cookie is read",
    "incidents:opsgenie_alert": "the key in the header is the permission; no cookie is read",
    "incidents:opsgenie_heartbeat": "the key in the header is the permission; no cookie is read",
    "comms:subscribe": "it does nothing in anybody's name; whoever is asked for confirms by mail",
    "comms:subscribe_in": "as comms:subscribe",
    "comms:subscription": "the link is the permission; no cookie is read",
    "comms:unsubscribe": "a mail program's one click (RFC 8058) has no token; the link is the permission",
    "incidents:page_acknowledge": "the link is the permission; no cookie is read",
    "comms:digest_acknowledge": "the link is the permission; no cookie is read",
    "comms:drill_confirm": "the link is the permission; no cookie is read",
    "comms:mail_provider": "the secret of the settings is the permission; no cookie is read",
    "comms:twilio_sms": "Twilio's signature is the permission; no cookie is read",
    "comms:twilio_voice": "Twilio's signature is the permission; no cookie is read",
    "comms:twilio_status": "Twilio's signature is the permission; no cookie is read",
    "comms:push_renew": "the secret of the former subscription is the permission; no cookie is read",
    "sso_backchannel": "the provider's signed logout token is the permission; no cookie is read",
}
SCIM = "the bearer token is the permission; no cookie is read"
PAGES = [(name, route) for name, route, view in patterns() if name and not name.startswith("api:")]


def test_every_view_without_the_token_is_on_the_list_with_its_reason() -> None:
    """Proves that no view outside the list is exempt: the API's views ask for the token when a session asks."""
    found = set()
    for name, route, view in patterns():
        api = getattr(view, "cls", None)
        if api is not None:
            assert set(api.authentication_classes) <= {BearerToken, ConsoleSession}, route
        elif getattr(view, "csrf_exempt", False):
            found.add(name)
    assert {name for name in found if not name.startswith("scim:")} == set(EXEMPT)


# Nothing is changed there, and nobody's cookie is read: `config.door`.
ASKED_BY_TOOLS = {
    "incidents:event_state": "GET only",
    "incidents:opsgenie_request": "GET only",
}


def test_a_forged_post_does_nothing(owner: User) -> None:
    """Proves that a POST without the token is refused at every page, whoever's browser sends it."""
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    tried, answered = 0, {}
    for name, route in PAGES:
        if name not in EXEMPT | ASKED_BY_TOOLS and not name.startswith("scim:"):
            with undone():
                answer = client.post(_path(name, route), {"do": "it"}, headers={"origin": "https://evil.example"})
            tried += 1
            if answer.status_code != 403:
                answered[name] = answer.status_code
    assert tried > 150
    assert answered == {}


def _path(name: str, route: str) -> str:
    values: dict[str, Any] = {}
    for part in route.replace("(?P<", "<").split("<")[1:]:
        kind, _, key = part.partition(">")[0].rpartition(":")
        values[key] = {"int": 1, "uuid": UUID(int=1), "language": "de"}.get(
            kind, "teams" if key == "app_label" else "1"
        )
    return reverse(name, kwargs=values)


def test_a_forged_call_of_the_api_does_nothing(alice: User) -> None:
    """Proves that a session alone changes nothing through the API: the token of the console has to come with it."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(alice)
    answered = {}
    for path, method in WRITES:
        words = dict.fromkeys(("slug", "uid", "key"), "x") | {"role": "scribe", "verb": "drop"}
        numbers = dict.fromkeys(("incident_id", "id", "schedule_id", "item", "number", "position"), 1)
        url = path.format(**words, **numbers)
        with undone():
            answer = send(client, method, url, {})
        if (answer.status_code, answer.json()["code"]) != (403, "csrf_failed"):
            answered[method, path] = answer.status_code
    assert answered == {}
