from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils import timezone

from incidents import full_text
from incidents.phases import Phase

if TYPE_CHECKING:
    from incidents.models.incident import Incident
    from teams.models import User


def with_merged(incident: Incident) -> set[int]:
    """The number of the incident, of those merged into it, of those merged into these, and so on."""
    incidents = type(incident).objects
    found = newest = {incident.pk}
    while newest:
        newest = set(incidents.filter(merged_into__in=newest).values_list("pk", flat=True)) - found
        found = found | newest
    return found


class TimelineQuerySet(models.QuerySet["TimelineEntry"]):
    def of(self, incident: Incident, user: User | None = None, *, alone: bool = False) -> TimelineQuerySet:
        """The story of an incident and of those merged into it, as it happened; what has no known time stands
        where it was recorded.

        What `user` may not see is left out. Without a user, for a text that all who see the incident will read, a
        private one is left out unless the incident is private itself. `alone`: nothing was merged into it.
        """
        story = self.filter(incident__in={incident.pk} if alone else with_merged(incident))
        if user is not None:
            story = story.filter(incident__in=type(incident).objects.visible_to(user))
        elif not incident.private:
            story = story.filter(models.Q(incident=incident) | models.Q(incident__private=False))
        return (
            story.select_related("actor", "incident")
            .prefetch_related("attachments__uploaded_by", "attachments__removed_by")
            .annotate(happened_at=models.functions.Coalesce("occurred_at", "recorded_at"))
            .order_by("happened_at", "pk")
        )


class TimelineEntry(models.Model):
    """One line of an incident's history. The database refuses to change or delete it: see the trigger in the
    migrations. A correction is a new entry that points to the old one. Written by `timeline.record` alone."""

    class Kind(models.TextChoices):
        ALERT = "alert", "Alert"
        REPORT = "report", "Report"
        CHANGE = "change", "Change"
        PAGE = "page", "Page"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        PHASE = "phase", "Phase"
        SEVERITY = "severity", "Severity"
        IMPACT = "impact", "Impact"
        ROLE = "role", "Role"
        MITIGATION = "mitigation", "Mitigation"
        UPDATE = "update", "Update"
        PROMISE = "promise", "Promise"
        NOTE = "note", "Note"
        DECISION = "decision", "Decision"
        CORRECTION = "correction", "Correction"
        REVIEW = "review", "Review"
        ACTION_ITEM = "action_item", "Action item"
        TASK = "task", "Task"
        TEAM = "team", "Team"
        RELATION = "relation", "Related incident"
        LINK = "link", "Link"
        WITNESS = "witness", "Metric"
        PLAYBOOK = "playbook", "Playbook"
        EXERCISE = "exercise", "Drill"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="timeline")
    kind = models.CharField(max_length=16, choices=Kind)
    verb = models.CharField(max_length=40, help_text="What happened, dotted: incident.declared, page.sent …")
    phase = models.CharField(max_length=16, choices=Phase, help_text="The phase that it belongs to.")
    phase_from = models.CharField(max_length=16, blank=True)
    phase_to = models.CharField(max_length=16, blank=True)
    text = models.TextField()
    reason = models.TextField(blank=True)
    overridden = models.JSONField(default=list, help_text="Codes of the process guards that were overridden.")
    data = models.JSONField(default=dict)
    actor = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    occurred_at = models.DateTimeField(null=True, help_text="Empty: nobody knows.")
    recorded_at = models.DateTimeField(default=timezone.now)
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="corrections")

    objects = TimelineQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["incident", "id"]),
            models.Index(fields=["incident", "kind"]),
            # Lines come often and are searched seldom: new ones wait in the pending list, short enough to be read.
            GinIndex(
                full_text.vector(full_text.OF_LINE),
                name="timeline_full_text",
                fastupdate=True,
                gin_pending_list_limit=1024,
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "alert",
                        "report",
                        "change",
                        "page",
                        "acknowledged",
                        "phase",
                        "severity",
                        "impact",
                        "role",
                        "mitigation",
                        "update",
                        "promise",
                        "note",
                        "decision",
                        "correction",
                        "review",
                        "action_item",
                        "task",
                        "team",
                        "relation",
                        "link",
                        "witness",
                        "playbook",
                        "exercise",
                    ]
                ),
                name="timeline_kind_known",
            ),
            models.CheckConstraint(condition=models.Q(phase__in=list(Phase.values)), name="timeline_phase_known"),
        ]
        verbose_name_plural = "timeline entries"

    def __str__(self) -> str:
        return self.text
