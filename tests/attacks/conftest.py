"""What the attacks start from: a scene of the API, and rows whose every text is hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from html.parser import HTMLParser
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from pytest_django.fixtures import Settings

from comms.actions import publishing
from comms.models import Component, StatusPage
from incidents.actions import action_items, inbox, lifecycle, mitigation, notes
from incidents.models import Incident
from incidents.phases import Phase
from teams.models import Schedule, Service, Team, User
from tests import factories
from tests.api.conftest import api
from tests.api.test_hostile import scene

__all__ = ["api", "scene"]

HOSTILE = "\"'><img src=x onerror=pwn()></textarea></title><script>pwn()</script>{{7*7}}"
LINK = "javascript:pwn()//"


@pytest.fixture(autouse=True)
def _no_rate(settings: Settings) -> None:
    for name in ("API", "ANONYMOUS", "CONSOLE", "PUBLIC", "SUBSCRIBE", "LINK"):
        setattr(settings, f"WATCHBILL_{name}_RATE", "off")


@contextmanager
def undone() -> Iterator[None]:
    """Take back what was changed inside, so that one scene serves a walk through every address."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role="owner")


class Danger(HTMLParser):
    """What in a page would run: scripts that stand in it, handlers, links and forms that are scripts, frames."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and "src" not in given and given.get("type") not in ("application/json", "text/template"):
            self.found.append("script")
        if tag in ("object", "embed", "base", "style"):
            self.found.append(tag)
        for name, value in given.items():
            if name.startswith("on") or name == "style":
                self.found.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction") and (value or "").strip().lower().startswith(
                ("javascript:", "data:text", "vbscript:")
            ):
                self.found.append(f"{tag} {name}={value}")
        if tag == "img" and given.get("src") == "x":
            self.found.append("img")


def dangers(html: str) -> list[str]:
    return Danger(html).found


def patterns(resolver: Any = None, prefix: str = "", namespace: str = "") -> Iterator[tuple[str, str, Any]]:
    """Every address of the URL table: its name with its namespace, its route, and its view."""
    for each in (resolver or get_resolver()).url_patterns:
        route = prefix + str(each.pattern)
        if isinstance(each, URLResolver):
            inner = ":".join(filter(None, [namespace, each.namespace or ""]))
            yield from patterns(each, route, inner)
        elif isinstance(each, URLPattern):
            yield ":".join(filter(None, [namespace, each.name])) if each.name else "", route, each.callback


@pytest.fixture
def poisoned(alice: User, bob: User, payments: Team, client: Client) -> dict[str, Any]:
    """A story in which everybody and everything has a hostile name."""
    for user in (alice, bob):
        user.first_name, user.last_name = HOSTILE[:100], HOSTILE[:100]
        user.save()
    Team.objects.filter(pk=payments.pk).update(name=HOSTILE, description=HOSTILE)
    payments.refresh_from_db()
    service = Service.objects.create(name=HOSTILE[:80], slug="bad", team=payments, description=HOSTILE)
    Schedule.objects.filter(team=payments).update(name=HOSTILE[:80])
    for layer in Schedule.objects.get(team=payments).layers.all():
        layer.name = HOSTILE[:80]
        layer.save()
    page = StatusPage.objects.create(name=HOSTILE[:80], slug="bad", description=HOSTILE, is_default=True)
    part = Component.objects.create(page=page, name=HOSTILE[:80], description=HOSTILE, service=service)
    _, routing = factories.integration(payments, service=service, name="deploys")
    change = {"summary": HOSTILE, "source": HOSTILE, "timestamp": timezone.now().isoformat()}
    deploy = {"routing_key": routing, "payload": change, "links": [{"href": LINK, "text": HOSTILE}]}
    took = client.post("/v2/change/enqueue", json.dumps(deploy), content_type="application/json")
    assert took.status_code == 202, took.content
    incident = lifecycle.report(by=alice, title=HOSTILE, team=payments, services=[service], impact=HOSTILE)
    notes.note(incident.pk, HOSTILE, by=alice)
    made = mitigation.propose(incident.pk, by=alice, kind="restart", title=HOSTILE, carried_by=bob)
    item = action_items.add(incident.pk, by=alice, title=HOSTILE, end_state=HOSTILE)
    told = publishing.publish_update(
        incident,
        by=alice,
        title=HOSTILE,
        body="x",
        state="identified",
        component_states={part: "major_outage"},
    )
    # Braces that name no placeholder are not published: this is how it would be if they were.
    told.body = f"{HOSTILE}\n\n[x]({LINK}) <{LINK}> ![x](x)"
    told.save()
    _, key = factories.integration(payments, service=service, name=HOSTILE[:80])
    alert = {
        "status": "firing",
        "labels": {"alertname": HOSTILE, HOSTILE: HOSTILE, "severity": HOSTILE},
        "annotations": {"summary": HOSTILE, "description": HOSTILE, "runbook_url": LINK, "dashboard": LINK},
        "startsAt": timezone.now().isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": LINK,
        "fingerprint": "f00d",
    }
    body = {
        "version": "4",
        "groupKey": HOSTILE,
        "status": "firing",
        "receiver": HOSTILE,
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": LINK,
        "alerts": [alert],
    }
    taken = client.post(f"/integrations/v1/alertmanager/{key}/", json.dumps(body), content_type="application/json")
    assert taken.status_code == 202, taken.content
    inbox.take_due()
    return {
        "incident": incident,
        "alerted": Incident.objects.exclude(pk=incident.pk).latest("pk"),
        "page": page,
        "told": told,
        "item": item,
        "mitigation": made,
        "schedule": Schedule.objects.get(team=payments),
        "team": payments,
        "closed": factories.incident(payments, alice, phase=Phase.REVIEW, title=HOSTILE),
    }
