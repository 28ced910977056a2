"""Metrics are read where people say: never inside our network, but for the hosts that whoever runs Watchbill named."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from incidents.actions.witness import probing
from incidents.models import Witness
from incidents.problems import Blocked
from incidents.witness import reading
from teams import outward
from tests.attacks.test_reaching_inside import INSIDE
from tests.standins.server import Server, redirect, serving

FIGURE = json.dumps(1).encode()


def asked(url: str) -> str:
    """Why a metric at `url` can't be read; empty where it was."""
    address = reading.Address("json", url, "", {"Authorization": "Bearer s3cret"})
    try:
        reading.read(address)
    except reading.Failed as failed:
        return str(failed)
    return ""


@pytest.fixture
def inside() -> Iterator[Server]:
    with serving(Server("/figure", answer=lambda handler: handler.reply(200, FIGURE))) as server:
        yield server


@pytest.mark.parametrize("what", INSIDE)
def test_nothing_inside_is_asked(inside: Server, what: str) -> None:
    for scheme in ("https", "http"):
        assert asked(f"{scheme}://{INSIDE[what]}:{inside.server_port}/")
    assert inside.asked == []


@pytest.mark.parametrize("what", INSIDE)
def test_nor_by_a_name_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch, settings: Any, inside: Server, what: str
) -> None:
    """A name on the list leads to a private network and nowhere else, whatever its owner lets it point to."""
    settings.WATCHBILL_METRIC_HOSTS = frozenset({f"prometheus.lan:{inside.server_port}"})
    to = outward.Destination("http", "prometheus.lan", inside.server_port, "/")
    written = INSIDE[what].strip("[]")
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in written else socket.AF_INET, written)
    except OSError:
        return
    private = what.startswith("private") or what == "unique local"
    if private:
        assert outward.pin(to, listed=True, lookup=lambda _h, _p: [written]).address == written
    else:
        with pytest.raises(outward.Unsafe):
            outward.pin(to, listed=True, lookup=lambda _h, _p: [written])


def test_what_is_listed_is_asked_at_its_port_alone(settings: Any, inside: Server) -> None:
    port = inside.server_port
    settings.WATCHBILL_METRIC_HOSTS = frozenset({f"127.0.0.1:{port}"})
    assert asked(inside.url) == ""
    for other in (f"http://127.0.0.1:{port + 1}/", f"http://localhost:{port}/", f"http://127.1:{port}/figure"):
        assert asked(other)
    settings.WATCHBILL_METRIC_HOSTS = frozenset({"127.0.0.1"})
    assert asked(inside.url)
    settings.WATCHBILL_METRIC_HOSTS = frozenset({f"localhost:{port}"})
    assert asked(f"http://localhost:{port}/figure") == ""
    assert len(inside.asked) == 2


def test_addresses_of_the_link_only_by_themselves() -> None:
    metadata = "169.254.169.254"
    to = outward.Destination("http", metadata, 80, "/")
    with pytest.raises(outward.Unsafe):
        outward.pin(to)
    assert outward.pin(to, listed=True, lookup=lambda _h, _p: [metadata]).address == metadata
    named = outward.Destination("http", "prometheus.lan", 80, "/")
    with pytest.raises(outward.Unsafe):
        outward.pin(named, listed=True, lookup=lambda _h, _p: [metadata])


def test_a_redirect_is_not_followed_and_takes_no_token_along(settings: Any, inside: Server) -> None:
    with serving(Server("/figure", answer=redirect(inside.url, 307))) as first:
        settings.WATCHBILL_METRIC_HOSTS = frozenset(
            {f"127.0.0.1:{first.server_port}", f"127.0.0.1:{inside.server_port}"}
        )
        assert "redirect (307), which is not followed" in asked(first.url)
    assert inside.asked == []


def test_a_name_that_turns_inside_between_two_looks(
    monkeypatch: pytest.MonkeyPatch, settings: Any, inside: Server
) -> None:
    found = iter(["10.0.0.9", *["127.0.0.1"] * 9])
    dialled: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        return real(next(found) if host == "rebind.example" else host, port, *args, **kwargs)

    def dial(where: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        dialled.append(where[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    monkeypatch.setattr(socket, "create_connection", dial)
    settings.WATCHBILL_METRIC_HOSTS = frozenset({f"rebind.example:{inside.server_port}"})
    url = f"http://rebind.example:{inside.server_port}/"
    assert asked(url) == "It could not be reached: the connection was refused."
    assert "leads to 127.0.0.1" in asked(url)
    assert dialled == ["10.0.0.9"]


def test_an_endless_answer_is_cut_off(settings: Any) -> None:
    def endless(handler: Any) -> None:
        handler.reply(200)
        while True:
            handler.wfile.write(b" " * 65_536)

    with serving(Server("/figure", answer=endless)) as server:
        settings.WATCHBILL_METRIC_HOSTS = frozenset({f"127.0.0.1:{server.server_port}"})
        assert asked(server.url) == "More than 262 kB came back."


@pytest.mark.parametrize("secret", ["two\r\nlines: x", "é", "x" * 5000])
def test_what_is_not_fit_for_a_header_is_refused(secret: str) -> None:
    given = {"title": "x", "url": "https://93.184.215.14/", "query": "x", "threshold": 1.0, "sign_in": "bearer"}
    with pytest.raises(Blocked):
        probing.fill(Witness(), {**given, "secret": secret})
