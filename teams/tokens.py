"""Verbs on one's own API tokens."""

from __future__ import annotations

from django.utils import timezone

from teams.models import ApiToken, User


def issue(*, by: User, name: str) -> tuple[ApiToken, str]:
    """Make a token of `by`; return its row and the key, which is never seen again."""
    return ApiToken.issue(by, name.strip())


def revoke(token_pk: int, *, by: User) -> None:
    """End one's own token at once; one that was revoked before stays as it was."""
    ApiToken.objects.filter(pk=token_pk, user=by, revoked_at=None).update(revoked_at=timezone.now())
