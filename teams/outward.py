"""Where Watchbill may connect to at somebody's wish: addresses that people enter are taken apart, resolved once, and
connected to as they were resolved, so that none of them leads into our own network.

Whoever connects uses `Pinned.address`, never the name again.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

HTTP = ("https", "http")
DEFAULT_PORTS = {"https": 443, "http": 80, "tls": 6514, "tcp": 601, "udp": 514}
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Local translation, IPv4-compatible and site-local addresses: no way to the outside, and a way around the rest.
_NEVER = tuple(map(ipaddress.ip_network, ("64:ff9b:1::/48", "::/96", "fec0::/10", "192.88.99.0/24", "198.18.0.0/15")))
Ip = ipaddress.IPv4Address | ipaddress.IPv6Address
Lookup = Callable[[str, int], Iterable[str]]


class Unsafe(Exception):
    """The address is none that we connect to; the text says why and what to give instead."""


@dataclass(frozen=True, slots=True)
class Destination:
    """An address taken apart; `path` has its query with it."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def netloc(self) -> str:
        """The host as HTTP names it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS.get(self.scheme) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A destination with the one address that is connected to."""

    to: Destination
    address: str


def loopback_allowed() -> bool:
    return bool(settings.WATCHBILL_OUTBOUND_LOOPBACK)


def parse(url: str, schemes: Sequence[str], *, port_needed: bool = False) -> Destination:
    """`url` taken apart. Raises `Unsafe` for another scheme, a user or password in it, or no host.

    `http` goes where `https` does only on this machine itself, and only with the setting for development.
    """
    wanted = " or ".join(f"{s}://" for s in schemes)
    if not url.isprintable() or " " in url or "\\" in url or not url.isascii():
        raise Unsafe(f"Give an address without spaces and special characters, beginning with {wanted}.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise Unsafe("That is no address: look at its brackets and its port.") from None
    host = (parts.hostname or "").rstrip(".")
    plain = parts.scheme == "http" and "https" in schemes and loopback_allowed() and _names_loopback(host)
    if parts.scheme not in schemes and not plain:
        raise Unsafe(f"Begin the address with {wanted}.")
    if not host:
        raise Unsafe(f"Name a host after {parts.scheme}://.")
    if "@" in parts.netloc:
        raise Unsafe("Leave user and password out of the address.")
    if parts.fragment:
        raise Unsafe("Leave out what follows the #.")
    if port == 0 or (port_needed and port is None):
        raise Unsafe(f"Name the port, as {parts.scheme}://{host}:{DEFAULT_PORTS[parts.scheme]}.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Destination(parts.scheme, host, port or DEFAULT_PORTS[parts.scheme], path)


def is_listed(to: Destination, hosts: Collection[str]) -> bool:
    """Whether whoever runs Watchbill named `to` in a list of `host:port`; a `host` alone stands for its usual ports."""
    host = f"[{to.host}]" if ":" in to.host else to.host
    return f"{host}:{to.port}" in hosts or (to.port in (80, 443) and host in hosts)


def destination(url: str, hosts: Collection[str]) -> Destination:
    """An address of https taken apart, or of http on one of `hosts`, which whoever runs Watchbill has named. Raises
    `Unsafe`."""
    to = parse(url, HTTP)
    if to.scheme == "http" and not is_listed(to, hosts):
        # Over plain http nobody outside is asked: a token would be read on the way.
        parse(url, ("https",))
    return to


def reach(url: str, hosts: Collection[str]) -> Pinned:
    """`destination` resolved, once; those of `hosts` may be inside. Raises `Unsafe`, OSError where none is found."""
    to = destination(url, hosts)
    return pin(to, listed=is_listed(to, hosts))


def origin(url: str) -> str:
    """Scheme, host and port: to where what is secret is sent. Empty for what is no address of http."""
    try:
        to = parse(url, HTTP)
    except Unsafe:
        return ""
    return f"{to.scheme}://{to.host}:{to.port}"


def pin(to: Destination, *, private: bool = False, listed: bool = False, lookup: Lookup | None = None) -> Pinned:
    """Resolve once. Raises `Unsafe` unless every address found may be connected to, OSError where none is found.

    `private` lets the addresses of a private network pass, for what an owner runs there; never this machine, and
    never the link (which is where clouds answer with keys). `listed` (see `is_listed`) lets these pass as well, where
    the host is named by that very address, or as localhost.
    """
    addresses = list(dict.fromkeys((lookup or _lookup)(to.host, to.port)))
    if not addresses:
        raise OSError(f"{to.host} has no address")
    for address in addresses:
        if not may_connect(address, private=private or listed) and not (listed and _is_itself(to.host, address)):
            raise Unsafe(f"{to.host} leads to {address}, which is not on the public internet.")
    return Pinned(to, addresses[0])


def may_connect(address: str, *, private: bool = False) -> bool:
    """Whether `address` is where one may connect to."""
    try:
        ip = unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    if ip.is_loopback:
        return loopback_allowed()
    if any(ip.version == net.version and ip in net for net in _NEVER):
        return False
    if ip.is_multicast or ip.is_unspecified or ip.is_reserved or ip.is_link_local:
        return False
    return ip.is_global or (private and ip.is_private)


def unwrapped(ip: Ip) -> Ip:
    """The IPv4 address inside an IPv6 one (mapped, 6to4, Teredo, NAT64), else `ip`."""
    if isinstance(ip, ipaddress.IPv4Address):
        return ip
    if ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip


def _is_itself(host: str, address: str) -> bool:
    """Whether `host` is nothing but `address`, written out."""
    try:
        ip = unwrapped(ipaddress.ip_address(address.partition("%")[0]))
        return ip.is_loopback if host == "localhost" else unwrapped(ipaddress.ip_address(host)) == ip
    except ValueError:
        return False


def _names_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return unwrapped(ipaddress.ip_address(host)).is_loopback
    except ValueError:
        return False


def _lookup(host: str, port: int) -> Iterable[str]:
    found: list[Any] = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [entry[4][0] for entry in found]
