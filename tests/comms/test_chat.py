"""Addresses of chat services: what of them is taken, and what the process that speaks to them can't do."""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from comms.transports import chat
from comms.transports.base import Call, Destination, Refused, Unreachable
from teams import chats
from tests.comms import fenced
from tests.standins.server import Handler, Server, redirect, serving

CALL = Call("key", "INC-7 Checkout fails", "Detected 03:00 UTC.", url="https://watchbill.example/pages/x/")
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"


def drip(handler: Handler) -> None:
    handler.reply(200)
    for _ in range(200):
        handler.wfile.write(b".")
        handler.wfile.flush()
        time.sleep(0.1)


@pytest.fixture
def service(settings: Any) -> Iterator[Server]:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True
    with serving(Server("/hook")) as made:
        yield made


def address_of(service: Server, scheme: str = "json") -> str:
    return service.url.replace("http", scheme)


def send(address: str, kind: str = "other", seconds: float = 15.0) -> str:
    return chat.send(Destination(kind, address), CALL, deadline=time.monotonic() + seconds).reply


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        *(("other", f"{scheme}://localhost/x") for scheme in ("file", "dbus", "windows", "macosx", "syslog", "gnome")),
        *(
            ("other", f"{scheme}://localhost/x")
            for scheme in ("glib", "qt", "kde", "exec", "mailto", "mqtt", "apprise")
        ),
        ("other", "jsonx://example.org/"),
        ("slack", f"{SLACK}?template=/etc/passwd"),
        ("slack", f"{SLACK}?TEMPLATE=file:///etc/passwd"),
        ("slack", f"{SLACK}?%74emplate=file:///etc/passwd"),
        ("telegram", "tgram://123456789:abcdefg_hijklmnop/12315544/?template=file:///etc/passwd"),
        ("msteams", "workflows://example.org/a/b?template=/etc/passwd"),
        ("ntfy", "ntfys://ntfy.example.org/topic?attach=file:///etc/passwd"),
        ("other", "jsons://93.184.215.14/?redirect=yes"),
        ("other", "jsons://93.184.215.14/?rto=9999"),
        ("other", "jsons://93.184.215.14/?retry=9&wait=60"),
        ("other", "jsons://93.184.215.14/?verify=no"),
        ("other", "jsons://93.184.215.14/?store=yes"),
        ("msteams", "workflows://169.254.169.254/workflow/signature"),
        ("other", "jsons://10.0.0.1/"),
        ("other", "jsons://[::ffff:10.0.0.1]/"),
        ("other", "json://user:secret@127.0.0.1/"),
        ("mattermost", "mmosts://192.168.0.9/3ccdd113474722377935511fc85d3dd4"),
        ("other", "zulip://bot@10.0.0.1/a1b2c3d4"),
        ("slack", "https://hooks.slack.com.evil.example/services/a/b/c"),
        ("msteams", "https://logic.azure.com.evil.example/workflows/x"),
        ("other", "json://good.example\\@10.0.0.1/"),
        ("other", "json://[::1"),
        ("other", "jsons://example.org/ x"),
    ],
)
def test_what_could_reach_this_machine_or_its_network_is_refused_on_entry_and_on_sending(
    kind: str, address: str, settings: Any
) -> None:
    assert chats.problem(address, kind)
    with pytest.raises(Refused):
        send(address, kind)


@pytest.mark.parametrize(
    ("kind", "address"),
    [
        ("slack", f"{SLACK}/#ops?image=no&footer=no"),
        ("slack", "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"),
        (
            "msteams",
            "https://prod-04.westus.logic.azure.com:443/workflows/643e/triggers/manual/paths/invoke"
            "?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=KODuebWbDGYFr0z0eu",
        ),
        ("telegram", "tgram://123456789:abcdefg_hijklmnop/12315544/"),
        ("ntfy", "ntfys://93.184.215.14/topic?priority=max&tags=warning"),
        ("pushover", "pover://user@token?priority=high&sound=siren"),
        ("other", "jsons://93.184.215.14/?+X-Token=a&-of=b&:team=pay"),
        ("other", "zulip://bot@org/a1b2c3d4"),
        ("other", "discord://4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js?thread=1"),
    ],
)
def test_what_people_need_is_taken(kind: str, address: str) -> None:
    assert chats.problem(address, kind) == ""


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("pover://userkey@apptoken", "pover://…"),
        ("opsgenie://apikey", "opsgenie://…"),
        ("pbul://accesstoken", "pbul://…"),
        ("tgram://123456789:abc/1", "tgram://…"),
        ("ntfys://user:secret@ntfy.example.org/topic", "ntfys://ntfy.example.org/…"),
        ("https://hooks.slack.com/services/a/b/c", "https://hooks.slack.com/…"),
    ],
)
def test_a_key_in_the_place_of_a_host_is_not_shown(address: str, shown: str) -> None:
    assert chats.shown(address) == shown


