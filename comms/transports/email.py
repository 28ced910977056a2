"""Mail over SMTP, with one connection for as many letters as there are."""

from __future__ import annotations

import contextlib
import smtplib
import ssl
from collections.abc import Mapping
from typing import Any, Self

from django.conf import settings

from comms.transports.base import Letter, Refused, Unreachable


class Mailer:
    """A connection to the relay of `settings.WATCHBILL_SMTP`, opened when the first letter needs it.

    Not for several threads at once.
    """

    def __init__(self, relay: Mapping[str, Any] | None = None) -> None:
        self.relay: Mapping[str, Any] = relay or settings.WATCHBILL_SMTP
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send(self, letter: Letter) -> str:
        """Hand a letter to the relay and return its reply. Raises Refused or Unreachable."""
        try:
            smtp = self._connection()
            return self._hand_over(smtp, letter)
        except smtplib.SMTPResponseException as error:
            if error.smtp_code == 421 or isinstance(error, smtplib.SMTPConnectError):
                self.close()
                raise Unreachable(_said(error.smtp_code, error.smtp_error)) from error
            if isinstance(error, smtplib.SMTPAuthenticationError | smtplib.SMTPHeloError):
                self.close()
            raise Refused(error.smtp_code, _text(error.smtp_error)) from error
        except (OSError, smtplib.SMTPServerDisconnected) as error:
            self.close()
            raise Unreachable(str(error) or type(error).__name__) from error
        except smtplib.SMTPNotSupportedError as error:
            self.close()
            # The relay lacks what the settings ask of it (STARTTLS, AUTH): its configuration, not the letter.
            raise Refused(535, str(error)) from error

    def close(self) -> None:
        """End the session; a connection that is gone already is no matter."""
        if self._smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                self._smtp.quit()
            with contextlib.suppress(OSError):
                self._smtp.close()
            self._smtp = None

    def _connection(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        host, port, timeout = self.relay["host"], self.relay["port"], self.relay["timeout"]
        context = ssl.create_default_context()
        smtp: smtplib.SMTP
        if self.relay["tls"] == "ssl":
            smtp = smtplib.SMTP_SSL(host, port, timeout=timeout, context=context)
        else:
            smtp = smtplib.SMTP(host, port, timeout=timeout)
        self._smtp = smtp
        if self.relay["tls"] == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo_or_helo_if_needed()
        if self.relay["user"]:
            smtp.login(self.relay["user"], self.relay["password"])
        return smtp

    def _hand_over(self, smtp: smtplib.SMTP, letter: Letter) -> str:
        # Not smtplib's own sendmail: it keeps the reply to DATA to itself, and hides a 421 to RCPT in a dictionary.
        for code, reply in self._commands(smtp, letter):
            if code not in (250, 251):
                if code != 421:
                    self._reset(smtp)
                raise smtplib.SMTPResponseException(code, reply)
        code, reply = smtp.data(letter.message.as_bytes())
        if code != 250:
            if code != 421:
                self._reset(smtp)
            raise smtplib.SMTPResponseException(code, reply)
        return _said(code, reply)

    @staticmethod
    def _commands(smtp: smtplib.SMTP, letter: Letter) -> Any:
        yield smtp.mail(letter.sender)
        yield smtp.rcpt(letter.recipient)

    def _reset(self, smtp: smtplib.SMTP) -> None:
        """Clear the refused letter, so that the next one finds the connection as new."""
        try:
            smtp.rset()
        except (OSError, smtplib.SMTPException):
            self.close()


def _text(reply: bytes | str) -> str:
    return " ".join((reply.decode(errors="replace") if isinstance(reply, bytes) else reply).split())


def _said(code: int, reply: bytes | str) -> str:
    return f"{code} {_text(reply)}".strip()
