from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.models.incident import Incident


class TaskQuerySet(models.QuerySet["IncidentTask"]):
    def visible_to(self, user: Any) -> TaskQuerySet:
        """Those of the incidents that `user` may see."""
        return self.filter(incident__in=Incident.objects.visible_to(user))

    def unfinished(self) -> TaskQuerySet:
        """Neither done nor dropped."""
        return self.filter(state__in=IncidentTask.UNFINISHED)


class IncidentTask(models.Model):
    """Something that one named person does while an incident lasts, by a time, and says yes to. What is to be done
    after it is an action item.

    `remind_at` is when somebody hears of it next, and who, is `step`.
    """

    class State(models.TextChoices):
        OPEN = "open", "Not accepted"
        ACCEPTED = "accepted", "Accepted"
        DONE = "done", "Done"
        DROPPED = "dropped", "Dropped"

    class Step(models.IntegerChoices):
        ACCEPTANCE = 0, "Nobody has said yes"
        OWNER = 1, "It is due"
        COMMANDER = 2, "It is late"
        OVER = 3, "Everybody was told"

    UNFINISHED = (State.OPEN, State.ACCEPTED)

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="tasks")
    title = models.CharField(max_length=200, help_text="Begin with a verb: Check, Call, Measure …")
    owner = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.PROTECT, related_name="tasks")
    due_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    note = models.TextField(blank=True, help_text="What came of it, or why it was dropped.")
    created_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    given_at = models.DateTimeField(default=timezone.now, help_text="When its owner was asked.")
    accepted_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(choices=Step, default=Step.ACCEPTANCE)
    remind_at = models.DateTimeField(null=True)

    objects = TaskQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted", "done", "dropped"]), name="task_state_known"
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted") | Q(owner__isnull=False, accepted_at__isnull=False),
                name="task_accepted_by_its_owner",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "accepted"], ended_at=None)
                | Q(state__in=["done", "dropped"], ended_at__isnull=False, remind_at=None),
                name="task_ends_once",
            ),
            models.CheckConstraint(condition=~Q(state="dropped") | ~Q(note=""), name="task_dropped_for_a_reason"),
        ]
        indexes = [
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="task_remind"),
            models.Index(fields=["owner"], condition=Q(state__in=["open", "accepted"]), name="task_unfinished_of"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_unfinished(self) -> bool:
        return self.state in self.UNFINISHED

    def is_late(self, now: datetime) -> bool:
        return self.is_unfinished and self.due_at is not None and self.due_at < now
