from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from teams import permits
from teams.models import LayerMember


class DrillQuerySet(models.QuerySet["Drill"]):
    def visible_to(self, user: Any) -> DrillQuerySet:
        """Those of the schedules of one's teams and rotations; all of them for whoever may see every team's."""
        if permits.may(user, "drill.view"):
            return self
        if not permits.may_somewhere(user, "drill.view"):
            return self.none()
        teams = permits.teams_where(user, "drill.view")
        standing = LayerMember.objects.in_effect().filter(user=user).values("layer__schedule")
        return self.filter(Q(schedule__team__in=teams) | Q(schedule__in=standing))

    def due(self, now: datetime) -> DrillQuerySet:
        """Planned ones whose time has come, as far as no other of their schedule runs."""
        busy = Drill.objects.filter(state="running").values("schedule")
        return self.filter(state="planned", starts_at__lte=now).exclude(schedule__in=busy).order_by("starts_at", "pk")

    def over(self, now: datetime) -> DrillQuerySet:
        return self.filter(state="running", ends_at__lte=now).order_by("ends_at", "pk")


class Drill(models.Model):
    """A test page to everybody on a schedule, by the way that a real page would take, and who confirmed it.

    It is planned for `starts_at`, begins at `began_at`, and what is confirmed after `ends_at` is late.
    """

    class State(models.TextChoices):
        PLANNED = "planned", "Planned"
        RUNNING = "running", "Running"
        FINISHED = "finished", "Finished"
        CANCELLED = "cancelled", "Cancelled"

    class Audience(models.TextChoices):
        ROTATION = "rotation", "Everybody in the rotations"
        ON_CALL = "on_call", "Whoever is on call then"

    class Repeats(models.TextChoices):
        """A quarter is thirteen weeks, so that a drill stays on its weekday."""

        NEVER = "never", "Never"
        WEEKLY = "weekly", "Every week"
        FOUR_WEEKS = "four_weeks", "Every four weeks"
        QUARTERLY = "quarterly", "Every quarter (13 weeks)"

    WEEKS = {Repeats.WEEKLY: 1, Repeats.FOUR_WEEKS: 4, Repeats.QUARTERLY: 13}
    SHORTEST, LONGEST = 5, 240

    schedule = models.ForeignKey("teams.Schedule", on_delete=models.CASCADE, related_name="drills")
    started_by = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="Who wanted it."
    )
    note = models.CharField(max_length=200, blank=True, help_text="Everybody who is called reads it.")
    state = models.CharField(max_length=10, choices=State, default=State.PLANNED)
    audience = models.CharField(max_length=10, choices=Audience, default=Audience.ROTATION)
    repeats = models.CharField(max_length=10, choices=Repeats, default=Repeats.NEVER)
    minutes = models.PositiveSmallIntegerField(
        "minutes to answer", default=15, validators=[MinValueValidator(SHORTEST), MaxValueValidator(LONGEST)]
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(help_text="Whoever confirms later is late.")
    began_at = models.DateTimeField(null=True, editable=False)
    ended_at = models.DateTimeField(null=True, editable=False)
    reason = models.CharField(max_length=200, blank=True, help_text="Why it was cancelled.")
    reminders = models.PositiveSmallIntegerField(
        default=0, help_text="How often those without an answer were reminded."
    )
    reminded_at = models.DateTimeField(null=True, editable=False)
    repeated_from = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="repeated_by"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = DrillQuerySet.as_manager()

    class Meta:
        verbose_name = "page drill"
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["schedule"], condition=Q(state="running"), name="drill_one_running"),
            models.UniqueConstraint(
                fields=["schedule", "starts_at"], condition=Q(state="planned"), name="drill_planned_once"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "running", "finished", "cancelled"]), name="drill_state"
            ),
            models.CheckConstraint(condition=Q(audience__in=["rotation", "on_call"]), name="drill_audience"),
            models.CheckConstraint(
                condition=Q(repeats__in=["never", "weekly", "four_weeks", "quarterly"]), name="drill_repeats"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=240), name="drill_minutes"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="drill_ends_after_start"),
            models.CheckConstraint(
                condition=~Q(state__in=["running", "finished"]) | Q(began_at__isnull=False), name="drill_began"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["finished", "cancelled"], ended_at__isnull=False)
                | Q(state__in=["planned", "running"], ended_at=None),
                name="drill_ended",
            ),
        ]
        indexes = [
            models.Index(fields=["starts_at"], condition=Q(state="planned"), name="drill_due"),
            models.Index(fields=["ends_at"], condition=Q(state="running"), name="drill_over"),
        ]

    def __str__(self) -> str:
        return f"Drill of {self.schedule}"

    def get_absolute_url(self) -> str:
        return reverse("comms:drill", args=[self.pk])

    @property
    def team(self) -> Any:
        """For `teams.permits`: whose it is."""
        return self.schedule.team

    def is_open(self, now: datetime) -> bool:
        """Whether it runs, and what is confirmed at `now` is in time."""
        return self.state == self.State.RUNNING and now < self.ends_at

    @property
    def length(self) -> timedelta:
        return timedelta(minutes=self.minutes)


class DrillCall(models.Model):
    """One person of a drill. `why` says why nothing reached them."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        CONFIRMED = "confirmed", "Confirmed"
        LATE = "late", "Confirmed late"
        UNANSWERED = "unanswered", "Not answered"
        UNREACHABLE = "unreachable", "Could not be reached"

    ANSWERED = (State.CONFIRMED, State.LATE)

    drill = models.ForeignKey(Drill, on_delete=models.CASCADE, related_name="calls")
    person = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="drill_calls")
    state = models.CharField(max_length=12, choices=State, default=State.WAITING)
    proved = models.BooleanField(default=True, help_text="They had a way to be reached that is proved to be theirs.")
    why = models.CharField(max_length=300, blank=True)
    reached_by = models.ForeignKey("comms.Delivery", null=True, on_delete=models.SET_NULL, related_name="+")
    confirmed_at = models.DateTimeField(null=True)
    through = models.CharField(max_length=40, blank=True, help_text="By what they confirmed, in words.")

    class Meta:
        verbose_name = "call of a drill"
        verbose_name_plural = "calls of a drill"
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["drill", "person"], name="drill_call_once"),
            models.CheckConstraint(
                condition=Q(state__in=["confirmed", "late"], confirmed_at__isnull=False)
                | Q(state__in=["waiting", "unanswered", "unreachable"], confirmed_at=None),
                name="drill_call_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.person} in {self.drill}"