def test_every_scheme_is_one_that_the_library_speaks() -> None:
    from apprise.plugins import N_MGR

    known = {scheme for schemes, _ in chats.SERVICES.values() for scheme in schemes} - {"https"}
    assert [scheme for scheme in known if scheme not in N_MGR] == []
    assert known >= chats.HOSTED


def test_a_private_host_has_to_be_named_by_the_owner(settings: Any) -> None:
    address = "gotify://10.1.2.3/AbCdEfGhIjKlMnO"
    assert "WATCHBILL_CHAT_HOSTS" in chats.problem(address, "gotify")
    settings.WATCHBILL_CHAT_HOSTS = frozenset({"10.1.2.3"})
    assert chats.problem(address, "gotify") == ""
    assert chats.private(address)
    settings.WATCHBILL_CHAT_HOSTS = frozenset({"169.254.169.254", "127.0.0.1"})
    assert chats.problem("gotify://169.254.169.254/AbCdEfGhIjKlMnO", "gotify")
    assert chats.problem("gotify://127.0.0.1/AbCdEfGhIjKlMnO", "gotify")


def test_a_message_arrives(service: Server) -> None:
    assert send(address_of(service)) == "taken"
    (asked,) = service.asked
    assert (asked.path, asked.fields["title"]) == ("/hook", CALL.title)
    assert asked.fields["message"].endswith(CALL.url)


def test_a_message_arrives_by_https_where_the_certificate_is_trusted(
    service: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The fence leaves the certificates to be read, and the library checks them."""
    chain = certified(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    service.socket = context.wrap_socket(service.socket, server_side=True)
    address = address_of(service, "jsons")
    with pytest.raises(Unreachable):
        send(address)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(chain))
    assert send(address) == "taken"


def certified(folder: Path) -> Path:
    """A key and a certificate of 127.0.0.1 that signs itself, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(1))
    alternative = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = made.add_extension(alternative, critical=False).sign(key, hashes.SHA256())
    path = folder / "chain.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


def test_a_redirect_is_not_followed(service: Server) -> None:
    service.answer = redirect(f"{service.url}/inside", 307)
    with pytest.raises(Unreachable):
        send(address_of(service))
    assert [asked.path for asked in service.asked] == ["/hook"]


def test_a_service_that_drips_is_left_when_the_time_is_over(service: Server) -> None:
    service.answer = drip
    began = time.monotonic()
    with pytest.raises(Unreachable, match="in time"):
        send(address_of(service), seconds=3)
    assert time.monotonic() - began < 6


def test_an_address_that_the_library_cannot_read_fails_for_good() -> None:
    with pytest.raises(Refused, match="Enter it again"):
        send("slack://nobody/#", "slack")


def test_a_name_that_changes_its_address_leads_nowhere(settings: Any) -> None:
    """The name was good when it was looked at; the process looks again at where it connects to."""
    with socket.create_server(("127.0.0.1", 0)) as inside:
        inside.settimeout(0.2)
        address = f"json://127.0.0.1:{inside.getsockname()[1]}/"
        asked = {"address": address, "title": "t", "body": "b", "urgent": True, "private": True, "loopback": False}
        said = chat._spoken(asked, 15)
        assert said["taken"] is False
        with pytest.raises(TimeoutError):
            inside.accept()


@pytest.mark.parametrize("what", fenced.TRIED)
def test_the_process_can_do_nothing_else(what: str, tmp_path: Path) -> None:
    assert fenced.run(what, tmp_path) == "refused"


@pytest.mark.parametrize("what", fenced.FINE)
def test_the_fence_lets_through_what_messages_need(what: str, tmp_path: Path) -> None:
    assert fenced.run(what, tmp_path) == "done"
