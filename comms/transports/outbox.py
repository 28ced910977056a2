"""The way out for Django's own mail: into the database, where the workers find it. Nothing is sent from here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from comms.actions import posting


class Outbox(BaseEmailBackend):
    """Django's `EMAIL_BACKEND`. Mail is queued with the caller's transaction: what is undone is never sent, and what is
    committed is never lost.

    `fail_silently` changes nothing: it is for relays that are away, and a row that can't be written is our failure.
    """

    def send_messages(self, email_messages: Sequence[EmailMessage] | Any) -> int:
        return posting.post(email_messages)
