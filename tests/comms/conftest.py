"""A status page with readers, and a mail server and a provider that do what they are told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.cache import cache

from comms.actions import publishing
from comms.models import Component, ComponentGroup, Delivery, StatusPage, StatusUpdate, Subscriber
from comms.relays import Relay
from incidents.phases import Phase
from teams.models import Service, Team, User
from tests import factories
from tests.standins.mail import Postbox, posting
from tests.standins.provider import Provider
from tests.standins.server import serving


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A real SMTP server on loopback, named in the settings."""
    with posting() as box:
        settings.WATCHBILL_RELAYS = [to_loopback(box.port)]
        yield box


def to_loopback(port: int, **more: Any) -> Relay:
    """A relay on this port, as the settings name it."""
    return Relay(f"127.0.0.1:{port}", "127.0.0.1", port, **more)


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """Twilio and a chat's webhook, on loopback and named in the settings."""
    with serving(Provider()) as server:
        settings.WATCHBILL_OUTBOUND_LOOPBACK = True
        settings.WATCHBILL_TWILIO = {"sid": "AC1", "token": server.token, "from": "+4930123", "url": server.url}
        yield server


@pytest.fixture(autouse=True)
def quiet_broker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens to nudges here: the sweeps are called by the tests. The broker counts as away."""
    from config.celery import nudge

    monkeypatch.setattr(nudge, "quiet_until", time.monotonic() + 3600)
    cache.clear()


@pytest.fixture
def status_page(db: None) -> StatusPage:
    return StatusPage.objects.create(name="Shop status", slug="shop", is_default=True, time_zone="Europe/Berlin")


@pytest.fixture
def components(status_page: StatusPage, checkout: Service) -> dict[str, Component]:
    """Checkout (of the service), then Search and Export in a group."""
    group = ComponentGroup.objects.create(page=status_page, name="Back office")
    make = Component.objects.create
    return {
        "checkout": make(page=status_page, name="Checkout", service=checkout, position=0),
        "search": make(page=status_page, name="Search", position=1, description="Finding things"),
        "export": make(page=status_page, name="Export", position=2, group=group),
    }


@pytest.fixture
def reader(status_page: StatusPage) -> Callable[..., Subscriber]:
    """Makes an active subscriber of everything, or of `components`."""

    def make(email: str, *components: Component, **fields: Any) -> Subscriber:
        fields = {"state": "active", "all_components": not components, "time_zone": "Europe/Berlin"} | fields
        subscriber = Subscriber.objects.create(page=status_page, email=email, **fields)
        subscriber.components.set(components)
        return subscriber

    return make


@pytest.fixture
def told(payments: Team, alice: User, status_page: StatusPage) -> Callable[..., StatusUpdate]:
    """Publishes an update about a fresh incident, of which nothing else is to be sent."""

    def publish(body: str = "Sorry.", **fields: Any) -> StatusUpdate:
        incident = factories.incident(payments, alice, phase=Phase.DECLARE)
        Delivery.objects.exclude(kind="update").delete()
        return publishing.publish_update(incident, by=alice, title="Trouble", body=body, **fields)

    return publish
