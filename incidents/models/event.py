from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, Q
from django.utils import timezone

if TYPE_CHECKING:
    from teams.models import Team


def troubled() -> Q:
    """Events that could not be read, or not all of them, or that wait to be tried again."""
    return Q(state="rejected") | Q(outcome__has_any_keys=["problems", "waits"])


class EventQuerySet(models.QuerySet["Event"]):
    def due(self, now: datetime) -> EventQuerySet:
        """What still has to be made something of."""
        return self.filter(state="waiting", due_at__lte=now)

    def counted(self, integrations: Iterable[int], since: datetime) -> dict[int, dict[str, int]]:
        """How many `events` came since then, how many of these were `rejected` and how many more were `troubled`, by
        the keys of integrations; none for one that sent nothing."""
        lately = self.filter(integration__in=list(integrations), received_at__gte=since).order_by()
        counts = lately.values("integration").annotate(
            events=Count("pk"),
            rejected=Count("pk", filter=Q(state="rejected")),
            troubled=Count("pk", filter=troubled() & ~Q(state="rejected")),
        )
        return {row.pop("integration"): row for row in counts}


class Event(models.Model):
    """What a tool sent, as it sent it, and what became of it. The row is the queue: the tool is told that it was
    accepted once the row is committed, and a worker makes alerts and incidents of it."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DONE = "done", "Taken"
        REJECTED = "rejected", "Rejected"

    # By which its sender asks what became of it: nobody counts up to somebody else's.
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    integration = models.ForeignKey("incidents.Integration", on_delete=models.CASCADE, related_name="events")
    source = models.CharField(max_length=20, help_text="In which protocol it was sent.")
    lane = models.PositiveSmallIntegerField(default=1, help_text="0 is taken first: it tells of something critical.")
    # Neither checked nor indexed by the database: each would cost as much as a third of keeping the row, and keys are
    # hardly ever removed.
    key = models.ForeignKey(
        "incidents.IntegrationKey",
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    body = models.BinaryField()
    headers = models.JSONField(default=dict, help_text="As far as protocols read them; none that holds a key.")
    query = models.JSONField(default=dict)
    path = models.CharField(max_length=500, blank=True, help_text="What stood after the integration's address.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    received_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)
    outcome = models.JSONField(
        default=dict, help_text="Incidents opened, joined and told of a recovery; repeats; problems by field."
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["waiting", "done", "rejected"]), name="event_state"),
        ]
        indexes = [
            models.Index(fields=["integration", "lane", "id"], condition=Q(state="waiting"), name="event_waiting"),
            models.Index(fields=["ended_at"], condition=~Q(state="waiting"), name="event_ended"),
            models.Index(fields=["integration", "ended_at"], condition=Q(state="rejected"), name="event_rejected"),
        ]

    def __str__(self) -> str:
        return f"{self.integration} {self.received_at:%Y-%m-%d %H:%M:%S}"

    @property
    def team(self) -> Team:
        """The integration's: whoever keeps that may see what it sent."""
        return self.integration.team
