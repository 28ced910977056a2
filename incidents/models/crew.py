from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class TeamRequest(models.Model):
    """Another team that is asked to help with an incident: it is paged by its own policy until one of it says yes."""

    class State(models.TextChoices):
        ASKED = "asked", "Asked"
        ACCEPTED = "accepted", "Helping"
        DECLINED = "declined", "Declined"
        RELEASED = "released", "Released"
        WITHDRAWN = "withdrawn", "Withdrawn"

    STANDING = (State.ASKED, State.ACCEPTED)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="team_requests")
    team = models.ForeignKey("teams.Team", on_delete=models.PROTECT, related_name="requests")
    state = models.CharField(max_length=10, choices=State, default=State.ASKED)
    why = models.TextField(help_text="What is needed of them.")
    asked_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    answered_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    answered_at = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="Why not, where they declined.")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "team"], condition=Q(state__in=["asked", "accepted"]), name="crew_asked_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["asked", "accepted"], ended_at=None)
                | Q(state__in=["declined", "released", "withdrawn"], ended_at__isnull=False),
                name="crew_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(answered_by__isnull=False, answered_at__isnull=False),
                name="crew_accepted_by_somebody",
            ),
            models.CheckConstraint(condition=~Q(state="declined") | ~Q(reason=""), name="crew_declined_for_a_reason"),
            models.CheckConstraint(condition=~Q(why=""), name="crew_asked_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.team} for {self.incident.reference}"

    @property
    def is_standing(self) -> bool:
        return self.state in self.STANDING
