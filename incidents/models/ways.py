"""What is known of ways to stop the bleeding: which change did it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class ChangeMark(models.Model):
    """What people think of a change in an incident. One at a time: how they came to think so is on the timeline."""

    class State(models.TextChoices):
        SUSPECT = "suspect", "Suspect"
        DISMISSED = "dismissed", "Not this one"
        CAUSED = "caused", "Caused it"
        FIXED = "fixed", "Fixed it"

    # What the incident's page and the API call the suspected change, the surer first.
    BLAMED = (State.CAUSED, State.SUSPECT)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="marks")
    change = models.ForeignKey("incidents.Change", on_delete=models.CASCADE, related_name="marks")
    state = models.CharField(max_length=10, choices=State)
    by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "change"], name="change_mark_once"),
            models.CheckConstraint(
                condition=Q(state__in=["suspect", "dismissed", "caused", "fixed"]), name="change_mark_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.change}"
