"""Verbs on the webhooks of escalation policies."""

from __future__ import annotations

import secrets

from django.db import transaction

from teams import permits
from teams.models import User, Webhook


@transaction.atomic
def keep_webhook(webhook: Webhook, *, by: User, renew: bool = False) -> str:
    """Save `webhook` and return its secret where it is new, which is shown once; the former one signs as well from then
    on. ValidationError for an address that nothing is ever sent to."""
    permits.require(by, "roster.change", webhook.team)
    webhook.clean()
    made = secrets.token_urlsafe(32) if renew or not webhook.secret else ""
    if made:
        webhook.former_secret, webhook.secret = webhook.secret, made
    webhook.save()
    return made


@transaction.atomic
def drop_former_secret(webhook: Webhook, *, by: User) -> None:
    permits.require(by, "roster.change", webhook.team)
    webhook.former_secret = ""
    webhook.save(update_fields=["former_secret"])
