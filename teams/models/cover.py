"""What people arrange among themselves: a swap of duty, and time off."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone


class SwapQuerySet(models.QuerySet[Any]):
    def in_state(self, state: str, now: datetime) -> SwapQuerySet:
        """Those that stand at `now` as `Swap.stands` says; the state of an open one whose start has passed is written
        later. Empty: all."""
        if state == Swap.State.OPEN:
            return self.filter(state=state, starts_at__gt=now)
        if state == Swap.State.EXPIRED:
            return self.filter(Q(state=state) | Q(state=Swap.State.OPEN, starts_at__lte=now))
        return self.filter(state=state) if state else self


class Swap(models.Model):
    """Somebody asks to be covered in [starts_at, ends_at), by one colleague or by anyone; `back` is the span of the
    other's duty that is taken in return. Accepting it makes the overrides, which keep who covers whom."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"
        WITHDRAWN = "withdrawn", "Withdrawn"
        EXPIRED = "expired", "Expired"

    schedule = models.ForeignKey("teams.Schedule", on_delete=models.CASCADE, related_name="swaps")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="swaps_asked_for")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    asked = models.ForeignKey(
        "teams.User",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="swaps_to_answer",
        help_text="Empty: anyone of the team or the rotation.",
    )
    back_starts_at = models.DateTimeField(null=True, blank=True)
    back_ends_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=12, choices=State, default=State.OPEN, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    answered_at = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(
        "teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="swaps_answered"
    )

    objects: ClassVar[models.Manager[Swap]] = models.Manager.from_queryset(SwapQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="swap_ends_after_start"),
            models.CheckConstraint(
                condition=Q(back_starts_at=None, back_ends_at=None) | Q(back_ends_at__gt=F("back_starts_at")),
                name="swap_back_ends_after_start",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "declined", "withdrawn", "expired"]), name="swap_state"
            ),
            models.CheckConstraint(condition=Q(asked=None) | ~Q(asked=F("user")), name="swap_with_somebody_else"),
        ]
        indexes = [models.Index(fields=["schedule", "state", "starts_at"])]
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} asks for cover on {self.schedule}"

    def get_absolute_url(self) -> str:
        return reverse("teams:swap", args=[self.pk])

    def stands(self, now: datetime) -> Swap.State:
        """Its state at `now`: nobody answers any more once the time that it is about has begun."""
        state = Swap.State(self.state)
        return Swap.State.EXPIRED if state == Swap.State.OPEN and self.starts_at <= now else state


class TimeOff(models.Model):
    """Somebody is away in [starts_at, ends_at). The rotation stays as it is: whoever looks is warned, and offered who
    could cover."""

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="time_off")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="time_off_ends_after_start")
        ]
        indexes = [models.Index(fields=["user", "ends_at"])]
        ordering = ["starts_at", "pk"]
        verbose_name = "time off"
        verbose_name_plural = "time off"

    def __str__(self) -> str:
        return f"{self.user} is away"

    def get_absolute_url(self) -> str:
        return reverse("teams:time_off", args=[self.pk])
