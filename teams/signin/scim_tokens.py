"""Verbs on the tokens that identity providers provision with."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from teams import permits
from teams.audit.events import note
from teams.models import IdentityProvider, ScimToken, User

USED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue(
    *, by: User, name: str, provider: IdentityProvider | None = None, default_role: str = User.Role.RESPONDER
) -> tuple[ScimToken, str]:
    """Make a token; return its row and the key, which is never seen again. PermissionDenied for all but owners."""
    permits.require(by, "security.change")
    made = ScimToken(name=name.strip(), provider=provider, default_role=default_role, created_by=by)
    raw = made.renew()
    made.save()
    note("token.scim_issued", f"{by} made the SCIM token {made}", by=by)
    return made, raw


@transaction.atomic
def revoke(token: ScimToken, *, by: User) -> bool:
    """End a token at once; False where it had ended before. PermissionDenied for all but owners."""
    permits.require(by, "security.change")
    if not ScimToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        return False
    note("token.scim_revoked", f"{by} revoked the SCIM token {token}", by=by)
    return True


def known(raw: str) -> ScimToken | None:
    """The valid token of a key, looked up by its digest, so that timing tells nothing about others."""
    token = (
        ScimToken.objects.select_related("provider").filter(digest=ScimToken.digest_of(raw), revoked_at=None).first()
    )
    if token is not None:
        now = timezone.now()
        stale = Q(last_used_at=None) | Q(last_used_at__lt=now - USED_EVERY)
        ScimToken.objects.filter(stale, pk=token.pk).update(last_used_at=now)
    return token
