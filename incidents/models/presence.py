from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import models
from django.db.models import OuterRef, Subquery

if TYPE_CHECKING:
    from incidents.models.incident import Incident
    from teams.models import User


class PresenceQuerySet(models.QuerySet["Presence"]):
    def here(self, now: datetime) -> PresenceQuerySet:
        """Whose page asked for news a moment ago."""
        return self.filter(seen_at__gt=now - Presence.GONE_AFTER)

    def note(self, incident: Incident, user: User, now: datetime) -> None:
        """Somebody looks at the incident's page. Of two notes at the same time the later one stays."""
        Presence.objects.bulk_create(
            [Presence(incident=incident, user=user, seen_at=now)],
            update_conflicts=True,
            unique_fields=["incident", "user"],
            update_fields=["seen_at"],
        )


class Presence(models.Model):
    """Who has the page of an incident open, by when it last asked for news. Worth nothing a minute later: the table is
    not logged, and a database that crashed begins with an empty one."""

    # A page that nobody looks at asks for nothing, so whoever turns away is gone soon.
    GONE_AFTER = timedelta(seconds=30)
    NOTED_EVERY = timedelta(seconds=10)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="presences")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="+")
    seen_at = models.DateTimeField()

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "user"], name="presence_once")]

    def __str__(self) -> str:
        return f"{self.user} at {self.incident}"


def who_is_here(now: datetime) -> Subquery:
    """The keys of those who are at an incident, ascending, as an annotation of incidents; None for nobody."""
    rows = Presence.objects.here(now).filter(incident=OuterRef("pk"), user__is_active=True).order_by()
    return Subquery(rows.values("incident").annotate(who=ArrayAgg("user", order_by="user")).values("who"))


def last_seen(user: User) -> Subquery:
    """When `user` was noted at an incident, as an annotation of incidents."""
    return Subquery(Presence.objects.filter(incident=OuterRef("pk"), user=user).values("seen_at"))
