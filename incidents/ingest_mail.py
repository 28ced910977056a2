"""Mail for integrations, as `ingest` takes requests: whose address it is, and keeping it. The words are SMTP's, and 250
is said only once the rows are committed. Who listens is `config.mailin`."""

from __future__ import annotations

import logging

from django.conf import settings
from django.db import DatabaseError, InterfaceError, close_old_connections, transaction

from incidents.actions import accepting, inbox
from incidents.sources import Envelope, SourceError, registry
from incidents.sources.reading import clean

log = logging.getLogger(__name__)
SOURCE = registry.SOURCES["email"]
MOST_BYTES = 512 * 1024

UNKNOWN = "550 5.1.1 No mail integration has this address. Copy it from the integration's page."
LATER = "451 4.3.0 It can't be kept at this moment. Send it again."


def address(key: str) -> str:
    """Where mail goes that is for the integration with this key; "" where this installation takes none."""
    domain = settings.WATCHBILL_MAIL_IN_DOMAIN
    return f"alerts+{key}@{domain}" if domain else ""


def key_of(recipient: str) -> str | None:
    """The key in an address: after the last plus, or all that is before the @, since not all tools let a plus pass.
    None for an address of another domain."""
    local, _, domain = recipient.strip().lower().rpartition("@")
    if not domain or domain != settings.WATCHBILL_MAIL_IN_DOMAIN:
        return None
    return local.strip('"').rpartition("+")[2]


def welcome(key: str) -> str:
    """What is said to a recipient."""
    close_old_connections()
    try:
        return UNKNOWN if inbox.integration_of(key, SOURCE.name) is None else "250 2.1.5 It is known."
    except (DatabaseError, InterfaceError):
        log.exception("a mail could not be kept; the sender was asked to try again")
        return LATER
    finally:
        close_old_connections()


def take(keys: list[str], raw: bytes) -> str:
    """Keep a mail for the integrations with these keys, all or none, and what is said to it. One that can't be read is
    kept as well, so that it is among their events with the reason, and refused."""
    close_old_connections()
    try:
        with transaction.atomic():
            kept = [_keep(key, raw) for key in keys]
    except (DatabaseError, InterfaceError):
        log.exception("a mail could not be kept; the sender was asked to try again")
        return LATER
    finally:
        close_old_connections()
    found = [each for each in kept if each is not None]
    if not found:
        return UNKNOWN
    if all(found):
        return f"554 5.6.0 {clean(found[0], 200).encode('ascii', 'replace').decode()}"
    return "250 2.0.0 It is kept."


def _keep(key: str, raw: bytes) -> str | None:
    """Why a mail is no alert, "" where it is one. None where the key opens nothing."""
    integration = inbox.integration_of(key, SOURCE.name)
    if integration is None:
        return None
    sent = Envelope(_without(raw, key), settings=integration.settings)
    why, lane = "", 1
    try:
        lane = accepting.lane_of(SOURCE.read(sent).reports)
    except SourceError as error:
        why = f"The {error.field} {error.message}"
    if not accepting.accept(key, SOURCE.name, sent, kind=SOURCE.name, lane=lane):
        return None
    log.info("mail %s for %s was kept%s", sent.request_id, integration, f" and refused: {why}" if why else "")
    return why


def _without(raw: bytes, key: str) -> bytes:
    """The mail without the key of its address, which nobody is to find among the events."""
    written, wanted = raw.lower(), key.encode(errors="replace")
    pieces, begins = [], 0
    while (at := written.find(wanted, begins)) >= 0:
        pieces += [raw[begins:at], b"*" * len(wanted)]
        begins = at + len(wanted)
    return b"".join([*pieces, raw[begins:]])
