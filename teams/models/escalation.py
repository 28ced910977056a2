from __future__ import annotations

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q


class EscalationPolicy(models.Model):
    """Whom to page, in which order, and how long to wait for an answer."""

    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE, related_name="policies")
    name = models.CharField(max_length=80)
    repeat = models.PositiveSmallIntegerField(
        default=2,
        validators=[MaxValueValidator(20)],
        help_text="How often the steps start over when nobody has answered.",
    )
    fallback_user = models.ForeignKey(
        "teams.User",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Paged at once when a step finds nobody on call.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="policy_name_in_team")]
        ordering = ["team__name", "name"]
        verbose_name_plural = "escalation policies"

    def __str__(self) -> str:
        return f"{self.team} · {self.name}"


class EscalationStep(models.Model):
    policy = models.ForeignKey(EscalationPolicy, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField(default=0)
    delay_minutes = models.PositiveSmallIntegerField(
        default=5, help_text="Minutes to wait for an answer before the next step."
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.policy}, step {self.position + 1}"


class EscalationTarget(models.Model):
    """Exactly one of a schedule's on-call person, a person, or a whole team."""

    step = models.ForeignKey(EscalationStep, on_delete=models.CASCADE, related_name="targets")
    schedule = models.ForeignKey("teams.Schedule", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="target_is_one_thing",
                condition=Q(schedule__isnull=False, user__isnull=True, team__isnull=True)
                | Q(schedule__isnull=True, user__isnull=False, team__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=False),
                violation_error_message="Choose exactly one: a schedule, a person, or a team.",
            )
        ]

    def __str__(self) -> str:
        return str(self.schedule or self.user or self.team)
