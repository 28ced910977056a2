from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone

from comms import theme
from comms.domains import validate_domain
from comms.uids import short_uid
from teams.zones import validate_zone

LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]


class StatusPageQuerySet(models.QuerySet["StatusPage"]):
    def default(self) -> StatusPage | None:
        """The page that takes what names no page: the one marked so, else the only one there is."""
        first = list(self.order_by("-is_default", "pk")[:2])
        if first and (first[0].is_default or len(first) == 1):
            return first[0]
        return None

    def short(self) -> StatusPage | None:
        """The page at `/status/` and `/api/v2/`: the default one, as long as everybody may read it."""
        page = self.default()
        return page if page is not None and page.is_public else None


class StatusPage(models.Model):
    """What the outside reads about our services."""

    class Audience(models.TextChoices):
        PUBLIC = "public", "Everybody"
        CUSTOMERS = "customers", "Customers with a link"
        INTERNAL = "internal", "Everybody in the organization"
        EXECUTIVES = "executives", "Executives"

    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    name = models.CharField(max_length=80)
    slug = models.SlugField(max_length=80, unique=True)
    description = models.TextField(blank=True, help_text="A sentence under the name.")
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    support_url = models.URLField(blank=True)
    guarded = models.BooleanField(
        "only approvers publish",
        default=False,
        help_text="Others write drafts here, and one of the page's approvers publishes them.",
    )
    second_person = models.BooleanField(
        "needs a second person",
        default=False,
        help_text="Whoever wrote an update asks another to publish it: one of the page's approvers.",
    )
    approval_minutes = models.PositiveSmallIntegerField(
        "minutes for an approval",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text="A request that nobody answers by then lapses, and whoever asked is told.",
    )
    audience = models.CharField(
        max_length=10,
        choices=Audience,
        default=Audience.PUBLIC,
        help_text="Who reads it, and in whose words its updates are written.",
    )
    key_version = models.PositiveIntegerField(
        default=1, editable=False, help_text="Which link opens a page for customers; one more, and no older one does."
    )
    language = models.CharField(
        max_length=2, choices=LANGUAGES, default="en", help_text="Of the words that are ours: headings, states, dates."
    )
    other_languages = ArrayField(
        models.CharField(max_length=2, choices=LANGUAGES),
        default=list,
        blank=True,
        help_text="What else it can be read in. What people write is not translated.",
    )
    domain = models.CharField(
        max_length=253,
        blank=True,
        validators=[validate_domain],
        help_text="A host name that leads here, such as status.example.org, and shows this page alone.",
    )
    accent_light = models.CharField(
        "accent colour",
        max_length=7,
        blank=True,
        validators=[theme.validate_light],
        help_text="Of links and buttons on light ground, as #rrggbb.",
    )
    accent_dark = models.CharField(
        "accent colour in the dark",
        max_length=7,
        blank=True,
        validators=[theme.validate_dark],
        help_text="On dark ground; left out, a lighter one is made of the other.",
    )
    corners = models.CharField(max_length=6, choices=theme.CORNERS, default="round")
    typeface = models.CharField(max_length=6, choices=theme.TYPEFACES, default="sans")
    is_default = models.BooleanField(default=False, help_text="Served at /status/, and takes what names no page.")
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    changed = models.BigIntegerField(
        default=1, editable=False, help_text="Counts the changes of what readers see, by triggers."
    )

    objects = StatusPageQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["is_default"], condition=Q(is_default=True), name="status_page_one_default"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["public", "customers", "internal", "executives"]),
                name="status_page_audience_known",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(audience="public"),
                name="status_page_default_is_public",
                violation_error_message="The default page is for everybody. Make another one the default first.",
            ),
            models.UniqueConstraint(
                Lower("domain"),
                condition=~Q(domain=""),
                name="status_page_domain_once",
                violation_error_message="Another page has this domain.",
            ),
            models.CheckConstraint(
                condition=Q(domain="") | Q(audience__in=["public", "customers"]),
                name="status_page_domain_without_sign_in",
                violation_error_message="Who signs in does so at Watchbill's own address: a page for people of the "
                "organization has no domain of its own.",
            ),
            models.CheckConstraint(
                condition=Q(language__in=["en", "de", "fr", "es"])
                & Q(other_languages__contained_by=["en", "de", "fr", "es"]),
                name="status_page_language_known",
            ),
            # They become part of a style sheet and of addresses.
            models.CheckConstraint(
                condition=Q(accent_light__regex=r"^(#[0-9a-fA-F]{6})?$", accent_dark__regex=r"^(#[0-9a-fA-F]{6})?$"),
                name="status_page_accents_are_colours",
            ),
            models.CheckConstraint(condition=Q(domain__regex=r"^[a-z0-9.-]*$"), name="status_page_domain_is_a_name"),
            models.CheckConstraint(
                condition=Q(corners__in=["round", "soft", "sharp"], typeface__in=["sans", "serif", "mono"]),
                name="status_page_theme_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("comms:page", args=[self.slug])

    @property
    def is_public(self) -> bool:
        return self.audience == self.Audience.PUBLIC

    @property
    def languages(self) -> list[str]:
        """Codes, its own first."""
        return [self.language, *(code for code in self.other_languages if code != self.language)]


class PageRole(models.Model):
    """Somebody who keeps a status page, or reads one for executives, whatever their role in the organization."""

    class Role(models.TextChoices):
        EDITOR = "editor", "Editor"
        APPROVER = "approver", "Approver"
        READER = "reader", "Reader"

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="page_roles")
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)

    class Meta:
        ordering = ["page__name", "user__first_name"]
        verbose_name = "editor, approver or reader"
        verbose_name_plural = "editors, approvers and readers"
        constraints = [
            models.UniqueConstraint(fields=["page", "user", "role"], name="page_role_once"),
            models.CheckConstraint(condition=Q(role__in=["editor", "approver", "reader"]), name="page_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} of {self.page}"


class PageLogo(models.Model):
    """A picture in the place of the page's name, as it was written anew when it came (`comms.logos`)."""

    class Variant(models.TextChoices):
        LIGHT = "light", "On light ground"
        DARK = "dark", "On dark ground"

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="logos")
    variant = models.CharField(max_length=5, choices=Variant)
    data = models.BinaryField(editable=False)
    icon = models.BinaryField(editable=False, help_text="The same as a square, for a browser's tab.")
    width = models.PositiveSmallIntegerField(editable=False)
    height = models.PositiveSmallIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)

    class Meta:
        ordering = ["-variant"]
        verbose_name = "logo"
        constraints = [
            models.UniqueConstraint(fields=["page", "variant"], name="page_logo_once_a_ground"),
            models.CheckConstraint(condition=Q(variant__in=["light", "dark"]), name="page_logo_variant_known"),
        ]

    def __str__(self) -> str:
        return f"{self.page}, {self.get_variant_display().lower()}"


