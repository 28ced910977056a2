from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class EscalationRunQuerySet(models.QuerySet["EscalationRun"]):
    def due(self, now: datetime) -> EscalationRunQuerySet:
        return self.filter(state="running", due_at__lte=now)


class EscalationRun(models.Model):
    """One walk through a policy for one incident. The policy is kept as it was when the run began, and `due_at` is
    the whole schedule: whatever crashes, the next sweep goes on from this row."""

    class State(models.TextChoices):
        RUNNING = "running", "Paging"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        STOPPED = "stopped", "Stopped"
        EXHAUSTED = "exhausted", "Nobody answered"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="runs")
    policy = models.ForeignKey("teams.EscalationPolicy", null=True, on_delete=models.SET_NULL, related_name="+")
    snapshot = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    level = models.PositiveSmallIntegerField(default=0, help_text="The step that comes next.")
    loop = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=200, blank=True)

    objects = EscalationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(state="running"), name="run_one_running"),
            models.CheckConstraint(
                condition=Q(state="running", due_at__isnull=False) | ~Q(state="running"),
                name="run_is_due_or_over",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "acknowledged", "stopped", "exhausted"]), name="run_state_known"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(state="running"), name="run_due")]

    def __str__(self) -> str:
        return f"{self.incident.reference}, {self.get_state_display().lower()}"


class Page(models.Model):
    """One person called for one incident by one step of a run; the key keeps a retry from calling twice."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="pages")
    run = models.ForeignKey(EscalationRun, on_delete=models.PROTECT, related_name="pages")
    user = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="pages")
    level = models.PositiveSmallIntegerField()
    loop = models.PositiveSmallIntegerField(default=0)
    why = models.CharField(max_length=200, help_text="The rule that chose this person.")
    created_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["run", "loop", "level", "user"], name="page_once_a_step")]

    def __str__(self) -> str:
        return f"{self.user} for {self.incident.reference}"
