from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from teams.hours import restrictions_from_json
from teams.secrets import SealedField
from teams.zones import validate_zone


def validate_hours(value: Any) -> None:
    try:
        restrictions_from_json(value)
    except ValueError as error:
        raise ValidationError(str(error)) from error


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
    acknowledge_minutes = models.PositiveSmallIntegerField(
        "minutes that an acknowledgement lasts",
        null=True,
        blank=True,
        default=30,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="An incident that was acknowledged and that nobody has declared by then pages again, 1 to 1440 "
        "minutes. Empty: never.",
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
    worst_level = models.PositiveSmallIntegerField(
        "only for severities up to",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text="2 takes this step for SEV1 and SEV2 and passes over it for others. An incident whose severity "
        "nobody knows yet takes every step. Empty: always.",
    )
    hours = models.JSONField(
        "only in these hours", default=list, blank=True, validators=[validate_hours], help_text="Empty: at any time."
    )
    time_zone = models.CharField(
        max_length=64, blank=True, default="", validators=[validate_zone], help_text="Of the hours. Empty: UTC."
    )

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.policy}, step {self.position + 1}"


class EscalationTarget(models.Model):
    """Whom a step pages. `way` says which of them: of a schedule whoever is on call, everybody in its rotation, or one
    after the other; of a team everybody or one after the other; a person; or a webhook that is called."""

    class Way(models.TextChoices):
        ON_CALL = "on_call", "Whoever is on call"
        EVERYBODY = "everybody", "Everybody"
        ROUND_ROBIN = "round_robin", "One after the other"

    step = models.ForeignKey(EscalationStep, on_delete=models.CASCADE, related_name="targets")
    way = models.CharField(max_length=12, choices=Way, default=Way.ON_CALL)
    schedule = models.ForeignKey("teams.Schedule", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    webhook = models.ForeignKey("teams.Webhook", null=True, blank=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="target_is_one_thing",
                condition=Q(schedule__isnull=False, user__isnull=True, team__isnull=True, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=False, team__isnull=True, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=False, webhook__isnull=True)
                | Q(schedule__isnull=True, user__isnull=True, team__isnull=True, webhook__isnull=False),
                violation_error_message="Choose exactly one: a schedule, a person, a team, or a webhook.",
            ),
            models.CheckConstraint(
                name="target_way_known",
                condition=Q(way__in=["on_call", "everybody", "round_robin"]),
            ),
        ]

    def __str__(self) -> str:
        return str(self.schedule or self.user or self.team or self.webhook)


class Webhook(models.Model):
    """An address outside that a team has called with a signed message, as a step of its escalation policies."""

    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE, related_name="webhooks")
    name = models.CharField(max_length=80)
    url = SealedField(help_text="https. It may hold a key, so it is kept encrypted.")
    secret = SealedField(blank=True, editable=False, help_text="Signs what is sent, as Standard Webhooks has it.")
    former_secret = SealedField(blank=True, editable=False, help_text="Signs as well until it is dropped.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["team__name", "name"]
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="webhook_name_in_team")]

    def __str__(self) -> str:
        return f"{self.team} · {self.name}"

    @property
    def host(self) -> str:
        """As much of the address as may be shown: the rest may be a key."""
        return urlsplit(self.url).hostname or ""

    def clean(self) -> None:
        from teams.outward import Unsafe, parse

        self.url = self.url.strip()
        try:
            parse(self.url, ("https",))
        except Unsafe as unsafe:
            raise ValidationError({"url": str(unsafe)}) from None
