from __future__ import annotations

import hashlib
import secrets
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from teams.models.people import User
from teams.models.team import Membership
from teams.secrets import SealedField

LOOPBACK = ("127.0.0.1", "::1", "localhost")
NEWCOMERS = [c for c in User.Role.choices if c[0] in (User.Role.VIEWER, User.Role.RESPONDER)]


def address_problem(url: str) -> str:
    """What is wrong with the address of a provider, as a sentence; empty where nothing is."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{url} is not an address. Write it as https://login.example.org."
    if not host or parts.scheme not in ("http", "https"):
        return f"{url} is not an address. Write it as https://login.example.org."
    if parts.username or parts.password or parts.fragment:
        return f"{url} carries a name, a password or a fragment. Leave them out."
    if parts.scheme == "http" and not (settings.WATCHBILL_OIDC_LOOPBACK and host in LOOPBACK):
        return f"{url} is plain http, where anybody on the way can read and forge. Give an https address."
    return ""


def validate_issuer(url: str) -> None:
    """ValidationError unless a provider may be asked at `url`."""
    if problem := address_problem(url):
        raise ValidationError(problem)
    if urlsplit(url).query:
        raise ValidationError("The issuer has no query. Copy it as the provider shows it.")


class IdentityProvider(models.Model):
    """Where people sign in with OpenID Connect. Accounts hang on the provider's subject, kept under `slug`."""

    name = models.CharField(max_length=40, help_text="On the button of the sign-in page: Sign in with …")
    slug = models.SlugField(
        max_length=40,
        unique=True,
        help_text="Part of the redirect URI, and what accounts are kept under. It can't be changed later.",
    )
    issuer = models.CharField(
        max_length=300,
        validators=[validate_issuer],
        help_text="The address before /.well-known/openid-configuration, exactly as the provider shows it.",
    )
    client_id = models.CharField("client ID", max_length=191)
    client_secret = SealedField(blank=True, help_text="Kept encrypted and never shown again.")
    scopes = models.CharField(
        max_length=200,
        default="openid profile email",
        help_text="With spaces between. Some providers send groups only when asked for “groups”.",
    )
    groups_claim = models.CharField(
        max_length=120,
        blank=True,
        help_text="The claim that lists a person's groups: “groups”, or a path such as “realm_access.roles”. "
        "Empty: groups are not looked at.",
    )
    create_accounts = models.BooleanField(
        "make accounts at the first sign-in",
        default=True,
        help_text="Otherwise only people who have an account already can come in.",
    )
    default_role = models.CharField("role of new people", max_length=12, choices=NEWCOMERS, default=User.Role.RESPONDER)
    email_domains = models.TextField(
        "allowed e-mail domains",
        blank=True,
        help_text="One a line, such as example.org. New people need an address of one of them, and only with such an "
        "address, verified by the provider, is an account found that was there before. Empty: new people may "
        "have any address, and nobody is found by address.",
    )
    active = models.BooleanField(default=True, help_text="Off: no button, and nobody comes in this way.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(default_role__in=["viewer", "responder"]), name="identity_provider_default_role"
            )
        ]
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def redirect_uri(self) -> str:
        """What the provider has to allow."""
        return settings.WATCHBILL_BASE_URL + reverse("openid_connect_callback", args=[self.slug])

    @property
    def signed_out_uri(self) -> str:
        """Where the provider sends people after a sign-out."""
        return settings.WATCHBILL_BASE_URL + reverse("sso_signed_out")

    @property
    def backchannel_uri(self) -> str:
        """Where the provider tells of a sign-out that happened elsewhere."""
        return settings.WATCHBILL_BASE_URL + reverse("sso_backchannel", args=[self.slug])

    @property
    def domains(self) -> frozenset[str]:
        """Allowed domains, in small letters, without an @ before them."""
        return frozenset(d.lower().lstrip("@") for d in self.email_domains.replace(",", " ").split())

    def covers(self, email: str) -> bool:
        """Whether `email` is of one of the allowed domains."""
        return email.rpartition("@")[2].lower() in self.domains


