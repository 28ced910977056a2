"""Everything that has to be right for mail to arrive, and for what comes back to come back."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from comms.relays import Relay
from comms.senders import dkim, dmarc, spf, trying
from comms.senders.findings import Address, Finding, Names, Unanswered


def check(
    sender: str,
    recipient: str,
    relays: Sequence[Relay],
    base_url: str,
    names: Names,
    selectors: Sequence[str],
    now: datetime,
) -> Iterator[Finding]:
    """One finding after another as they come. `sender` is the From address, in ASCII, whose domain the return path has
    as well; `selectors` are DKIM's, of that domain or as `selector@another.example`."""
    domain = sender.rpartition("@")[2].lower()
    if not _is_public(domain):
        yield Finding(
            "error",
            "Sender",
            f"Mail comes from {sender}, and {domain} is no domain that receivers can ask about.",
            "Let WATCHBILL_FROM_EMAIL have an address of a domain of yours.",
        )
    else:
        yield from _of_domain(sender, domain, relays, names, selectors)
    for relay in relays:
        yield from trying.check(relay, sender, recipient, now)
    yield _unsubscribing(base_url)


def _is_public(domain: str) -> bool:
    return "." in domain and not domain.replace(".", "").isdigit() and not domain.endswith((".invalid", ".localhost"))


def _of_domain(
    sender: str, domain: str, relays: Sequence[Relay], names: Names, selectors: Sequence[str]
) -> Iterator[Finding]:
    own = [each for each in selectors if "@" not in each]
    others = [(each.partition("@")[0], each.partition("@")[2].lower()) for each in selectors if "@" in each]
    # Without a name they are taken for the domain's own, as providers make them.
    signed = list(dict.fromkeys([*([domain] if own or not others else []), *(where for _, where in others)]))
    yield from _asking(spf.ABOUT, lambda: spf.check(domain, _addresses(relays, names), names))
    if own or not others:
        yield from _asking(dkim.ABOUT, lambda: dkim.check(domain, own, names))
    for selector, where in others:
        yield from _asking(dkim.ABOUT, lambda s=selector, w=where: dkim.check(w, [s], names))  # type: ignore[misc]
    yield from _asking(dmarc.ABOUT, lambda: dmarc.check(domain, domain, signed, names))
    yield from _asking("MX", lambda: _way_back(sender, domain, names))


def _asking(about: str, looked: Callable[[], Iterator[Finding]]) -> Iterator[Finding]:
    try:
        yield from looked()
    except Unanswered as error:
        yield Finding("error", about, str(error), "Try again, or name another resolver with --resolver host:port.")


def _addresses(relays: Sequence[Relay], names: Names) -> dict[str, list[Address]]:
    return {relay.name: _of_host(relay.host, names) for relay in relays}


def _of_host(host: str, names: Names) -> list[Address]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        pass
    if found := names.addresses(host):
        return found
    try:
        # A name of the local network, which the DNS doesn't know.
        return sorted({str(row[4][0]).partition("%")[0] for row in socket.getaddrinfo(host, None)})
    except OSError:
        return []


def _way_back(sender: str, domain: str, names: Names) -> Iterator[Finding]:
    """Whether the return path's domain takes mail: else nobody learns of what bounces."""
    hosts = [host for _, host in names.mx(domain)]
    local = sender.rpartition("@")[0]
    mend = f"Publish an MX record of the server that takes {local}+bounce-…@{domain}."
    if hosts and not any(hosts):
        yield Finding("error", "MX", f"{domain} says that it takes no mail, so bounces are lost.", mend)
    elif hosts:
        gone = [host for host in hosts if host and not names.addresses(host)]
        if gone:
            yield Finding("error", "MX", f"{', '.join(gone)}, which is to take the bounces, has no address.", mend)
        else:
            told = f"Bounces to {domain} go to {', '.join(hosts[:3])}."
            yield Finding("ok", "MX", told, f"Let it take {local}+bounce-…@{domain} as it takes {sender}.")
    elif names.addresses(domain):
        yield Finding("warning", "MX", f"{domain} has no MX record; bounces go to its address itself.", mend)
    else:
        yield Finding("error", "MX", f"{domain} takes no mail, so bounces are lost, and receivers mistrust it.", mend)


def _unsubscribing(base_url: str) -> Finding:
    about = "One click"
    parts = urlsplit(base_url)
    if parts.scheme != "https":
        return Finding(
            "error",
            about,
            f"The button of mail programs to unsubscribe needs https, and WATCHBILL_BASE_URL is {base_url}.",
            "Put a proxy with https in front, and let WATCHBILL_BASE_URL say so.",
        )
    return Finding("ok", about, f"Mail programs unsubscribe by https at {parts.hostname}.")
