"""The audit log on its way out: to real receivers, dead ones, and across a sender's death."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.test import Client
from django.utils import timezone

from comms.actions import streaming
from comms.transports import webhook
from comms.transports.base import Refused, Unreachable
from config.fleet import free_port
from teams.audit import events, streams
from teams.models import AuditEvent, AuditLine, AuditStream, User
from tests import factories
from tests.standins.server import Answer, Handler, Server, redirect, serving

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _loopback(settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True


@pytest.fixture
def owner(db: None) -> User:
    return factories.UserFactory(username="olga", role=User.Role.OWNER)


def receiver(answer: Answer | None = None, port: int = 0) -> AbstractContextManager[Server]:
    return serving(Server("/in", answer, status=204, port=port))


@contextmanager
def tcp() -> Iterator[tuple[str, list[bytes]]]:
    """A syslog server over TCP: its address, and the whole of what each connection sent."""
    got: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    whole = b""
                    while chunk := connection.recv(65536):
                        whole += chunk
                    got.append(whole)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield f"tcp://127.0.0.1:{server.getsockname()[1]}", got
        finally:
            # Closing alone doesn't wake who waits in accept.
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


def stream(url: str, **fields: Any) -> AuditStream:
    kind = "webhook" if url.startswith("http") else "syslog"
    made = AuditStream.objects.create(name="SIEM", kind=kind, url=url, **fields)
    AuditLine.objects.all().delete()
    return made


def due_now() -> None:
    """As if the pause were over."""
    AuditStream.objects.update(retry_at=None)
    AuditLine.objects.filter(sent_at=None).update(due_at=timezone.now())


def test_a_webhook_gets_every_event_signed(owner: User) -> None:
    with receiver() as server:
        stream(server.url, secret="a-secret-of-the-hook", former_secret="the-one-before-it")
        events.note("sign_in.done", "Olga signed in", user=owner)
        factories.TeamFactory(name="Payments")
        assert streaming.stream_due() == 2
    (asked,) = server.asked
    headers, body = asked.headers, asked.body
    rows = [json.loads(line) for line in body.splitlines()]
    assert [r["text"] for r in rows] == ["Olga signed in", "Somebody in the database itself added team Payments"]
    assert rows[0]["id"] == AuditEvent.objects.get(done="sign_in.done").pk
    said = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for secret, told in zip(
        ("a-secret-of-the-hook", "the-one-before-it"), headers["webhook-signature"].split(), strict=True
    ):
        wanted = base64.b64encode(hmac.new(secret.encode(), said, hashlib.sha256).digest()).decode()
        assert told == f"v1,{wanted}"
    assert not AuditLine.objects.filter(sent_at=None).exists()


def test_a_rolled_back_change_is_not_sent(owner: User) -> None:
    with receiver() as server:
        stream(server.url)

        def undone() -> None:
            with transaction.atomic():
                factories.TeamFactory(name="Payments")
                raise ZeroDivisionError

        with pytest.raises(ZeroDivisionError):
            undone()
        assert streaming.stream_due() == 0
    assert not server.asked


def test_a_stream_that_is_off_gets_nothing(owner: User) -> None:
    with receiver() as server:
        made = stream(server.url, active=False)
        events.note("sign_in.done", "Olga signed in", user=owner)
        assert streaming.stream_due() == 0
        assert not AuditLine.objects.exists()
        made.active = True
        made.save()
        events.note("sign_in.done", "Olga signed in again", user=owner)
        streaming.stream_due()
    assert b"signed in again" in server.asked[0].body


def test_a_dead_receiver_loses_nothing(owner: User) -> None:
    port = free_port()
    made = stream(f"http://127.0.0.1:{port}/in")
    events.note("sign_in.done", "While it was dead", user=owner)
    assert streaming.stream_due() == 0
    made.refresh_from_db()
    assert made.failures == 1
    assert "refused" in made.last_error.lower()
    # It is left alone for a while, then tried again.
    assert streaming.stream_due() == 0
    made.refresh_from_db()
    assert made.failures == 1
    due_now()
    with receiver(port=port) as server:
        assert streaming.stream_due() == 1
    assert b"While it was dead" in server.asked[0].body
    made.refresh_from_db()
    assert (made.failures, made.last_error) == (0, "")


def test_a_killed_sender_loses_nothing(owner: User) -> None:
    with receiver() as server:
        made = stream(server.url)
        events.note("sign_in.done", "Olga signed in", user=owner)
        # It took the line and died.
        (line,) = streaming.claim(made, timezone.now())
        assert streaming.stream_due() == 0
        AuditLine.objects.filter(pk=line.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
        assert streaming.stream_due() == 1
        assert AuditLine.objects.get().attempts == 2
        # The dead one comes back to life and has nothing to say.
        streaming._failed(made, [line], "late")
        assert AuditLine.objects.get().sent_at is not None
    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 400, 500])
def test_a_redirect_or_a_refusal_is_not_followed_and_tried_again(owner: User, status: int) -> None:
    with receiver(redirect("http://127.0.0.1:1/", status)) as server:
        made = stream(server.url)
        events.note("sign_in.done", "Olga signed in", user=owner)
        assert streaming.stream_due() == 0
    assert len(server.asked) == 1
    made.refresh_from_db()
    assert str(status) in made.last_error
    assert AuditLine.objects.filter(sent_at=None).count() == 1


def test_a_huge_or_slow_answer_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    def huge(handler: Handler) -> None:
        handler.reply(200)
        for _ in range(1000):
            handler.wfile.write(b"x" * 10_000)

    with receiver(huge) as server:
        assert webhook.post(server.url, b"{}", ident="1", secrets=["s"], headers={}) == 200

    silent = threading.Event()
    monkeypatch.setattr(webhook, "SECONDS", 0.3)
    with receiver(lambda _: silent.wait(5) and None) as server:
        with pytest.raises(Unreachable):
            webhook.post(server.url, b"{}", ident="1", secrets=["s"], headers={})
        silent.set()


def test_a_webhook_never_goes_inside(settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = False
    with receiver() as server:
        url = server.url
        for inside in (url, url.replace("http", "https"), "https://localhost/", "https://[::ffff:127.0.0.1]/"):
            with pytest.raises((Unreachable, Refused)):
                webhook.post(inside, b"{}", ident="1", secrets=["s"], headers={})
    assert not server.asked


FRAME = re.compile(rb"<109>1 (\S+Z) (\S+) watchbill - (\S+) - (\{.*\})", re.DOTALL)


def test_syslog_over_tcp_counts_octets(owner: User) -> None:
    with tcp() as (url, got):
        stream(url)
        events.note("sign_in.done", "Olga signed in – früh", user=owner)
        factories.TeamFactory(name="Payments")
        assert streaming.stream_due() == 2
    (whole,) = got
    frames = []
    while whole:
        length, _, rest = whole.partition(b" ")
        frames.append(rest[: int(length)])
        whole = rest[int(length) :]
    rows = [json.loads(FRAME.fullmatch(frame)[4]) for frame in frames]  # type: ignore[index]
    assert rows[0]["text"] == "Olga signed in – früh"
    assert {r["id"] for r in rows} == set(AuditLine.objects.values_list("event", flat=True))


def test_syslog_over_udp(owner: User) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        stream(f"udp://127.0.0.1:{server.getsockname()[1]}")
        events.note("sign_in.done", "Olga signed in", user=owner)
        events.note("large", "Long", user=owner, blob="x" * 20_000)
        assert streaming.stream_due() == 2
        small, large = server.recv(65536), server.recv(65536)
    found = FRAME.fullmatch(small)
    assert found
    assert json.loads(found[4])["text"] == "Olga signed in"
    assert len(large) < 8192
    assert json.loads(FRAME.fullmatch(large)[4])["cut"] is True  # type: ignore[index]


def test_a_dead_syslog_server_loses_nothing(owner: User) -> None:
    made = stream(f"tcp://127.0.0.1:{free_port()}")
    events.note("sign_in.done", "While it was dead", user=owner)
    assert streaming.stream_due() == 0
    with tcp() as (url, got):
        AuditStream.objects.filter(pk=made.pk).update(url=url)
        due_now()
        # The stream's own change of address is an event, too.
        assert streaming.stream_due() >= 1
    assert b"While it was dead" in got[0]


def test_after_many_failures_people_are_told(owner: User) -> None:
    stream(f"tcp://127.0.0.1:{free_port()}")
    events.note("sign_in.done", "Olga signed in", user=owner)
    for _ in range(streaming.TELL_AFTER + 3):
        streaming.stream_due()
        due_now()
    assert AuditEvent.objects.filter(done="audit.stream_failing").count() == 1


def test_only_owners_keep_streams(client: Client, owner: User) -> None:
    admin = factories.UserFactory(role=User.Role.ADMIN)
    client.force_login(admin)
    assert client.get("/admin/teams/auditstream/").status_code == 403
    client.force_login(owner)
    given = {"name": "SIEM", "kind": "webhook", "url": "https://10.0.0.1/in", "new_secret": "", "active": "on"}
    answer = client.post("/admin/teams/auditstream/add/", given, follow=True)
    made = AuditStream.objects.get()
    assert made.secret.startswith("whsec_")
    assert made.secret in answer.content.decode()
    page = client.get(f"/admin/teams/auditstream/{made.pk}/change/").content.decode()
    assert made.secret not in page
    before = made.secret
    given["new_secret"] = "another secret of mine"
    client.post(f"/admin/teams/auditstream/{made.pk}/change/", given)
    made.refresh_from_db()
    assert (made.secret, made.former_secret) == ("another secret of mine", before)
    streams.drop_former_secret(made, by=owner)
    made.refresh_from_db()
    assert made.former_secret == ""
    refused = client.post("/admin/teams/auditstream/add/", {**given, "name": "B", "url": "http://siem.example.org/"})
    assert "Begin the address with https://" in refused.content.decode()


@pytest.mark.parametrize(
    ("kind", "url"), [("syslog", "https://x.org/"), ("syslog", "tls://x.org"), ("webhook", "tls://x.org:1")]
)
def test_an_address_fits_its_kind(kind: str, url: str) -> None:
    with pytest.raises(ValidationError) as refused:
        AuditStream(name="SIEM", kind=kind, url=url).clean()
    assert "url" in refused.value.message_dict
