"""Mail about access: one text for people, in two forms, handed to Django and so to the outbox."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from teams.models import Organization, User

# Out-of-office replies are not for a program.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


def send(to: str, name: str, subject: str, **context: Any) -> None:
    """Send `teams/mail/<name>.txt` and `.html` to an address, with the caller's transaction."""
    context |= {
        "subject": subject,
        "base_url": settings.WATCHBILL_BASE_URL,
        "organization": Organization.current().name,
    }
    post(to, subject, f"teams/mail/{name}", context)


def post(to: str, subject: str, template: str, context: dict[str, Any], headers: dict[str, str] | None = None) -> None:
    """Send `<template>.txt` and `.html`, with no more in them than `context`."""
    message = EmailMultiAlternatives(subject, render_to_string(f"{template}.txt", context), to=[to], headers=headers)
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    message.send()


def absolute(path: str) -> str:
    return f"{settings.WATCHBILL_BASE_URL}{path}"


def when(at: datetime, reader: User | None = None) -> str:
    """A moment on the reader's clock, else on the organization's: `25 Nov 2026, 14:10 Europe/Berlin`."""
    zone = (reader.time_zone if reader else "") or Organization.current().time_zone
    local = at.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y, %H:%M} {zone}"
