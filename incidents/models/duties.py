from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.phases import PATH, Phase

PHASES = [(phase.value, phase.label) for phase in PATH]


class RoleDuty(models.Model):
    """One thing that whoever holds a role does in a phase: a line of their checklist."""

    role = models.ForeignKey("teams.Role", on_delete=models.CASCADE, related_name="checklist")
    phase = models.CharField(max_length=16, choices=PHASES, default=Phase.DECLARE)
    text = models.CharField(max_length=200, help_text="A verb first: “Set the severity”.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["role__position", "phase", "position", "pk"]
        verbose_name = "duty"
        verbose_name_plural = "duties"
        indexes = [models.Index(fields=["phase", "role"], name="duty_of_phase")]
        constraints = [
            models.CheckConstraint(condition=Q(phase__in=[phase.value for phase in PATH]), name="duty_phase_known"),
            models.UniqueConstraint(fields=["role", "phase", "text"], name="duty_once"),
        ]

    def __str__(self) -> str:
        return self.text


class DutyDone(models.Model):
    """A duty that was ticked in an incident. What was ticked and taken back stands on the timeline."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="duties_done")
    duty = models.ForeignKey(RoleDuty, on_delete=models.CASCADE, related_name="done")
    done_by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "duties done"
        constraints = [models.UniqueConstraint(fields=["incident", "duty"], name="duty_done_once")]

    def __str__(self) -> str:
        return str(self.duty)


class NudgeSnooze(models.Model):
    """A reminder that is not to be shown in an incident for a while. `key` is a `incidents.nudges.Nudge`'s."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="snoozes")
    key = models.CharField(max_length=60)
    until = models.DateTimeField()
    by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["incident", "key"], name="snooze_once")]

    def __str__(self) -> str:
        return self.key
