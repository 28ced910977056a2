"""Verbs on the streams of the audit log."""

from __future__ import annotations

import secrets

from django.db import transaction
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from teams import permits
from teams.audit import events
from teams.models import AuditStream, User

VERB = "security.change"


@transaction.atomic
def keep(stream: AuditStream, *, by: User, secret: str = "") -> str:
    """Save a stream that was made or changed. `secret` becomes what signs, and the one before signs as well; a webhook
    without any gets one. Returns a secret that was made here, to be shown once, else nothing."""
    permits.require(by, VERB)
    made = ""
    if stream.kind == AuditStream.Kind.WEBHOOK and not secret and not stream.secret:
        made = secret = f"whsec_{secrets.token_urlsafe(32)}"
    if secret and not constant_time_compare(secret, stream.secret):
        stream.former_secret, stream.secret = stream.secret, secret
    stream.failures, stream.retry_at = 0, None
    stream.save()
    return made


@transaction.atomic
def drop_former_secret(stream: AuditStream, *, by: User) -> None:
    """Sign with the present secret alone from now on."""
    permits.require(by, VERB)
    stream.former_secret = ""
    stream.save(update_fields=["former_secret"])


@transaction.atomic
def test(stream: AuditStream, *, by: User) -> None:
    """Write an event that tells of this test; it goes to every stream, and at once."""
    permits.require(by, VERB)
    AuditStream.objects.filter(pk=stream.pk).update(retry_at=timezone.now())
    events.note("audit.stream_tested", f"{by.name} tested the stream to {stream.name}", by=by, stream=stream.pk)
