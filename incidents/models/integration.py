from __future__ import annotations

import hashlib
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from incidents.sources.registry import SOURCES, Source
from teams import permits
from teams.secrets import SealedField

# What carries the alerts of a team's drills. A real alert joins incidents of its own integration alone, so that it
# never joins a drill, and none of a drill joins a real incident.
DRILL = "drill"


class IntegrationQuerySet(models.QuerySet["Integration"]):
    def visible_to(self, user: Any) -> IntegrationQuerySet:
        """Those of the teams whose integrations `user` keeps."""
        return self.filter(team__in=permits.teams_where(user, "integration.change").values("pk"))

    def search(self, text: str) -> IntegrationQuerySet:
        """Those that have every word in their name, team or service, or as what is shown of a key."""
        found = self
        for word in text.split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(team__name__icontains=word)
                | Q(service__name__icontains=word)
                | Q(pk__in=Integration.objects.filter(keys__hint__istartswith=word[:8]).values("pk"))
            )
        return found


class IntegrationManager(models.Manager["Integration"]):
    """Integrations of tools. Those that only carry alerts of drills have no key, route nothing and are in no list."""

    def get_queryset(self) -> IntegrationQuerySet:
        return IntegrationQuerySet(self.model, using=self._db).exclude(kind=DRILL)

    def visible_to(self, user: Any) -> IntegrationQuerySet:
        return self.get_queryset().visible_to(user)

    def search(self, text: str) -> IntegrationQuerySet:
        return self.get_queryset().search(text)


class Integration(models.Model):
    """A tool that sends alerts, changes or signs of life, and where they go. Its keys open the door for it."""

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(
        max_length=20, choices=[*((each.name, each.title) for each in SOURCES.values()), (DRILL, "Drills")]
    )
    team = models.ForeignKey("teams.Team", on_delete=models.PROTECT, related_name="integrations")
    service = models.ForeignKey(
        "teams.Service",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="integrations",
        help_text="For what names no known service itself.",
    )
    private = models.BooleanField(default=False, help_text="Incidents that it opens are private to the team.")
    settings = models.JSONField(
        default=dict, blank=True, help_text="What its source reads by, such as the mapping of generic JSON."
    )
    secret = SealedField(
        blank=True, help_text="With which the tool signs what it sends, where it can. Empty: the key alone decides."
    )
    ceiling = models.PositiveIntegerField(
        null=True,
        blank=True,
        help_text="Incidents that it opens in a minute; what comes beyond becomes one. Empty: as many as come.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = IntegrationManager()
    every = IntegrationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(ceiling=None) | Q(ceiling__gte=1), name="integration_ceiling"),
            models.UniqueConstraint(fields=["team"], condition=Q(kind="drill"), name="integration_one_of_drills"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:integration", args=[self.pk])

    def shows_bodies_to(self, user: Any) -> bool:
        """Whether `user` may read what it sent: what becomes a private incident is private before that."""
        if not self.private:
            return True
        return permits.teams_where(user, "incident.view", private=True).filter(pk=self.team_id).exists()

    @property
    def source(self) -> Source:
        return SOURCES[self.kind]


class IntegrationKeyQuerySet(models.QuerySet["IntegrationKey"]):
    def good(self, now: datetime) -> IntegrationKeyQuerySet:
        """Those that open the door."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class IntegrationKey(models.Model):
    """A key of an integration, shown once and kept as a digest. Two are good at once while one takes over from the
    other."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="keys")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=8, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(null=True, editable=False, help_text="Until then it still works beside a newer.")
    revoked_at = models.DateTimeField(null=True, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)

    objects = IntegrationKeyQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"{self.hint}…"

    @staticmethod
    def digest_of(key: str) -> str:
        """SHA-256 as hex. Keys are random, so a lookup by digest leaks nothing by its timing."""
        return hashlib.sha256(key.encode(errors="replace")).hexdigest()

    def is_good(self, now: datetime) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


class HeartbeatQuerySet(models.QuerySet["Heartbeat"]):
    def due(self, now: datetime) -> HeartbeatQuerySet:
        """Those that should have come by `now` and whose silence nobody was told of."""
        return self.filter(due_at__lte=now, is_late=False)


class Heartbeat(models.Model):
    """A sign of life that is expected of something: every so many minutes, or as a cron expression says. When it does
    not come an alert fires, and ends when it comes again. One that was seen and is not expected waits to be set up."""

    integration = models.ForeignKey(Integration, on_delete=models.CASCADE, related_name="heartbeats")
    name = models.CharField(max_length=200, blank=True, help_text="As the tool calls it; empty for its only one.")
    period_minutes = models.PositiveIntegerField(null=True, blank=True, help_text="It comes at least every so often.")
    cron = models.CharField(max_length=100, blank=True, help_text="Or: it comes at these times, such as 15 3 * * *.")
    time_zone = models.CharField(max_length=64, default="UTC", help_text="Of the cron expression.")
    grace_minutes = models.PositiveIntegerField(default=5, help_text="How late it may be.")
    severity = models.CharField(max_length=40, default="critical", help_text="Of the alert, in a tool's words.")
    last_seen_at = models.DateTimeField(null=True, editable=False)
    due_at = models.DateTimeField(null=True, editable=False)
    is_late = models.BooleanField(default=False, editable=False)

    objects = HeartbeatQuerySet.as_manager()

    class Meta:
        ordering = ["integration", "name"]
        constraints = [
            models.UniqueConstraint(fields=["integration", "name"], name="heartbeat_once"),
            models.CheckConstraint(condition=Q(period_minutes=None) | Q(cron=""), name="heartbeat_period_or_cron"),
            models.CheckConstraint(
                condition=Q(period_minutes=None) | Q(period_minutes__gte=1), name="heartbeat_period_of_a_minute"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(is_late=False), name="heartbeat_due")]

    def __str__(self) -> str:
        return self.name or str(self.integration)
