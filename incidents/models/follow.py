from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

# What each level of following hears of, by the kind of a timeline's entry.
HEARS = {
    "updates": frozenset({"update"}),
    "phases": frozenset({"update", "phase", "severity"}),
    "all": frozenset(
        {"update", "phase", "severity", "impact", "change", "role", "mitigation", "note", "decision", "task"}
        | {"team", "relation", "correction", "review"}
    ),
}


class Follow(models.Model):
    """Somebody inside the company who wants to hear of an incident, and of how much of it. `off`: they said that they
    don't, and taking part does not change that."""

    class Level(models.TextChoices):
        UPDATES = "updates", "Status updates"
        PHASES = "phases", "Updates, phases and severity"
        ALL = "all", "Everything that people do"
        OFF = "off", "Nothing"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="follows")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="follows")
    level = models.CharField(max_length=8, choices=Level, default=Level.PHASES)
    by_itself = models.BooleanField(default=False, help_text="Because they took part, or by a rule of theirs.")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="follow_once"),
            models.CheckConstraint(condition=Q(level__in=["updates", "phases", "all", "off"]), name="follow_level"),
        ]

    def __str__(self) -> str:
        return f"{self.user} follows {self.incident_id}"


class FollowRule(models.Model):
    """What somebody follows by itself once it is declared: incidents of their teams or of every team, up to a
    severity."""

    class Whose(models.TextChoices):
        MY_TEAMS = "my_teams", "Incidents of my teams"
        EVERY_TEAM = "every_team", "Incidents of every team"

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="follow_rules")
    whose = models.CharField(max_length=12, choices=Whose, default=Whose.MY_TEAMS)
    worst_level = models.PositiveSmallIntegerField(default=2, help_text="From SEV1 up to this one.")
    level = models.CharField(max_length=8, choices=Follow.Level, default=Follow.Level.PHASES)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["user", "whose"], name="follow_rule_once"),
            models.CheckConstraint(condition=Q(worst_level__gte=1, worst_level__lte=4), name="follow_rule_severity"),
            models.CheckConstraint(condition=Q(whose__in=["my_teams", "every_team"]), name="follow_rule_whose"),
            models.CheckConstraint(condition=Q(level__in=["updates", "phases", "all"]), name="follow_rule_level"),
        ]

    def __str__(self) -> str:
        return f"{self.get_whose_display()}, up to SEV{self.worst_level}"
