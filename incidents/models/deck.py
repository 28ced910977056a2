from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from incidents.models.mitigation import Mitigation


class CardQuerySet(models.QuerySet["MitigationCard"]):
    def playable(self) -> CardQuerySet:
        """Those that an incident is shown: approved, and not retired."""
        return self.filter(approved_at__isnull=False, retired_at=None)

    def search(self, text: str) -> CardQuerySet:
        """Those in which every word stands somewhere."""
        found = self
        for word in text.split()[:8]:
            found = found.filter(Q(title__icontains=word) | Q(how__icontains=word) | Q(expected_effect__icontains=word))
        return found


class MitigationCard(models.Model):
    """A generic mitigation of a service: tried out and approved before anybody needs it, so that at night it only has
    to be chosen. The cards of a service are its deck."""

    class Risk(models.TextChoices):
        LOW = "low", "Low risk"
        MEDIUM = "medium", "Some risk"
        HIGH = "high", "High risk"

    service = models.ForeignKey("teams.Service", on_delete=models.CASCADE, related_name="cards")
    kind = models.CharField(max_length=16, choices=Mitigation.Kind, default=Mitigation.Kind.ROLL_BACK)
    title = models.CharField(max_length=200, help_text="Begin with a verb: Fail over to the other region.")
    how = models.TextField(blank=True, help_text="Step by step, in Markdown: the commands, and where they are run.")
    risk = models.CharField(max_length=6, choices=Risk, default=Risk.MEDIUM)
    reversible = models.BooleanField(default=True, help_text="What it changes can be taken back.")
    undo = models.CharField("to undo it", max_length=200, blank=True)
    minutes = models.PositiveSmallIntegerField(
        "usual duration",
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(24 * 60)],
        help_text="Minutes from its start until its effect is seen. Then somebody is asked whether it worked.",
    )
    expected_effect = models.CharField(max_length=200, blank=True, help_text="What it should change.")
    success_signal = models.CharField(max_length=200, blank=True, help_text="What is seen when it works.")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    approved_at = models.DateTimeField(null=True, blank=True, editable=False)
    approved_by = models.ForeignKey(
        "teams.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    last_tried_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_drilled_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CardQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        verbose_name = "generic mitigation"
        constraints = [
            models.CheckConstraint(condition=Q(risk__in=["low", "medium", "high"]), name="card_risk"),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="card_minutes"),
            models.UniqueConstraint(
                fields=["service", "title"], condition=Q(retired_at=None), name="card_once_in_a_deck"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:card", args=[self.service.slug, self.pk])

    @property
    def team(self) -> Any:
        return self.service.team

    @property
    def state(self) -> str:
        """draft, approved or retired."""
        if self.retired_at:
            return "retired"
        return "approved" if self.approved_at else "draft"

    @property
    def proven_at(self) -> datetime | None:
        """When it was last carried out, in an incident or in a drill."""
        return max(filter(None, (self.last_tried_at, self.last_drilled_at)), default=None)

    @property
    def takes(self) -> str:
        """Its usual duration, in words."""
        hours, minutes = divmod(self.minutes, 60)
        return f"about {hours} h {minutes:02}" if hours else f"about {minutes} min"

    def is_stale(self, now: datetime, days: int) -> bool:
        """Whether nobody has carried it out for `days`, so that nobody knows whether it still works."""
        return (self.proven_at or self.created_at) < now - timedelta(days=days)
