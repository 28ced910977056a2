from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class BundleQuerySet(models.QuerySet["Bundle"]):
    def due(self, now: datetime) -> BundleQuerySet:
        return self.filter(closed_at=None, closes_at__lte=now)


class Bundle(models.Model):
    """A while in which one person was paged and hears of what follows in one digest at its end. What is worse than
    `severity` or of higher urgency breaks through, and becomes the measure of the rest."""

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="+")
    urgency = models.CharField(max_length=4)
    severity = models.PositiveSmallIntegerField(null=True)
    opened_at = models.DateTimeField(default=timezone.now)
    closes_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True, help_text="Since when the person has all that its digest named.")
    answered_all_at = models.DateTimeField(null=True, help_text="Each of its incidents has been acknowledged since.")

    objects = BundleQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["user"], condition=Q(closed_at=None), name="bundle_one_open"),
            models.CheckConstraint(condition=Q(urgency__in=["high", "low"]), name="bundle_urgency"),
        ]
        indexes = [
            models.Index(fields=["closes_at"], condition=Q(closed_at=None), name="bundle_due"),
            models.Index(
                fields=["answered_at"],
                condition=Q(answered_at__isnull=False, answered_all_at=None),
                name="bundle_answering",
            ),
        ]

    def __str__(self) -> str:
        return f"Pages to {self.user} from {self.opened_at:%H:%M:%S}"
