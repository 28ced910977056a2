from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from incidents import clock
from incidents.models.incident import Incident


class PromiseQuerySet(models.QuerySet["Promise"]):
    def visible_to(self, user: Any) -> PromiseQuerySet:
        """Those of the incidents that `user` may see."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def standing(self) -> PromiseQuerySet:
        """What stakeholders still wait for."""
        return self.filter(ended_at=None)

    def scored(self) -> PromiseQuerySet:
        """What counts in a score: kept or broken, and of no drill."""
        return self.filter(outcome__in=["kept", "broken"], incident__drill=False)


class Promise(models.Model):
    """The next update, promised for a time. Its row is the whole clock: `remind_at` is when somebody hears of it next,
    and who, is `step`; both are done with when it ends. One that is late is broken from then on and stands until
    stakeholders are told."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Not due yet"
        KEPT = "kept", "Kept"
        BROKEN = "broken", "Broken"
        MOVED = "moved", "Moved before it was due"
        VOID = "void", "Ended with the incident"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="promises")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Empty: Watchbill."
    )
    to_readers = models.BooleanField(
        default=False, help_text="An update gave its readers this time; else the severity asks for it."
    )
    due_at = models.DateTimeField()
    outcome = models.CharField(max_length=6, choices=Outcome, default=Outcome.OPEN)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the update came.")
    ended_at = models.DateTimeField(null=True, blank=True)
    step = models.PositiveSmallIntegerField(default=0, help_text="Of `clock.Step`: the one that comes next.")
    remind_at = models.DateTimeField(null=True, blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["-due_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident"], condition=Q(ended_at=None), name="promise_one_standing"),
            models.CheckConstraint(
                condition=Q(outcome="open", ended_at=None)
                | Q(outcome="broken")
                | Q(outcome="kept", ended_at__isnull=False, told_at__isnull=False)
                | Q(outcome__in=["moved", "void"], ended_at__isnull=False, told_at=None),
                name="promise_outcome",
            ),
            models.CheckConstraint(condition=Q(remind_at=None) | Q(ended_at=None), name="promise_reminds_while_open"),
        ]
        indexes = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="promise_remind"),
            models.Index(fields=["due_at"], condition=Q(outcome__in=["kept", "broken"]), name="promise_scored"),
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference}, by {self.due_at:%H:%M}"

    def minutes_late(self, now: datetime) -> int:
        """By how many minutes its update came late, or would if it came now."""
        return clock.minutes_late(self.due_at, self.told_at or self.ended_at or now)


class EstimateQuerySet(models.QuerySet["Estimate"]):
    def visible_to(self, user: Any) -> EstimateQuerySet:
        """Those of the incidents that `user` may see."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def scored(self) -> EstimateQuerySet:
        """What counts in a score, and is of no drill."""
        return self.filter(outcome__in=["inside", "early", "late"], incident__drill=False)


class Confidence(models.TextChoices):
    LOW = "low", "Low"
    MEDIUM = "medium", "Medium"
    HIGH = "high", "High"


class Estimate(models.Model):
    """When readers were told that service is expected back, and what came of it. Without `early_at` it was said by when
    alone."""

    class Outcome(models.TextChoices):
        OPEN = "open", "Not back yet"
        INSIDE = "inside", "As expected"
        EARLY = "early", "Back earlier"
        LATE = "late", "Back later"
        VOID = "void", "Ended without service coming back"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="estimates")
    made_at = models.DateTimeField(default=timezone.now)
    made_by = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    early_at = models.DateTimeField(null=True, blank=True)
    late_at = models.DateTimeField()
    confidence = models.CharField(max_length=6, choices=Confidence, blank=True, help_text="Empty: nobody said.")
    outcome = models.CharField(max_length=6, choices=Outcome, default=Outcome.OPEN)
    back_at = models.DateTimeField(null=True, blank=True, help_text="When service was back.")

    objects = EstimateQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(early_at=None) | Q(early_at__lte=F("late_at")), name="estimate_begins_before_it_ends"
            ),
            models.CheckConstraint(
                condition=Q(confidence__in=["", "low", "medium", "high"]), name="estimate_confidence"
            ),
            models.CheckConstraint(
                condition=Q(outcome__in=["open", "void"], back_at=None)
                | Q(outcome__in=["inside", "early", "late"], back_at__isnull=False),
                name="estimate_outcome",
            ),
        ]
        indexes = [
            models.Index(fields=["incident"], condition=Q(outcome="open"), name="estimate_open"),
            models.Index(
                fields=["back_at"], condition=Q(outcome__in=["inside", "early", "late"]), name="estimate_scored"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.incident.reference}, back by {self.late_at:%H:%M}"

    def minutes_off(self, at: datetime) -> int:
        """How many minutes after its range service is back at `at`; negative before it, 0 within."""
        late, early = clock.minutes_late(self.late_at, at), 0
        if self.early_at is not None:
            early = clock.minutes_late(at, self.early_at)
        return late or -early
