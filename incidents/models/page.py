from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Urgency(models.TextChoices):
    HIGH = "high", "High"
    LOW = "low", "Low"


class EscalationRunQuerySet(models.QuerySet["EscalationRun"]):
    def own(self) -> EscalationRunQuerySet:
        """Those that page whoever owns the incident, and not a team that is called in."""
        return self.filter(request=None)

    def due(self, now: datetime) -> EscalationRunQuerySet:
        """Those that have a step to take, and those whose acknowledgement has run out."""
        return self.filter(state__in=["running", "acknowledged"], due_at__lte=now)


class EscalationRun(models.Model):
    """One walk through a policy for one incident. The policy is kept as it was when the run began, and `due_at` is
    the whole schedule: whatever crashes, the next sweep goes on from this row. An acknowledged run that has one comes
    back then, if nobody has declared the incident."""

    class State(models.TextChoices):
        RUNNING = "running", "Paging"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        STOPPED = "stopped", "Stopped"
        EXHAUSTED = "exhausted", "Nobody answered"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="runs")
    request = models.ForeignKey(
        "incidents.TeamRequest",
        null=True,
        on_delete=models.PROTECT,
        related_name="runs",
        help_text="The team that is called in by it. Empty: it pages whoever owns the incident.",
    )
    policy = models.ForeignKey("teams.EscalationPolicy", null=True, on_delete=models.SET_NULL, related_name="+")
    snapshot = models.JSONField(default=dict)
    state = models.CharField(max_length=12, choices=State, default=State.RUNNING)
    level = models.PositiveSmallIntegerField(default=0, help_text="The step that comes next.")
    loop = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(null=True, default=timezone.now)
    severity = models.PositiveSmallIntegerField(
        null=True, help_text="The level as it was known at its last step: of what is due, the worst goes first."
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)
    ended_reason = models.CharField(max_length=200, blank=True, help_text="Why it pages nobody any more, in words.")

    objects = EscalationRunQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident"], condition=Q(state="running", request=None), name="run_one_running"
            ),
            models.UniqueConstraint(fields=["request"], condition=Q(state="running"), name="run_one_of_a_request"),
            models.CheckConstraint(
                condition=Q(state="running", due_at__isnull=False)
                | Q(state="acknowledged")
                | Q(state__in=["stopped", "exhausted"], due_at=None),
                name="run_is_due_or_over",
            ),
            models.CheckConstraint(
                condition=Q(state="running") | Q(ended_at__isnull=False) & ~Q(ended_reason=""),
                name="run_that_is_over_says_why",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["running", "acknowledged", "stopped", "exhausted"]), name="run_state_known"
            ),
        ]
        indexes = [models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="run_due")]

    def __str__(self) -> str:
        return f"{self.incident.reference}, {self.get_state_display().lower()}"


class Page(models.Model):
    """One person called for one incident by one step of a run; the key keeps a retry from calling twice."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="pages")
    run = models.ForeignKey(EscalationRun, on_delete=models.PROTECT, related_name="pages")
    user = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="pages")
    level = models.PositiveSmallIntegerField()
    loop = models.PositiveSmallIntegerField(default=0)
    urgency = models.CharField(max_length=4, choices=Urgency, default=Urgency.HIGH)
    severity = models.PositiveSmallIntegerField(
        null=True, help_text="The level that the incident had or its alerts told, 1 is the worst."
    )
    target_kind = models.CharField(max_length=10, blank=True)
    target_id = models.PositiveBigIntegerField(null=True)
    target_way = models.CharField(max_length=12, blank=True)
    why = models.CharField(max_length=200, help_text="The rule that chose this person.")
    created_at = models.DateTimeField(default=timezone.now)
    acknowledged_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["run", "loop", "level", "user"], name="page_once_a_step"),
            models.CheckConstraint(condition=Q(urgency__in=["high", "low"]), name="page_urgency"),
        ]
        indexes = [
            # Whose turn it is of those who are paged one after the other.
            models.Index(
                fields=["target_kind", "target_id", "user", "-created_at"],
                condition=Q(target_way="round_robin"),
                name="page_round_robin",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} for {self.incident.reference}"

    @property
    def is_answered(self) -> bool:
        """Whether nobody needs it any more. A run also stops when its alerts resolve by themselves; a page that was
        made still goes out then. One that calls a team in is answered by that team alone."""
        if self.run.request_id is not None:
            over = (EscalationRun.State.ACKNOWLEDGED, EscalationRun.State.STOPPED)
            return self.run.state in over or not self.incident.is_active
        return self.run.state == EscalationRun.State.ACKNOWLEDGED or self.incident.is_answered


class Consideration(models.Model):
    """What a run made of one target at one step, and why: with its pages and their deliveries the ledger that says
    why somebody was paged, and why somebody was not."""

    class Outcome(models.TextChoices):
        PAGED = "paged", "Paged"
        CALLED = "called", "Called"
        NOBODY = "nobody", "Nobody there"
        AWAY = "away", "Can't be paged"
        PASSED = "passed", "Passed over"
        ALREADY = "already", "Paged already"
        ANSWERED = "answered", "Answered"

    run = models.ForeignKey(EscalationRun, on_delete=models.CASCADE, related_name="considerations")
    at = models.DateTimeField(default=timezone.now)
    loop = models.PositiveSmallIntegerField(default=0)
    level = models.PositiveSmallIntegerField()
    target = models.CharField(max_length=200, help_text="The schedule, person, team or webhook, in words.")
    user = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome)
    why = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["paged", "called", "nobody", "away", "passed", "already", "answered"]),
                name="consideration_outcome",
            )
        ]

    def __str__(self) -> str:
        return f"{self.target}: {self.get_outcome_display().lower()}"
