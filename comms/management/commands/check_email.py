"""`manage.py check_email [address]`: whether mail of this installation will be believed, arrive and come back."""

from __future__ import annotations

import ipaddress
import json
from argparse import ArgumentParser
from dataclasses import asdict
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from comms.addresses import Unwritable, ascii_form
from comms.relays import Relay
from comms.senders import checking
from comms.senders.findings import Finding, Unanswered
from comms.senders.resolving import Resolver
from comms.transports.base import Letter, Refused, Unreachable
from comms.transports.email import Mailer
from comms.wire import WIRE
from teams import moments

LABELS = {"ok": "ok", "warning": "warning", "error": "ERROR"}


class Command(BaseCommand):
    help = (
        "Look at SPF, DKIM and DMARC of the sender's domain, at its way back for bounces, and at every mail relay. "
        "Sends nothing, unless an address is given. The exit status is 1 where something is an error."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("address", nargs="?", default="", help="Send a test mail there, by each relay.")
        parser.add_argument(
            "--selector",
            action="append",
            default=[],
            metavar="NAME",
            help="A DKIM selector of the relay, or selector@domain where it signs for another domain. May be repeated.",
        )
        parser.add_argument("--resolver", default="", metavar="HOST:PORT", help="Ask this DNS server.")
        parser.add_argument("--json", action="store_true", help="Print the findings as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            sender = ascii_form(settings.WATCHBILL_FROM_ADDRESS)
            to = ascii_form(options["address"]) if options["address"] else ""
            names = Resolver(_server(options["resolver"]))
        except (Unwritable, Unanswered) as error:
            raise CommandError(str(error)) from None
        found = []
        for finding in self._findings(sender, to, names, options["selector"]):
            found.append(finding)
            if not options["json"]:
                self._say(finding)
        errors = sum(finding.level == "error" for finding in found)
        warnings = sum(finding.level == "warning" for finding in found)
        if options["json"]:
            told = {"sender": sender, "ok": not errors, "findings": [asdict(finding) for finding in found]}
            self.stdout.write(json.dumps(told, indent=2, ensure_ascii=False))
        else:
            self.stdout.write(f"\n{_count(errors, 'error')}, {_count(warnings, 'warning')}.")
        if errors:
            raise SystemExit(1)

    def _findings(self, sender: str, to: str, names: Resolver, selectors: list[str]) -> Any:
        relays = settings.WATCHBILL_RELAYS
        now = moments.now()
        yield from checking.check(sender, to or sender, relays, settings.WATCHBILL_BASE_URL, names, selectors, now)
        if to:
            for relay in relays:
                yield _sent(relay, sender, to)

    def _say(self, finding: Finding) -> None:
        style = {"ok": self.style.SUCCESS, "warning": self.style.WARNING, "error": self.style.ERROR}[finding.level]
        self.stdout.write(f"{style(LABELS[finding.level].ljust(8))} {finding.about}: {finding.text}")
        if finding.mend:
            self.stdout.write(f"         → {finding.mend}")


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _server(text: str) -> tuple[str, int] | None:
    """Raises CommandError for what is no address with a port."""
    if not text:
        return None
    host, _, port = text.rpartition(":") if not text.endswith("]") and ":" in text else (text, "", "53")
    try:
        address = str(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        address = ""
    if not address or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CommandError("--resolver is no server; write it as 192.0.2.1:53 or [2001:db8::1]:53.")
    return address, int(port)


def _sent(relay: Relay, sender: str, to: str) -> Finding:
    domain = sender.rpartition("@")[2]
    message = EmailMessage(policy=WIRE)
    message["Subject"] = f"Watchbill's test mail by {relay.name}"
    message["From"] = Address(addr_spec=sender)
    message["To"] = Address(addr_spec=to)
    message["Date"] = format_datetime(moments.now())
    message["Message-ID"] = make_msgid(domain=domain)
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        "This is a test. Open the original of this mail (“Show original”, “View source”) and look for\n\n"
        f"  Authentication-Results: … spf=pass … dkim=pass header.d={domain} … dmarc=pass\n"
        "  DKIM-Signature: … s=NAME …\n\n"
        "and then run: manage.py check_email --selector NAME\n"
    )
    try:
        with Mailer(relay) as mailer:
            reply = mailer.send(Letter(message.as_bytes(), sender=sender, recipient=to))
    except (Refused, Unreachable) as error:
        return Finding("error", relay.name, f"The test mail did not go out: {error}", "See above.")
    return Finding(
        "ok",
        relay.name,
        f"A test mail went to {to}: {reply}",
        f"Look at its original: Authentication-Results has to say spf=pass, dkim=pass with header.d={domain}, and "
        "dmarc=pass. The s= of its DKIM-Signature is the name for --selector.",
    )
