from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from teams.public_holidays import validate_country
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

    def present(self) -> models.QuerySet[User]:
        """People who can sign in, stand a watch and be named: neither those who left nor service accounts."""
        return self.filter(is_active=True, is_service=False)

    def managing(self, *teams: Any) -> models.QuerySet[User]:
        """Those of them who manage one of these teams, given as rows or keys; once for each team that they manage."""
        return self.present().filter(memberships__team__in=teams, memberships__role="manager")


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
    country = models.CharField(
        "public holidays of",
        max_length=16,
        blank=True,
        validators=[validate_country],
        help_text="A country such as DE, or a part of one such as DE-BY. Empty: those of each schedule.",
    )
    phone = models.CharField(max_length=32, blank=True)
    quiet_from = models.TimeField(
        null=True, blank=True, help_text="Pages of low urgency wait from this hour of one's own clock …"
    )
    quiet_until = models.TimeField(null=True, blank=True, help_text="… until this one.")
    is_service = models.BooleanField(
        "service account",
        default=False,
        editable=False,
        help_text="Nobody signs in with it: it only has API tokens.",
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since then the name is a pseudonym."
    )

    objects: ClassVar[People] = People()

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.CheckConstraint(
                condition=Q(role__in=["owner", "admin", "responder", "viewer"]), name="user_role_known"
            ),
            models.CheckConstraint(
                condition=Q(quiet_from=None, quiet_until=None)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False) & ~Q(quiet_from=models.F("quiet_until")),
                name="user_quiet_hours_whole",
                violation_error_message="Give both ends of the quiet hours, one unlike the other, or neither.",
            ),
            models.CheckConstraint(
                condition=Q(is_service=False) | (Q(password__startswith="!") & ~Q(role="owner")),  # noqa: S106
                name="service_account_signs_in_nowhere",
                violation_error_message="A service account has no password, and is never an owner.",
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
