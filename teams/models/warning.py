from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

# How long before it begins the worst is told at once.
URGENT = timedelta(hours=24)
# Whoever is in the midst of changing a roster is not written to.
GRACE = timedelta(minutes=5)


class RosterWarnings(models.QuerySet["RosterWarning"]):
    def open(self) -> RosterWarnings:
        return self.filter(gone_at=None)

    def due(self, now: datetime, morning: datetime) -> RosterWarnings:
        """Those to be told of now: what was found before `morning`, the last time at which digests were written; what
        hurts within a day; and once more, a day before their duty, who still can't be reached."""
        soon = Q(starts_at__lte=now + URGENT)
        urgent = Q(kind__in=URGENT_KINDS, told_at=None, found_at__lte=now - GRACE)
        again = Q(kind=RosterWarning.Kind.UNREACHABLE, told_at__lt=F("starts_at") - URGENT)
        return self.open().filter(Q(told_at=None, found_at__lt=morning) | soon & (urgent | again))


class RosterWarning(models.Model):
    """Something in a team's rosters that will hurt later. `key` is the same while it is the same trouble, so that it is
    told of once; `gone_at` is when it was mended."""

    class Kind(models.TextChoices):
        GAP = "gap", "Nobody on call"
        TWICE = "twice", "On two schedules at once"
        UNREACHABLE = "unreachable", "Can't be reached"
        ALONE = "alone", "One person only"
        NIGHTS = "nights", "Too many nights"
        AWAY = "away", "On call while away"
        IMPORT = "import", "Calendar can't be read"

    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE, related_name="roster_warnings")
    schedule = models.ForeignKey("teams.Schedule", null=True, on_delete=models.CASCADE, related_name="roster_warnings")
    user = models.ForeignKey("teams.User", null=True, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=16, choices=Kind)
    key = models.CharField(max_length=120)
    text = models.TextField()
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    found_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)

    objects: ClassVar[RosterWarnings] = RosterWarnings.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["team", "key"], condition=Q(gone_at=None), name="roster_warning_open_once"),
            models.CheckConstraint(
                condition=Q(ends_at=None) | Q(ends_at__gt=F("starts_at")), name="roster_warning_ends_after_start"
            ),
        ]
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return self.text

    def get_absolute_url(self) -> str:
        """The calendar at the time that it is about; the team's page where it is about no schedule."""
        if self.schedule is None:
            return self.team.get_absolute_url()
        if self.starts_at is None:
            return self.schedule.get_absolute_url()
        day = self.starts_at.astimezone(ZoneInfo(self.schedule.time_zone)).date()
        return f"{self.schedule.get_absolute_url()}?{urlencode({'from': day.isoformat()})}"

    def cover_url(self, now: datetime) -> str:
        """The form in which somebody stands in for the span that it is about, from `now` on; empty for no span."""
        if self.schedule is None or self.starts_at is None:
            return ""
        day = self.starts_at.astimezone(ZoneInfo(self.schedule.time_zone)).date()
        asked = {"from": day.isoformat(), "starts_at": max(self.starts_at, now.replace(microsecond=0)).isoformat()}
        if self.ends_at is not None:
            asked["ends_at"] = self.ends_at.isoformat()
        return f"{self.schedule.get_absolute_url()}?{urlencode(asked)}#override"

    def urgent(self, now: datetime) -> bool:
        return self.kind in URGENT_KINDS and self.starts_at is not None and self.starts_at <= now + URGENT


URGENT_KINDS = (RosterWarning.Kind.GAP, RosterWarning.Kind.UNREACHABLE)
