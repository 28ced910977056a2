"""Trying a relay up to the point where it would take a letter."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from comms.relays import Relay
from comms.replies import Meaning, meaning
from comms.senders.findings import Finding

SECONDS = 15.0
SOON_DAYS = 14
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def check(relay: Relay, sender: str, recipient: str, now: datetime) -> Iterator[Finding]:
    """Connect, encrypt, sign in, and ask for a letter from `sender` to `recipient` without sending it."""
    smtp: smtplib.SMTP | None = None
    try:
        smtp = _connected(relay)
        yield Finding("ok", relay.name, "It takes connections.")
        yield from _encrypted(smtp, relay, now)
        smtp.ehlo_or_helo_if_needed()
        if relay.user:
            smtp.login(relay.user, relay.password)
            yield Finding("ok", relay.name, "It knows our user and password.")
        yield from _envelope(smtp, relay.name, sender, recipient)
    except ssl.SSLCertVerificationError as error:
        yield Finding(
            "error",
            relay.name,
            f"Its certificate is not good: {error.verify_message}.",
            "Name it in WATCHBILL_EMAIL_URL as its certificate does, or let it have one that is trusted.",
        )
    except ssl.SSLError as error:
        yield Finding(
            "error", relay.name, f"It can't be talked to by TLS: {error}.", "Try tls=starttls or tls=ssl, and its port."
        )
    except smtplib.SMTPNotSupportedError as error:
        yield Finding(
            "error", relay.name, str(error), "Let ?tls= and the user in WATCHBILL_EMAIL_URL be as the relay offers."
        )
    except smtplib.SMTPResponseException as error:
        yield _refusal(relay.name, error.smtp_code, error.smtp_error)
    except (OSError, UnicodeError) as error:
        yield Finding(
            "error",
            relay.name,
            f"It is out of reach: {error or type(error).__name__}.",
            "Look at host and port in WATCHBILL_EMAIL_URL, and whether the firewall lets this machine go there.",
        )
    finally:
        if smtp is not None:
            with contextlib.suppress(OSError):
                smtp.quit()
            smtp.close()


def _connected(relay: Relay) -> smtplib.SMTP:
    if relay.tls == "ssl":
        return smtplib.SMTP_SSL(relay.host, relay.port, timeout=SECONDS, context=ssl.create_default_context())
    return smtplib.SMTP(relay.host, relay.port, timeout=SECONDS)


def _encrypted(smtp: smtplib.SMTP, relay: Relay, now: datetime) -> Iterator[Finding]:
    if relay.tls == "starttls":
        smtp.starttls(context=ssl.create_default_context())
    if not isinstance(smtp.sock, ssl.SSLSocket):
        if relay.host not in LOOPBACK:
            yield Finding(
                "warning",
                relay.name,
                "Mail goes to it unencrypted.",
                "Use tls=starttls, unless it is on a network of yours.",
            )
        return
    certificate: dict[str, Any] = smtp.sock.getpeercert() or {}
    days = (parsedate_to_datetime(certificate["notAfter"]).replace(tzinfo=UTC) - now).days
    told = f"It talks {smtp.sock.version()}, and its certificate is good for {days} more days."
    if days < SOON_DAYS:
        yield Finding("warning", relay.name, told, "Have it renewed: without a good one no mail goes out.")
    else:
        yield Finding("ok", relay.name, told)


def _envelope(smtp: smtplib.SMTP, name: str, sender: str, recipient: str) -> Iterator[Finding]:
    for what, (code, said) in (("sender", smtp.mail(sender)), ("recipient", smtp.rcpt(recipient))):
        if code not in (250, 251):
            yield _refusal(name, code, said, what)
            return
    yield Finding("ok", name, f"It would take mail from {sender} to {recipient}.")
    smtp.rset()


def _refusal(name: str, code: int, said: bytes | str, what: str = "") -> Finding:
    text = " ".join((said.decode(errors="replace") if isinstance(said, bytes) else said).split())
    told = f"It refuses {f'the {what}' if what else 'us'}: {code} {text}"
    if code < 500:
        return Finding("warning", name, told, "That is for a time: try again in some minutes.")
    mends = {
        Meaning.CHANNEL: "Look at user and password in WATCHBILL_EMAIL_URL, and whether the account may send as "
        "WATCHBILL_FROM_EMAIL.",
        Meaning.NO_SUCH_READER: "Give an address that there is.",
    }
    return Finding("error", name, told, mends.get(meaning(code, text), "Ask whoever runs the relay."))
