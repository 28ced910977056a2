from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils import timezone


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
