from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from incidents.drilling import clock as clocks
from incidents.drilling import script as scripts
from incidents.models.incident import Incident


class ExerciseQuerySet(models.QuerySet["Exercise"]):
    def visible_to(self, user: Any) -> ExerciseQuerySet:
        """Those whose incident `user` may see."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def like(self, other: Exercise) -> ExerciseQuerySet:
        """Runs of the same scenario or past incident."""
        same = Q(past=other.past_id) if other.past_id else Q(past=None, scenario=other.scenario)
        return self.filter(same).exclude(pk=other.pk)


class Exercise(models.Model):
    """A drill: an incident that a script makes up. `clock` is its clock as `drilling.clock` keeps it, `script` what
    happens, as it was when the drill was prepared; `score` is there once it is over."""

    class State(models.TextChoices):
        READY = "ready", "Ready"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "finished", "Finished"
        STOPPED = "stopped", "Stopped"

    class Speed(models.IntegerChoices):
        ONE = 1, "As it happens"
        TWO = 2, "Twice as fast"
        FIVE = 5, "Five times as fast"

    UNDER_WAY = (State.RUNNING, State.PAUSED)
    OVER = (State.FINISHED, State.STOPPED)

    incident = models.OneToOneField("incidents.Incident", on_delete=models.PROTECT, related_name="exercise")
    name = models.CharField(max_length=200)
    scenario = models.SlugField(max_length=80, blank=True, help_text="Of which scenario; empty for a past incident.")
    past = models.ForeignKey(
        "incidents.Incident",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="replayed_in",
        help_text="The incident that it replays.",
    )
    script = models.JSONField()
    state = models.CharField(max_length=8, choices=State, default=State.READY)
    speed = models.PositiveSmallIntegerField(choices=Speed, default=Speed.ONE)
    clock = models.JSONField(default=list)
    facilitator = models.ForeignKey(
        "teams.User", null=True, on_delete=models.SET_NULL, related_name="exercises_run", help_text="Who runs it."
    )
    hints_taken = models.PositiveSmallIntegerField(default=0)
    score = models.JSONField(null=True)
    debrief = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    objects = ExerciseQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["ready", "running", "paused", "finished", "stopped"]), name="exercise_state"
            ),
            models.CheckConstraint(condition=Q(speed__in=[1, 2, 5]), name="exercise_speed"),
            models.CheckConstraint(
                condition=Q(state__in=["finished", "stopped"], ended_at__isnull=False)
                | Q(state__in=["ready", "running", "paused"], ended_at=None),
                name="exercise_ends_once",
            ),
        ]
        indexes = [
            models.Index(fields=["scenario", "-id"], name="exercise_of_scenario"),
            models.Index(fields=["incident"], condition=Q(state="running"), name="exercise_running"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:exercise", args=[self.pk])

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def laps(self) -> list[clocks.Lap]:
        return clocks.from_json(self.clock)

    def read_script(self) -> scripts.Script:
        return scripts.from_json(self.script)

    def at(self, now: datetime) -> float:
        """What its clock shows, in seconds of the story."""
        return clocks.shows(self.laps, now)


class ExerciseEvent(models.Model):
    """Something that the script lets happen. `due_at` says when, and is empty while the clock stands; a sweep takes
    what is due. `answers` is the mitigation whose effect it is."""

    class Kind(models.TextChoices):
        ALERT = scripts.ALERT, "Alert"
        RESOLVED = scripts.RESOLVED, "Alert resolved"
        CHANGE = scripts.CHANGE, "Change"
        NOTE = scripts.NOTE, "Somebody says"
        METRIC = scripts.METRIC, "Measured"

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Happened"
        SKIPPED = "skipped", "Did not happen"
        FAILED = "failed", "Failed"

    exercise = models.ForeignKey(Exercise, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=8, choices=Kind)
    at = models.IntegerField(help_text="In seconds of the story.")
    data = models.JSONField(default=dict)
    answers = models.ForeignKey("incidents.Mitigation", null=True, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    due_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    happened_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "done", "skipped", "failed"]), name="exercise_event_state"
            ),
            models.CheckConstraint(condition=Q(due_at=None) | Q(state="waiting"), name="exercise_event_due"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="exercise_event_due_at"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.at} s"


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    def search(self, text: str) -> ScenarioQuerySet:
        return self.filter(Q(title__icontains=text.strip()) | Q(text__icontains=text.strip()))


class Scenario(models.Model):
    """A scenario that an organization wrote itself, beside those that come with Watchbill. `text` is its YAML, which
    was read without a complaint when it was kept."""

    slug = models.SlugField(max_length=80, unique=True)
    title = models.CharField(max_length=120, editable=False)
    text = models.TextField(help_text="As YAML; see the guide to drills.")
    created_by = models.ForeignKey(
        "teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="scenarios"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = ScenarioQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:scenario", args=[self.slug])
