"""Asking the DNS, each name once."""

from __future__ import annotations

import dns.exception
import dns.name
import dns.rdtypes.ANY.MX
import dns.rdtypes.ANY.TXT
import dns.resolver

from comms.senders.findings import Unanswered

SECONDS = 8.0


class Resolver:
    """The system's resolver, or the one at `server`, a host's address and a port."""

    def __init__(self, server: tuple[str, int] | None = None) -> None:
        try:
            self._resolver = dns.resolver.Resolver(configure=server is None)
        except dns.resolver.NoResolverConfiguration as error:
            raise Unanswered("This machine has no resolver; name one with --resolver.") from error
        if server is not None:
            self._resolver.nameservers = [server[0]]
            self._resolver.port = server[1]
        self._resolver.lifetime = SECONDS
        self._known: dict[tuple[str, str], list[dns.rdata.Rdata]] = {}

    def txt(self, name: str) -> list[str]:
        return [
            b"".join(row.strings).decode(errors="replace")
            for row in self._ask(name, "TXT")
            if isinstance(row, dns.rdtypes.ANY.TXT.TXT)
        ]

    def addresses(self, name: str) -> list[str]:
        return [str(row) for kind in ("A", "AAAA") for row in self._ask(name, kind)]

    def mx(self, name: str) -> list[tuple[int, str]]:
        rows = [row for row in self._ask(name, "MX") if isinstance(row, dns.rdtypes.ANY.MX.MX)]
        return sorted((row.preference, row.exchange.to_text(omit_final_dot=True).strip(".")) for row in rows)

    def _ask(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._fresh(*key)
        return self._known[key]

    def _fresh(self, name: str, kind: str) -> list[dns.rdata.Rdata]:
        try:
            return list(self._resolver.resolve(f"{name}.", kind, search=False))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.name.LabelTooLong, dns.name.NameTooLong, dns.name.EmptyLabel, dns.name.BadEscape):
            return []
        except dns.exception.DNSException as error:
            raise Unanswered(f"The DNS does not say {kind} of {name}: {type(error).__name__}.") from error