class ComponentGroup(models.Model):
    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="groups")
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    name = models.CharField(max_length=80)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Component(models.Model):
    """A part of the service in the words of its users, owned by a team through its service."""

    class Status(models.TextChoices):
        OPERATIONAL = "operational", "Operational"
        DEGRADED = "degraded_performance", "Degraded performance"
        PARTIAL = "partial_outage", "Partial outage"
        MAJOR = "major_outage", "Major outage"
        MAINTENANCE = "under_maintenance", "Under maintenance"

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="components")
    group = models.ForeignKey(
        ComponentGroup, null=True, blank=True, on_delete=models.SET_NULL, related_name="components"
    )
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    name = models.CharField(max_length=80)
    description = models.CharField(max_length=200, blank=True)
    status = models.CharField(max_length=24, choices=Status, default=Status.OPERATIONAL)
    service = models.ForeignKey(
        "teams.Service", null=True, blank=True, on_delete=models.SET_NULL, related_name="components"
    )
    team = models.ForeignKey(
        "teams.Team",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="components",
        help_text="Owner.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    only_show_if_degraded = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.UniqueConstraint(fields=["page", "name"], name="component_name_on_page"),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "operational",
                        "degraded_performance",
                        "partial_outage",
                        "major_outage",
                        "under_maintenance",
                    ]
                ),
                name="component_status_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name
