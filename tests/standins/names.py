"""A DNS server on loopback, of a zone as a test writes it."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator, Mapping, Sequence

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

# By name and kind, as a zone file has them: {("example.org", "TXT"): ['"v=spf1 -all"']}.
Zone = Mapping[tuple[str, str], Sequence[str]]


class NameServer(socketserver.ThreadingUDPServer):
    """Answers by UDP for `zone`. Names in `broken` are answered with a failure of the server."""

    daemon_threads = True

    def __init__(self, zone: Zone, broken: Sequence[str] = ()) -> None:
        super().__init__(("127.0.0.1", 0), _Question)
        self.zone = zone
        self.broken = broken

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        (question,) = query.question
        name = question.name.to_text(omit_final_dot=True).lower()
        rows = self.zone.get((name, dns.rdatatype.to_text(question.rdtype)), ())
        if name in self.broken:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif rows:
            reply.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", question.rdtype, list(rows)))
        elif not any(known == name for known, _ in self.zone):
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply


class _Question(socketserver.BaseRequestHandler):
    server: NameServer

    def handle(self) -> None:
        data, socket = self.request
        socket.sendto(self.server.answer(dns.message.from_wire(data)).to_wire(), self.client_address)


@contextlib.contextmanager
def naming(zone: Zone, broken: Sequence[str] = ()) -> Iterator[NameServer]:
    with NameServer(zone, broken) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.shutdown()
