from __future__ import annotations

from django.db import models
from django.db.models import Q

from incidents.figures.moments import MOMENTS

CHOICES = [(key, label) for key, (label, _) in MOMENTS.items()]


class FigureDefinition(models.Model):
    """What a figure is, in words and by the moments that it lies between. Figures that are counted have no moments."""

    class Unit(models.TextChoices):
        DURATION = "duration", "How long"
        COUNT = "count", "How many"
        SHARE = "share", "Part of all"

    slug = models.SlugField(max_length=40, unique=True, help_text="As the address and Prometheus have it.")
    title = models.CharField(max_length=80)
    says = models.TextField("definition", help_text="What it says, in a sentence or two. It stands beside the chart.")
    start = models.CharField("from", max_length=20, blank=True, choices=CHOICES)
    end = models.CharField("to", max_length=20, blank=True, choices=CHOICES)
    unit = models.CharField(max_length=8, choices=Unit, default=Unit.DURATION)
    position = models.PositiveSmallIntegerField(default=0)
    shown = models.BooleanField(default=True, help_text="It has a chart, and stands in reports.")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(unit="duration", start__in=list(MOMENTS), end__in=list(MOMENTS)) & ~Q(start=models.F("end"))
                | Q(unit__in=["duration", "count", "share"], start="", end=""),
                name="figure_between_two_moments",
            ),
        ]

    def __str__(self) -> str:
        return self.title


class IncidentMoments(models.Model):
    """When what happened in an incident: what its timeline says, kept beside it so that ten thousand are read at once.
    Written by `actions.figures` alone, and made anew from the timeline whenever the incident's version is another."""

    incident = models.OneToOneField(
        "incidents.Incident", primary_key=True, on_delete=models.CASCADE, related_name="moments"
    )
    version = models.PositiveIntegerField()
    stays = models.JSONField(default=dict, help_text="Seconds in each phase that it has left, all stays together.")

    impact_started_at = models.DateTimeField(null=True)
    detected_at = models.DateTimeField(null=True)
    first_paged_at = models.DateTimeField(null=True)
    acknowledged_at = models.DateTimeField(null=True)
    declared_at = models.DateTimeField(null=True)
    commander_accepted_at = models.DateTimeField(null=True)
    mitigation_started_at = models.DateTimeField(null=True)
    first_mitigation_at = models.DateTimeField(null=True)
    mitigated_at = models.DateTimeField(null=True)
    first_resolved_at = models.DateTimeField(null=True)
    resolved_at = models.DateTimeField(null=True)
    impact_ended_at = models.DateTimeField(null=True)
    first_update_at = models.DateTimeField(null=True)
    review_started_at = models.DateTimeField(null=True)
    drafted_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"Moments of incident {self.incident_id}"
