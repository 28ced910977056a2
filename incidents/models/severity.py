from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q


class Severity(models.Model):
    """How bad, in words that an admin can edit, and the habits that follow from it."""

    level = models.PositiveSmallIntegerField(
        primary_key=True, validators=[MinValueValidator(1), MaxValueValidator(4)], help_text="1 is the worst."
    )
    label = models.CharField(max_length=40, help_text="In a word or two, such as “Critical”.")
    definition = models.TextField(help_text="What has to be true, so that two people at 3 a.m. choose the same.")
    comms_required = models.BooleanField(default=True, help_text="Stakeholders are told while it lasts.")
    update_minutes = models.PositiveSmallIntegerField(
        default=30, help_text="Minutes until the next update is due, unless another time was promised."
    )
    attempt_minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Minutes without an attempt to restore service until the Incident Commander is shown what could be "
        "tried. 0: never. Empty: the organization's.",
    )
    postmortem_days = models.PositiveSmallIntegerField(default=5, help_text="Working days until it is published.")
    meeting_days = models.PositiveSmallIntegerField(default=5, help_text="Working days until the review meets.")
    circulate_days = models.PositiveSmallIntegerField(
        default=1, help_text="Working days before the meeting on which everybody who meets has the text."
    )
    assign_days = models.PositiveSmallIntegerField(
        default=3, help_text="Working days until every action item must have an owner and a date."
    )
    action_days = models.PositiveSmallIntegerField(
        default=20,
        validators=[MinValueValidator(1)],
        help_text="Working days until an action item is done: half as many for high priority, twice as many for low.",
    )
    relevance_days = models.PositiveSmallIntegerField(
        default=90,
        help_text="Days after which the owner of an open action item is asked whether it is still relevant, again and "
        "again. 0: never.",
    )
    urgency = models.CharField(
        max_length=4,
        choices=[("high", "High"), ("low", "Low")],
        default="high",
        help_text="Which of their notification rules people are paged by. Low urgency waits for the end of the night.",
    )
    waiver_allowed = models.BooleanField(default=False, help_text="The postmortem may be waived with a reason.")

    class Meta:
        ordering = ["level"]
        verbose_name_plural = "severities"
        constraints = [
            models.CheckConstraint(condition=Q(level__gte=1, level__lte=4), name="severity_level_1_to_4"),
            models.CheckConstraint(condition=Q(update_minutes__gte=1), name="severity_update_minutes"),
            models.CheckConstraint(condition=Q(urgency__in=["high", "low"]), name="severity_urgency"),
        ]

    def __str__(self) -> str:
        return f"SEV{self.level} {self.label}"

    @property
    def code(self) -> str:
        return f"SEV{self.level}"


class IncidentType(models.Model):
    """What sort of trouble it is (an outage, a breach, lost data): habits such as who is called may differ by it."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)
    description = models.TextField(blank=True, help_text="When to choose it, in a sentence.")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name
