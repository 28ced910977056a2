from __future__ import annotations

from django.db import models
from django.utils import timezone


class Pin(models.Model):
    """A line of the timeline that stands on top of it. Taking it down removes the row; that it was up, and who did
    what, is told by the timeline."""

    MOST = 7

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="pins")
    entry = models.ForeignKey("incidents.TimelineEntry", on_delete=models.PROTECT, related_name="pins")
    pinned_by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")
    pinned_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "entry"], name="pin_once")]

    def __str__(self) -> str:
        return str(self.entry)
