"""Strangers give us addresses that we then connect to: none of them leads into our own network, neither when it is
entered nor at the moment when something is sent, whatever became of the name meanwhile."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client

from comms import endpoints
from comms.actions import calling, leading
from comms.models import Delivery, StatusPage, Subscriber
from comms.transports import callers
from comms.transports.base import Call, Destination, Refused, Unreachable
from incidents.problems import Blocked
from tests.standins.server import Server, redirect, serving

# What stands in the place of a host, and how it is spelled.
INSIDE = {
    "loopback": "127.0.0.1",
    "loopback by name": "localhost",
    "loopback, IPv6": "[::1]",
    "anything of this machine": "0.0.0.0",
    "where clouds answer with keys": "169.254.169.254",
    "link-local, IPv6": "[fe80::1]",
    "private, class A": "10.0.0.1",
    "private, class B": "172.16.0.1",
    "private, class C": "192.168.0.1",
    "carrier's own": "100.64.0.1",
    "unique local": "[fd00::1]",
    "IPv4 in IPv6": "[::ffff:127.0.0.1]",
    "IPv4 in IPv6, in hex": "[::ffff:7f00:1]",
    "NAT64": "[64:ff9b::7f00:1]",
    "6to4": "[2002:7f00:1::]",
    "multicast": "224.0.0.1",
    "octal": "0177.0.0.1",
    "decimal": "2130706433",
    "hex": "0x7f000001",
    "short": "127.1",
    "a dot at the end": "localhost.",
    "full width": "１２７.0.0.1",
}
OTHERWISE = {
    "not encrypted": "http://93.184.215.14/",
    "another scheme": "file:///etc/passwd",
    "a user before the host": "https://93.184.215.14@127.0.0.1/",
    "a host before the host": "https://example.org#@127.0.0.1/",
    "a backslash": "https://93.184.215.14\\@127.0.0.1/",
    "a line break": "https://93.184.215.14/\r\nHost: inside",
    "mail's port": "https://93.184.215.14:25/",
    "a shell's port": "https://93.184.215.14:22/",
    "no port": "https://93.184.215.14:0/",
    "no host": "https:///status",
}
SCHEMES = {"webhook": "https://{}:{}/", "mattermost": "mmosts://{}:{}/3ccdd113474722377935511fc85d3dd4"}
OTHER_CHATS = [
    ("ntfy", "ntfys://{}:{}/topic"),
    ("msteams", "workflows://{}:{}/workflow/signature"),
    ("other", "rockets://user:secret@{}:{}/#room"),
    ("other", "zulip://bot@{}/a1b2c3d4"),
]
NEVER_OFFERED = [
    ("other", "jsons://93.184.215.14/"),
    ("other", "opsgenie://3ccdd113474722377935511fc85d3dd4"),
    ("other", "pagerduty://key@integration"),
    ("mattermost", "mmost://93.184.215.14/3ccdd113474722377935511fc85d3dd4"),
    ("gotify", "gotifys://93.184.215.14/token"),
    ("signal", "signals://93.184.215.14/+49151/+49151"),
]
CALL = Call("key", "Title", "Text", url="https://watchbill.example/")


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """This machine, which must hear nothing."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.settimeout(0.1)
        yield inside
        with pytest.raises(TimeoutError):
            inside.accept()


@pytest.fixture
def sent(public_page: StatusPage) -> Callable[[str, str], Delivery]:
    """Sends a test to an address that was never looked at when it was entered."""

    def send(kind: str, address: str) -> Delivery:
        subscriber = Subscriber.objects.create(
            page=public_page,
            email="keeper@example.org",
            state="active",
            channel=endpoints.channel(kind),
            kind="" if kind == "webhook" else kind,
            endpoint=address,
            endpoint_shown="x",
        )
        made = Delivery.objects.create(
            key="test:1", kind="test", channel=subscriber.channel, address="x", subscriber=subscriber
        )
        assert calling.call_readers_due(budget=30) == (0, False)
        made.refresh_from_db()
        return made

    return send


def port_of(listener: socket.socket) -> int:
    return int(listener.getsockname()[1])


@pytest.mark.parametrize("kind", SCHEMES)
@pytest.mark.parametrize("what", INSIDE)
def test_a_host_inside_is_refused_when_it_is_entered(
    client: Client, public_page: StatusPage, listener: socket.socket, kind: str, what: str
) -> None:
    address = SCHEMES[kind].format(INSIDE[what], port_of(listener))
    answer = client.post(
        f"/status/{public_page.slug}/subscribe/", {"email": "x@example.org", "way": kind, "endpoint": address}
    )
    assert answer.status_code == 422
    assert "Updates can&#x27;t be sent there." in answer.text
    # What a name leads to in our network, or that it leads nowhere, is told to nobody.
    assert "not on the public internet" not in answer.text
    assert not Subscriber.objects.exists()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("kind", SCHEMES)
