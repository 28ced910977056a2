from __future__ import annotations

import hashlib
import secrets
from typing import ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from teams.zones import validate_zone


class User(AbstractUser):
    """Somebody who can sign in, stand a watch and hold a role."""

    email = models.EmailField("email address")
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text="Times are shown in this zone. Empty: the zone of the browser.",
    )
    phone = models.CharField(max_length=32, blank=True)

    objects: ClassVar[UserManager[User]] = UserManager()  # type: ignore[assignment] # the plugin says Self

    class Meta(AbstractUser.Meta):
        constraints = [models.UniqueConstraint(Lower("email"), name="user_email_unique")]
        ordering = ["first_name", "last_name", "username"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """Full name, or the username where none was given."""
        return self.get_full_name() or self.username

    @property
    def initials(self) -> str:
        """One or two capital letters for the round mark beside a name."""
        parts = self.name.replace(".", " ").split()
        return "".join(p[0] for p in (parts[:1] + parts[1:][-1:])).upper() or "?"


class ApiToken(models.Model):
    """A personal key to the API: shown once, kept as a digest."""

    PREFIX = "wb_"

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def digest_of(raw: str) -> str:
        """SHA-256 of a token as hex: the tokens are random, so no salt and no stretching are needed."""
        return hashlib.sha256(raw.encode()).hexdigest()

    @classmethod
    def issue(cls, user: User, name: str) -> tuple[ApiToken, str]:
        """Make a token for `user`; return its row and the raw key, which is never seen again."""
        raw = cls.PREFIX + secrets.token_urlsafe(32)
        return cls.objects.create(user=user, name=name, digest=cls.digest_of(raw), hint=raw[:8]), raw
