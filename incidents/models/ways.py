"""What is known of ways to stop the bleeding: which change did it, and who was called to take it back."""

from __future__ import annotations

import uuid
from datetime import datetime

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.utils import timezone


class ChangeMark(models.Model):
    """What people think of a change in an incident. One at a time: how they came to think so is on the timeline."""

    class State(models.TextChoices):
        SUSPECT = "suspect", "Suspect"
        DISMISSED = "dismissed", "Not this one"
        CAUSED = "caused", "Caused it"
        FIXED = "fixed", "Fixed it"

    # What the incident's page and the API call the suspected change, the surer first.
    BLAMED = (State.CAUSED, State.SUSPECT)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="marks")
    change = models.ForeignKey("incidents.Change", on_delete=models.CASCADE, related_name="marks")
    state = models.CharField(max_length=10, choices=State)
    by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "change"], name="change_mark_once"),
            models.CheckConstraint(
                condition=Q(state__in=["suspect", "dismissed", "caused", "fixed"]), name="change_mark_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.change}"


class MitigationCallQuerySet(models.QuerySet["MitigationCall"]):
    def claimable(self, now: datetime) -> MitigationCallQuerySet:
        """What is due and nobody is calling, or whose caller's lease ran out."""
        due = Q(state="queued", due_at__lte=now) | Q(state="calling", lease_until__lte=now)
        return self.filter(due).order_by("due_at", "pk")


class MitigationCall(models.Model):
    """The call of a service's webhook that rolls a change back. The row is the queue, and its key keeps the same press
    from calling twice: it is in the body, and whoever is called can tell a second try by it."""

    class State(models.TextChoices):
        QUEUED = "queued", "About to be called"
        CALLING = "calling", "Being called"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        FAILED = "failed", "Not reached"
        DROPPED = "dropped", "Not called"

    WAITING = (State.QUEUED, State.CALLING)
    # What can be called again, by the same key.
    AGAIN = (State.REFUSED, State.FAILED)

    mitigation = models.OneToOneField("incidents.Mitigation", on_delete=models.PROTECT, related_name="call")
    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="mitigation_calls")
    change = models.ForeignKey("incidents.Change", null=True, on_delete=models.SET_NULL, related_name="+")
    webhook = models.ForeignKey("teams.Webhook", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=80, help_text="What the webhook was called.")
    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    body = models.JSONField(help_text="What it is sent: the same on every try.")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    reply = models.CharField(max_length=300, blank=True, help_text="What came back, or why nothing did.")
    asked_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True)

    objects = MitigationCallQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(state__in=["queued", "calling"]), name="mitigation_call_waiting"
            )
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["queued", "calling", "accepted", "refused", "failed", "dropped"]),
                name="mitigation_call_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="calling") | Q(lease_until__isnull=False), name="mitigation_call_lease"
            ),
            models.UniqueConstraint(
                fields=["incident", "change"],
                condition=Q(state__in=["queued", "calling"]),
                name="mitigation_call_one_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.get_state_display().lower()}"

    @property
    def is_waiting(self) -> bool:
        return self.state in self.WAITING

    @property
    def can_be_called_again(self) -> bool:
        return self.state in self.AGAIN


class Symptom(models.Model):
    """What an incident looked like, in words, so that it is found when something looks like that again. Only incidents
    have one in which something was tried that somebody has judged; see `incidents.actions.memory`."""

    incident = models.OneToOneField(
        "incidents.Incident", primary_key=True, on_delete=models.PROTECT, related_name="symptom"
    )
    title = models.TextField()
    alerts = models.TextField(blank=True, help_text="Titles of its alerts, a line each.")
    services = models.TextField(blank=True, help_text="Names of its services, a line each.")
    type = models.TextField(blank=True)
    document = models.GeneratedField(
        expression=SearchVector("title", weight="A", config="english")
        + SearchVector("alerts", weight="B", config="english")
        + SearchVector("services", weight="C", config="english")
        + SearchVector("type", weight="D", config="english"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        indexes = [GinIndex(fields=["document"], name="symptom_document")]

    def __str__(self) -> str:
        return self.title
