from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from comms.uids import short_uid
from teams.zones import validate_zone


class StatusPageQuerySet(models.QuerySet["StatusPage"]):
    def default(self) -> StatusPage | None:
        """The page that takes what names no page: the one marked so, else the only one there is."""
        first = list(self.order_by("-is_default", "pk")[:2])
        if first and (first[0].is_default or len(first) == 1):
            return first[0]
        return None


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
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("comms:page", args=[self.slug])


class PageRole(models.Model):
    """Somebody who keeps a status page, whatever their role in the organization."""

    class Role(models.TextChoices):
        EDITOR = "editor", "Editor"
        APPROVER = "approver", "Approver"

    page = models.ForeignKey(StatusPage, on_delete=models.CASCADE, related_name="roles")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="page_roles")
    role = models.CharField(max_length=10, choices=Role, default=Role.EDITOR)

    class Meta:
        ordering = ["page__name", "user__first_name"]
        verbose_name = "editor or approver"
        verbose_name_plural = "editors and approvers"
        constraints = [
            models.UniqueConstraint(fields=["page", "user", "role"], name="page_role_once"),
            models.CheckConstraint(condition=Q(role__in=["editor", "approver"]), name="page_role_known"),
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display().lower()} of {self.page}"


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