class GroupMapping(models.Model):
    """What a group of the provider means here: a role in the organization, or a role in a team."""

    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="mappings")
    group = models.CharField(max_length=200, help_text="As the provider sends it: a name, a path or an ID.")
    role = models.CharField("role in the organization", max_length=12, choices=User.Role, blank=True)
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team_role = models.CharField("role in the team", max_length=16, choices=Membership.Role, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "group", "team"], name="group_mapping_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="group_mapping_means_one_thing",
                condition=(~Q(role="") & Q(team__isnull=True, team_role=""))
                | (Q(role="", team__isnull=False) & ~Q(team_role="")),
                violation_error_message="Give a role in the organization, or a team and the role in it.",
            ),
        ]
        ordering = ["group", "pk"]

    def __str__(self) -> str:
        return f"{self.group} → {self.get_role_display() or f'{self.team}, {self.get_team_role_display()}'}"


class ProvidedRole(models.Model):
    """The role in the organization that a provider's groups gave somebody.

    `before` is what was given by hand before; empty where the account was made at the first sign-in. A role that is
    another one than `role` by now was changed by hand since, and counts as such.
    """

    user = models.OneToOneField("teams.User", on_delete=models.CASCADE, related_name="provided_role")
    provider = models.ForeignKey(IdentityProvider, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=12, choices=User.Role)
    before = models.CharField(max_length=12, choices=User.Role, blank=True)

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class ScimToken(models.Model):
    """What an identity provider provisions with: shown once, kept as a digest."""

    PREFIX = "wbx_"

    name = models.CharField(max_length=80, help_text="Which system uses it, so that it can be revoked with confidence.")
    provider = models.ForeignKey(
        IdentityProvider,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Where these people sign in. Who was provisioned with an external ID that is the provider's subject "
        "(or Entra ID's object ID) is then known at the first sign-in.",
    )
    default_role = models.CharField("role of new people", max_length=12, choices=NEWCOMERS, default=User.Role.RESPONDER)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(default_role__in=["viewer", "responder"]), name="scim_default_role")
        ]
        ordering = ["-created_at"]
        verbose_name = "SCIM token"
        verbose_name_plural = "SCIM tokens"

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @staticmethod
    def digest_of(raw: str) -> str:
        """SHA-256 of a token as hex: the tokens are random, so no salt and no stretching are needed."""
        return hashlib.sha256(raw.encode()).hexdigest()

    def renew(self) -> str:
        """Give this row a new key and return it; it is never seen again. The caller saves."""
        raw = self.PREFIX + secrets.token_urlsafe(32)
        self.digest, self.hint = self.digest_of(raw), raw[:9]
        return raw


class ScimRecord(models.Model):
    """What a provisioning client says of a person or a team beside what they have themselves.

    `gone_at`: the client deleted it. The person is deactivated and the team kept for its history; to SCIM they are not
    there until they are made again. `deactivated`: SCIM took the person's access away, and so may give it back.
    """

    user = models.OneToOneField(
        "teams.User", null=True, blank=True, on_delete=models.CASCADE, related_name="scim_record"
    )
    team = models.OneToOneField(
        "teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="scim_record"
    )
    provider = models.ForeignKey(IdentityProvider, null=True, on_delete=models.SET_NULL, related_name="+")
    external_id = models.CharField(max_length=254, blank=True, db_index=True)
    made = models.BooleanField(default=False, help_text="SCIM made it; otherwise it was there before.")
    changed_at = models.DateTimeField(default=timezone.now)
    gone_at = models.DateTimeField(null=True, blank=True)
    deactivated = models.BooleanField(
        default=False, help_text="SCIM deactivated the person, and nobody else did since."
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="scim_record_is_of_one",
                condition=Q(user__isnull=False, team__isnull=True) | Q(user__isnull=True, team__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return str(self.user or self.team)
