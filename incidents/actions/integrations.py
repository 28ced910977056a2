"""Keys of integrations: made, taken over from, and stopped."""

from __future__ import annotations

import secrets
from datetime import timedelta

from django.db import transaction
from django.db.models import Q

from incidents.models import Integration, IntegrationKey
from teams import moments
from teams.models import User

# For how long the former key still works after a new one was made, unless somebody says otherwise.
OVERLAP = timedelta(hours=24)
BYTES = 16


@transaction.atomic
def add_key(integration: Integration, *, by: User | None, overlap: timedelta = OVERLAP) -> str:
    """Make a key of 32 characters (as PagerDuty's routing keys have) and return it, which is the only time that it can
    be read. Those before it work for `overlap` yet."""
    now = moments.now()
    end = now + overlap
    former = integration.keys.good(now).filter(Q(expires_at=None) | Q(expires_at__gt=end))
    former.update(expires_at=end)
    key = secrets.token_hex(BYTES)
    IntegrationKey.objects.create(
        integration=integration, digest=IntegrationKey.digest_of(key), hint=key[:4], created_by=by
    )
    return key


def stop_former_keys(integration: Integration) -> int:
    """Let every key but the newest open nothing from now on; returns how many that were."""
    now = moments.now()
    good = integration.keys.good(now)
    newest = good.order_by("-pk").values("pk")[:1]
    return good.exclude(pk__in=newest).update(revoked_at=now)
