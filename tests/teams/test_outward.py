"""Where Watchbill connects to at somebody's wish, and where never."""

from __future__ import annotations

from typing import Any

import pytest

from teams import outward
from teams.outward import Unsafe, may_connect, parse, pin

INSIDE = [
    "127.0.0.1",
    "127.9.9.9",
    "::1",
    "0.0.0.0",
    "::",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "ff02::1",
    "2001:db8::1",
    # An address of ours in the clothes of another.
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "2002:7f00:1::",
    "2002:a00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::a00:1",
    "2001:0:4136:e378:8000:63bf:80ff:fffe",
    "not an address",
    "",
]
OUTSIDE = ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "::ffff:1.1.1.1", "2002:101:101::", "64:ff9b::101:101"]


@pytest.mark.parametrize("address", INSIDE)
def test_no_way_inside(address: str) -> None:
    assert not may_connect(address)
    with pytest.raises(Unsafe, match="not on the public internet"):
        pin(parse("https://hooks.example.org/", ["https"]), lookup=lambda *_: [address])


@pytest.mark.parametrize("address", OUTSIDE)
def test_the_outside_is_open(address: str) -> None:
    assert may_connect(address)
    assert pin(parse("https://hooks.example.org/", ["https"]), lookup=lambda *_: [address]).address == address


def test_one_address_inside_is_enough_to_refuse() -> None:
    with pytest.raises(Unsafe):
        pin(parse("https://hooks.example.org/", ["https"]), lookup=lambda *_: ["1.1.1.1", "10.0.0.1"])


def test_a_name_is_asked_for_once() -> None:
    asked: list[str] = []

    def lookup(host: str, port: int) -> list[str]:
        asked.append(f"{host}:{port}")
        return ["1.1.1.1"]

    assert pin(parse("https://hooks.example.org/", ["https"]), lookup=lookup).address == "1.1.1.1"
    assert asked == ["hooks.example.org:443"]


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]"])
def test_other_spellings_of_this_machine_are_refused(host: str) -> None:
    with pytest.raises((Unsafe, OSError)):
        pin(parse(f"https://{host}/", ["https"]))


def test_a_private_network_only_where_an_owner_runs_it() -> None:
    to = parse("tls://logs.example.org:6514", ["tls"])
    assert pin(to, private=True, lookup=lambda *_: ["10.0.0.5"]).address == "10.0.0.5"
    for never in ("127.0.0.1", "169.254.169.254", "fe80::1", "::ffff:169.254.169.254", "0.0.0.0", "224.0.0.1"):
        with pytest.raises(Unsafe):
            pin(to, private=True, lookup=lambda *_, never=never: [never])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://example.org/", "Begin the address with https://"),
        ("ftp://example.org/", "Begin the address with https://"),
        ("example.org", "Begin the address with https://"),
        ("https://", "Name a host"),
        ("https://user:pass@example.org/", "Leave user and password out"),
        ("https://@example.org/", "Leave user and password out"),
        ("https://example.org/#x", "what follows the #"),
        ("https://example.org:0/", "Name the port"),
        ("https://example.org:99999/", "brackets and its port"),
        ("https://[::1/", "brackets and its port"),
        ("https://exa mple.org/", "without spaces"),
        ("https://example.org/\r\nX-Evil: 1", "without spaces"),
        ("https://example.org\\@10.0.0.1/", "without spaces"),
        ("https://ex\u0430mple.org/", "without spaces"),
    ],
)
def test_what_is_no_address_says_what_to_do(url: str, why: str) -> None:
    with pytest.raises(Unsafe, match=why):
        parse(url, ["https"])


def test_an_address_is_taken_apart() -> None:
    to = parse("https://Hooks.example.org:8443/in?team=a", ["https"])
    assert (to.host, to.port, to.path, to.netloc) == (
        "hooks.example.org",
        8443,
        "/in?team=a",
        "hooks.example.org:8443",
    )
    assert parse("https://[2606:4700::1]/", ["https"]).netloc == "[2606:4700::1]"
    with pytest.raises(Unsafe, match=r"tls://logs\.example\.org:6514"):
        parse("tls://logs.example.org", ["tls"], port_needed=True)


def test_the_switch_opens_this_machine_and_nothing_else(settings: Any) -> None:
    settings.WATCHBILL_OUTBOUND_LOOPBACK = True
    assert may_connect("127.0.0.1")
    assert not may_connect("10.0.0.1")
    assert parse("http://127.0.0.1:9000/", ["https"]).scheme == "http"
    with pytest.raises(Unsafe):
        parse("http://example.org/", ["https"])
    with pytest.raises(Unsafe):
        parse("http://127.0.0.1.example.org/", ["https"])
    assert outward.loopback_allowed()
