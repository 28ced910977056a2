from __future__ import annotations

import hashlib
import secrets
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from teams.zones import validate_zone


class People(UserManager["User"]):
    def create_user(self, username: str, email: str | None = None, password: str | None = None, **more: Any) -> User:
        """Somebody with a password. Django's own would set flags that are read from the role here."""
        made: User = self._create_user(username, email, password, **more)  # type: ignore[attr-defined]
        return made

    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **more: Any
    ) -> User:
        """An owner, as `manage.py createsuperuser` makes one."""
        return self.create_user(username, email, password, **{**more, "role": User.Role.OWNER})


class User(AbstractUser):
    """Somebody who can sign in, stand a watch and hold a role. What they may do is `teams.permits`' to say."""

    class Role(models.TextChoices):
        """The role in the organization; `teams.access` says what each may do."""

        OWNER = "owner", "Owner"
        ADMIN = "admin", "Admin"
        RESPONDER = "responder", "Responder"
        VIEWER = "viewer", "Viewer"

    # The table of access takes the place of Django's own flags, groups and permissions.
    groups = None  # type: ignore[assignment]
    user_permissions = None  # type: ignore[assignment]
    is_staff = property(lambda self: self.role in (User.Role.OWNER, User.Role.ADMIN))
    is_superuser = property(lambda self: self.role == User.Role.OWNER)
    # The scopes of the API token that a request came with; None without one.
    token_scopes: frozenset[str] | None = None

    role = models.CharField("role in the organization", max_length=12, choices=Role, default=Role.RESPONDER)
    email = models.EmailField("email address")
    time_zone = models.CharField(
        max_length=64,
        blank=True,
        validators=[validate_zone],
        help_text="Times are shown in this zone. Empty: the zone of the browser.",
    )
    phone = models.CharField(max_length=32, blank=True)

    objects: ClassVar[People] = People()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "responder", "viewer"]), name="user_role_known"
            ),
        ]
        ordering = ["first_name", "last_name", "username"]

    def __str__(self) -> str:
        return self.name

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        """Django's own permissions decide nothing here: `teams.permits` does."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        return False

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
