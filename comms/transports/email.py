"""Mail over SMTP, with one connection for as many letters as there are."""

from __future__ import annotations

import contextlib
import math
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Sequence
from typing import Self

from django.conf import settings

from comms.relays import Relay
from comms.transports.base import Letter, Refused, Unreachable

# Seconds for a connection, and for one answer where there is no deadline.
TIMEOUT = 15.0
# Seconds. A command that begins in time gets at least LEAST; the answer to a letter that was handed over is worth
# waiting for, because a letter whose answer was missed goes out twice; a goodbye is worth little.
LEAST = 0.5
LAST_WORD = 5.0
GOODBYE = 2.0
# The settings are at fault (STARTTLS, AUTH, our own address), not the letter: the code that says so of ourselves.
OUR_FAULT = 535
NO_SUCH_ADDRESS = 553
# What may stand between the brackets of a command.
ADDRESS = re.compile(r"[!-;=?-~]+")


class Mailer:
    """A connection to a relay (by default the first of the settings), opened when the first letter needs it.

    Not for several threads at once.
    """

    def __init__(self, relay: Relay | None = None) -> None:
        self.relay: Relay = relay or settings.WATCHBILL_RELAYS[0]
        self._smtp: smtplib.SMTP | None = None
        self._deadline = math.inf

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, letter: Letter, *, deadline: float | None = None) -> str:
        """Hand a letter to the relay and return its reply. Raises Refused or Unreachable.

        `deadline` (of `time.monotonic()`) is for the whole conversation: a relay that is slow at each step is given up
        then, and the letter is never handed over afterwards. Its answer may come up to LAST_WORD seconds later.
        """
        self._deadline = math.inf if deadline is None else deadline
        try:
            smtp = self._connection()
            self._envelope(smtp, letter)
            return self._hand_over(smtp, letter)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421 or isinstance(error, smtplib.SMTPConnectError):
                self._drop()
                raise Unreachable(_said(error.smtp_code, error.smtp_error)) from error
            raise Refused(error.smtp_code, _text(error.smtp_error)) from error
        except OSError as error:  # what smtplib raises is one, too
            self._drop()
            raise Unreachable(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """End the session; a connection that is gone already is no matter."""
        if self._smtp is not None:
            with contextlib.suppress(OSError):
                if self._smtp.sock is not None:
                    self._smtp.sock.settimeout(GOODBYE)
                self._smtp.quit()
        self._drop()

    def _drop(self) -> None:
        """Hang up: a letter that was not ended is void then."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError):
                smtp.close()

    def _connection(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        host, port = self.relay.host, self.relay.port
        timeout = min(TIMEOUT, self._left())
        smtp: smtplib.SMTP
        if self.relay.tls == "ssl":
            smtp = smtplib.SMTP_SSL(host, port, timeout=timeout, context=ssl.create_default_context())
        else:
            smtp = smtplib.SMTP(host, port, timeout=timeout)
        self._smtp = smtp
        try:
            self._introduce(smtp)
        except smtplib.SMTPNotSupportedError as error:
            self._drop()
            raise Refused(OUR_FAULT, str(error)) from error
        except UnicodeError as error:
            self._drop()
            raise Refused(OUR_FAULT, "The relay's user and password have to be ASCII.") from error
        except smtplib.SMTPResponseException as error:
            # No letter is to blame for it, and no letter may go over a connection that is half set up.
            self._drop()
            if error.smtp_code == 454:
                raise
            if error.smtp_code < 500:
                raise Unreachable(_said(error.smtp_code, error.smtp_error)) from error
            raise Refused(OUR_FAULT, _said(error.smtp_code, error.smtp_error)) from error
        return smtp

    def _introduce(self, smtp: smtplib.SMTP) -> None:
        if self.relay.tls == "starttls":
            self._in_time(smtp)
            smtp.starttls(context=ssl.create_default_context())
        self._in_time(smtp)
        smtp.ehlo_or_helo_if_needed()
        if self.relay.user:
            self._in_time(smtp)
            smtp.login(self.relay.user, self.relay.password)
        # The end of a letter is a packet of its own, and isn't to wait for the answer to the one before.
        self._socket(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def _envelope(self, smtp: smtplib.SMTP, letter: Letter) -> None:
        """Say from whom it comes and to whom it goes, up to the leave to hand it over."""
        # Not smtplib's own sendmail: it keeps the reply to DATA to itself, hides a 421 to RCPT in a dictionary, and
        # ends the letter however long the rest took.
        if not ADDRESS.fullmatch(letter.sender):
            raise Refused(OUR_FAULT, f"The sender's address is none, or not ASCII: {letter.sender}")
        if not ADDRESS.fullmatch(letter.recipient):
            raise Refused(NO_SUCH_ADDRESS, "5.1.3 The address is none, or not ASCII.")
        commands = (f"MAIL FROM:<{letter.sender}>", f"RCPT TO:<{letter.recipient}>", "DATA")
        if smtp.has_extn("pipelining"):
            self._all_at_once(smtp, commands)
            return
        for command in commands:
            self._in_time(smtp)
            smtp.putcmd(command)
            self._taken(smtp, *smtp.getreply(), expected=(354,) if command == "DATA" else (250, 251))

    def _all_at_once(self, smtp: smtplib.SMTP, commands: Sequence[str]) -> None:
        """As RFC 2920 has it: three commands in one packet, and then what was said to each. A relay that refuses the
        address may let the letter begin all the same: it is ended with nothing in it then."""
        self._in_time(smtp)
        smtp.send("".join(f"{command}\r\n" for command in commands))
        replies = []
        for _ in commands:
            self._in_time(smtp)
            replies.append(smtp.getreply())
        refusal = next((reply for reply in replies[:2] if reply[0] not in (250, 251)), None)
        if refusal is None:
            self._taken(smtp, *replies[2], expected=(354,))
            return
        gone = next((reply for reply in replies if reply[0] == 421), None)
        if gone is None and replies[2][0] == 354:
            smtp.send(b".\r\n")
            smtp.getreply()
        self._taken(smtp, *(gone or refusal))

    def _hand_over(self, smtp: smtplib.SMTP, letter: Letter) -> str:
        # With its end in one go: what is not handed over in time is never ended.
        self._in_time(smtp)
        smtp.send(_dotted(letter.content))
        self._socket(smtp).settimeout(self._patience(LAST_WORD))
        code, reply = smtp.getreply()
        self._taken(smtp, code, reply)
        return _said(code, reply)

    def _taken(self, smtp: smtplib.SMTP, code: int, reply: bytes, *, expected: tuple[int, ...] = (250, 251)) -> None:
        if code in expected:
            return
        if code != 421:
            self._reset(smtp)
        raise smtplib.SMTPResponseException(code, reply)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Clear the refused letter, so that the next one finds the connection as new."""
        try:
            self._in_time(smtp)
            smtp.rset()
        except OSError:
            self._drop()

    def _in_time(self, smtp: smtplib.SMTP) -> None:
        """Let the next command take what time is left. Raises TimeoutError where none is."""
        self._left()
        self._socket(smtp).settimeout(self._patience(LEAST))

    def _left(self) -> float:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError("The relay took too long.")
        return max(left, LEAST)

    def _patience(self, least: float) -> float:
        left = self._deadline - time.monotonic()
        return TIMEOUT if left == math.inf else max(left, least)

    @staticmethod
    def _socket(smtp: smtplib.SMTP) -> socket.socket:
        if smtp.sock is None:
            raise smtplib.SMTPServerDisconnected("The relay closed the connection.")
        return smtp.sock


def _dotted(content: bytes) -> bytes:
    """A message as DATA takes it: a line that begins with a dot gets another one, and a dot alone ends it."""
    if b"\n." in content or content.startswith(b"."):
        content = re.sub(rb"(?m)^\.", b"..", content)
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")


def _text(reply: bytes | str) -> str:
    return " ".join((reply.decode(errors="replace") if isinstance(reply, bytes) else reply).split())


def _said(code: int, reply: bytes | str) -> str:
    return f"{code} {_text(reply)}".strip()
