"""A status page with readers, and a mail server that does what it is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.core.cache import cache

from comms.actions import delivering
from comms.models import Component, ComponentGroup, StatusPage, Subscriber
from teams.models import Service


@dataclass
class Mail:
    sender: str
    recipient: str
    message: EmailMessage

    def part(self, subtype: str) -> str:
        body = self.message.get_body((subtype,))
        assert body is not None
        return str(body.get_content())


@dataclass
class Postbox:
    """What the server took, and what it is to answer: `reply` maps an address to a reply line of RCPT or DATA."""

    mails: list[Mail] = field(default_factory=list)
    rcpt: dict[str, str] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    drop: bool = False
    on_mail: Callable[[Mail], None] | None = None

    def to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mails if mail.recipient == address]

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.rcpt:
            return self.rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.drop:
            assert server.transport is not None
            server.transport.abort()
            return "421 gone"
        for address in envelope.rcpt_tos:
            if address in self.data:
                return self.data[address]
        assert isinstance(envelope.content, bytes)
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        mail = Mail(str(envelope.mail_from), envelope.rcpt_tos[0], parsed)
        self.mails.append(mail)
        if self.on_mail:
            self.on_mail(mail)
        return "250 2.0.0 queued"


class FreePort(Controller):
    """Listens on a port of the system's choice, and knows which."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def postbox(settings: Any) -> Iterator[Postbox]:
    """A real SMTP server on loopback, named in the settings."""
    box = Postbox()
    controller = FreePort(box, hostname="127.0.0.1", port=0, ready_timeout=10)
    controller.start()
    port = controller.port
    settings.WATCHBILL_SMTP = settings.WATCHBILL_SMTP | {"host": "127.0.0.1", "port": port, "user": "", "tls": "none"}
    yield box
    controller.stop(no_assert=True)


@pytest.fixture(autouse=True)
def fresh_pace(monkeypatch: pytest.MonkeyPatch) -> delivering.Pace:
    """No test inherits another's rest from the relay."""
    pace = delivering.Pace()
    monkeypatch.setattr(delivering, "PACE", pace)
    return pace


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