@pytest.mark.parametrize("what", INSIDE)
def test_and_at_the_socket_when_something_is_sent(listener: socket.socket, kind: str, what: str) -> None:
    address = SCHEMES[kind].format(INSIDE[what], port_of(listener))
    channel = endpoints.channel(kind)
    to = Destination(kind, address, ("secret",), stranger=True)
    with pytest.raises((Refused, Unreachable)):
        callers.CALLERS[channel](to, CALL, deadline=time.monotonic() + 10)


@pytest.mark.parametrize("what", OTHERWISE)
def test_other_addresses_that_are_none(what: str) -> None:
    assert not endpoints.is_usable("webhook", OTHERWISE[what])
    if "port" not in what:
        to = Destination("webhook", OTHERWISE[what], ("secret",), stranger=True)
        with pytest.raises((Refused, Unreachable)):
            callers.CALLERS["webhook"](to, CALL, deadline=time.monotonic() + 10)


@pytest.mark.parametrize(("kind", "address"), OTHER_CHATS)
def test_every_chat_with_a_host_of_its_own(kind: str, address: str, listener: socket.socket) -> None:
    assert not endpoints.is_usable(kind, address.format("127.0.0.1", port_of(listener)))
    assert not endpoints.is_usable(kind, address.format("10.0.0.1", 443))


@pytest.mark.parametrize(("kind", "address"), NEVER_OFFERED)
def test_services_that_strangers_are_not_offered(kind: str, address: str) -> None:
    assert not endpoints.is_usable(kind, address)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("webhook", "https://93.184.215.14/status?key=1"),
        ("webhook", "https://93.184.215.14:8443/"),
        ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
        ("other", "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js"),
        ("mattermost", "mmosts://93.184.215.14/3ccdd113474722377935511fc85d3dd4"),
        ("telegram", "tgram://123456789:abcdefg_hijklmnop/12315544/"),
    ],
)
def test_what_readers_need_is_taken(kind: str, address: str) -> None:
    assert endpoints.is_usable(kind, address)


def test_hosts_that_an_owner_allows_are_allowed_to_no_stranger(settings: Any) -> None:
    settings.WATCHBILL_CHAT_HOSTS = frozenset({"10.1.2.3"})
    assert not endpoints.is_usable("mattermost", "mmosts://10.1.2.3/3ccdd113474722377935511fc85d3dd4")


def test_a_row_that_leads_inside_all_the_same_is_not_called(
    listener: socket.socket, sent: Callable[[str, str], Delivery]
) -> None:
    made = sent("webhook", f"https://127.0.0.1:{port_of(listener)}/")
    assert made.state == "queued"
    assert "not on the public internet" in made.reply
    assert Subscriber.objects.get().failing_since is not None


def test_a_redirect_inside_is_not_followed(settings: Any, sent: Callable[[str, str], Delivery]) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True
    with serving(Server("/hook")) as server:
        server.answer = redirect(f"{server.url}/inside", 307)
        made = sent("webhook", server.url)
        assert (made.state, made.reply) == ("failed", "307 a redirect, which is not followed")
        assert [asked.path for asked in server.asked] == ["/hook"]


def test_a_name_that_leads_outside_first_and_inside_next(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket, sent: Callable[[str, str], Delivery]
) -> None:
    found = iter(["93.184.215.14", *["127.0.0.1"] * 9])
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        return real(next(found) if host == "rebind.example" else host, port, *args, **kwargs)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    address = f"https://rebind.example:{port_of(listener)}/"
    assert endpoints.is_usable("webhook", address)
    made = sent("webhook", address)
    assert made.reply == "rebind.example leads to 127.0.0.1, which is not on the public internet."


def test_what_was_looked_at_is_what_is_dialled(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket, sent: Callable[[str, str], Delivery]
) -> None:
    found = iter(["93.184.215.14", *["127.0.0.1"] * 9])
    real, dialled = socket.getaddrinfo, []

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        return real(next(found) if host == "rebind.example" else host, port, *args, **kwargs)

    def dial(where: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        dialled.append(where[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", dial)
    sent("webhook", f"https://rebind.example:{port_of(listener)}/")
    assert dialled == ["93.184.215.14"]


def test_the_manage_page_looks_as_closely(client: Client, public_page: StatusPage) -> None:
    made = Subscriber.objects.create(
        page=public_page, email="k@example.org", state="active", channel="webhook", endpoint="https://93.184.215.14/"
    )
    with pytest.raises(Blocked):
        leading.lead_elsewhere(made.pk, "webhook", "https://127.0.0.1/")
