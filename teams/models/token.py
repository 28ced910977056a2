from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from teams import access, keys
from teams.models.people import User

SCOPE_NAMES = list(access.SCOPES)
# What a token could do before there were scopes.
EVERYDAY = ("read", "respond", "publish", "rosters", "people", "setup")
USUAL_LIFE = timedelta(days=90)


def least() -> list[str]:
    """The scopes of a token of which nobody said more."""
    return ["read"]


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    def live(self, now: datetime) -> ApiTokenQuerySet:
        """Those that are accepted at `now`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)

    def in_state(self, state: str, now: datetime) -> ApiTokenQuerySet:
        """`valid`, `expired` or `revoked`; anything else: all."""
        if state == ApiToken.State.VALID:
            return self.live(now)
        if state == ApiToken.State.EXPIRED:
            return self.filter(expires_at__lte=now, revoked_at=None)
        return self.exclude(revoked_at=None) if state == ApiToken.State.REVOKED else self.all()


class ApiToken(models.Model):
    """A key to the API, of a person or of a service account: shown once, kept as a digest. It does what its scopes
    name, as far as its owner may do that."""

    class State(models.TextChoices):
        VALID = "valid", "Valid"
        EXPIRED = "expired", "Expired"
        REVOKED = "revoked", "Revoked"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    scopes = ArrayField(models.CharField(max_length=12), default=least)
    made_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Empty: never.")
    due_at = models.DateTimeField(null=True, editable=False, help_text="When its end is next spoken of.")
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_from = models.GenericIPAddressField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiTokenQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-pk"]
        verbose_name = "API token"
        constraints = [
            models.CheckConstraint(
                condition=Q(scopes__contained_by=SCOPE_NAMES) & ~Q(scopes=[]), name="token_scopes_known"
            ),
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=F("created_at")), name="token_ends_after_it_begins"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="token_due")]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def state(self) -> State:
        if self.revoked_at is not None:
            return self.State.REVOKED
        ended = self.expires_at is not None and self.expires_at <= timezone.now()
        return self.State.EXPIRED if ended else self.State.VALID

    @staticmethod
    def digest_of(raw: str) -> str:
        """SHA-256 of a token as hex: the tokens are random, so no salt and no stretching are needed."""
        return hashlib.sha256(raw.encode()).hexdigest()

    @classmethod
    def issue(
        cls,
        user: User,
        name: str,
        *,
        scopes: Iterable[str] = EVERYDAY,
        lasts: timedelta | None = USUAL_LIFE,
        **more: Any,
    ) -> tuple[ApiToken, str]:
        """Make a token for `user`; return its row and the raw key, which is never seen again. Asks nobody whether it
        may be: `teams.tokens` does."""
        raw = keys.fresh(keys.SERVICE if user.is_service else keys.PERSONAL)
        now = timezone.now()
        more.setdefault("expires_at", now + lasts if lasts else None)
        made = cls.objects.create(
            user=user,
            name=name,
            digest=cls.digest_of(raw),
            hint=raw[:8],
            scopes=sorted(set(scopes), key=SCOPE_NAMES.index),
            created_at=now,
            **more,
        )
        return made, raw
