from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone


class SubscriberImport(models.Model):
    """A file of readers that somebody brings. It is read by a worker, some lines at a time, so that its page shows how
    far it is; where the worker stops, another goes on after the last line that was counted."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Could not be read"

    page = models.ForeignKey("comms.StatusPage", on_delete=models.CASCADE, related_name="imports")
    by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    name = models.CharField(max_length=200, help_text="Of the file.")
    text = models.TextField(blank=True, help_text="The file, until it is read.")
    asks = models.BooleanField(
        default=True, help_text="Every reader is asked to confirm, as if they had come by themselves."
    )
    consent = models.CharField(max_length=300, blank=True, help_text="Where they agreed, if they are not asked.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    lines = models.PositiveIntegerField(default=0, help_text="Of the file, without its heading.")
    read = models.PositiveIntegerField(default=0, help_text="How many of them were read.")
    added = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)
    same = models.PositiveIntegerField(default=0)
    refused = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed"]), name="subscriber_import_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} for {self.page}"


class SubscriberImportProblem(models.Model):
    """A line that was not taken, as it stood, and why."""

    found_in = models.ForeignKey(SubscriberImport, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField(help_text="From 1, the heading counted.")
    content = models.CharField(max_length=500)
    column = models.CharField(max_length=40, blank=True)
    problem = models.CharField(max_length=300)

    class Meta:
        ordering = ["found_in", "line"]
        constraints = [
            models.UniqueConstraint(fields=["found_in", "line"], name="subscriber_import_problem_once_a_line")
        ]

    def __str__(self) -> str:
        return f"Line {self.line}: {self.problem}"
