from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django_fsm import FSMField, FSMModelMixin, transition

from incidents import full_text
from incidents.models.review import FACTS_HOLD, ReviewFacts


class Postmortem(FSMModelMixin, ReviewFacts):
    """What happened and what was learned, without blame. Drafted from the timeline when the incident is resolved."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        PUBLISHED = "published", "Published"
        WAIVED = "waived", "Waived"

    incident = models.OneToOneField("incidents.Incident", on_delete=models.PROTECT, related_name="postmortem")
    state = FSMField(max_length=12, choices=State.choices, default=State.DRAFT, protected=True, editable=False)
    title = models.CharField(max_length=200)
    template = models.ForeignKey(
        "incidents.TemplateVersion", null=True, editable=False, on_delete=models.PROTECT, related_name="postmortems"
    )
    body = models.TextField(blank=True, editable=False, help_text="Its sections in one, as the database keeps it.")
    entries: models.ManyToManyField = models.ManyToManyField(
        "incidents.TimelineEntry",
        blank=True,
        related_name="postmortems",
        help_text="The timeline as it is told here.",
    )
    owner = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="postmortems"
    )
    facilitator = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="reviews"
    )
    due_on = models.DateField(null=True, blank=True)
    meeting_at = models.DateTimeField(null=True, blank=True)
    public = models.BooleanField(default=False, help_text="Readable by everybody on the status page once published.")
    public_slug = models.SlugField(max_length=40, unique=True, editable=False)
    approved_by = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    waived_reason = models.TextField(blank=True)
    seen_by: models.ManyToManyField = models.ManyToManyField(
        "teams.User", blank=True, related_name="postmortems_seen", editable=False
    )
    version = models.PositiveIntegerField(default=0, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True, blank=True, editable=False)
    remind_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "in_review", "approved", "published", "waived"]),
                name="postmortem_state_known",
            ),
            models.CheckConstraint(
                condition=~Q(state="published") | Q(published_at__isnull=False),
                name="postmortem_published_when",
            ),
            *FACTS_HOLD,
        ]
        triggers = [
            # It follows the sections: whoever saves a row that was read earlier takes nothing back.
            pgtrigger.Trigger(
                name="body_of_sections",
                operation=pgtrigger.UpdateOf("body"),
                when=pgtrigger.Before,
                func="IF pg_trigger_depth() = 1 THEN NEW.body = OLD.body; END IF; RETURN NEW;",
            )
        ]
        indexes = [GinIndex(full_text.vector(full_text.OF_POSTMORTEM), name="postmortem_full_text")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:postmortem", args=[self.incident_id])

    @transition(state, source=State.DRAFT, target=State.IN_REVIEW)
    def submit(self) -> None:
        pass

    @transition(state, source=State.IN_REVIEW, target=State.APPROVED)
    def approve(self) -> None:
        pass

    @transition(state, source=State.APPROVED, target=State.PUBLISHED)
    def publish(self, *, at: datetime) -> None:
        self.published_at = at

    @transition(state, source=[State.IN_REVIEW, State.APPROVED, State.PUBLISHED, State.WAIVED], target=State.DRAFT)
    def return_to_draft(self) -> None:
        self.published_at = None
        self.approved_by = None
        self.waived_reason = ""

    @transition(state, source=State.IN_REVIEW, target=State.DRAFT)
    def send_back(self) -> None:
        pass

    @transition(state, source=[State.DRAFT, State.IN_REVIEW], target=State.WAIVED)
    def waive(self) -> None:
        pass


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def visible_to(self, user: Any) -> ActionItemQuerySet:
        from incidents.models.incident import Incident

        return self.filter(incident__in=Incident.objects.visible_to(user))

    def open(self) -> ActionItemQuerySet:
        return self.filter(state=ActionItem.State.OPEN)

    def overdue(self, today: date) -> ActionItemQuerySet:
        return self.open().filter(due_on__lt=today)

    def concrete(self) -> ActionItemQuerySet:
        """Those that somebody can act on: an owner, a due date and a verifiable end."""
        return (
            self.exclude(state=ActionItem.State.DROPPED)
            .filter(owner__isnull=False, due_on__isnull=False)
            .exclude(end_state="")
        )


class ActionItem(models.Model):
    """Something concrete that follows from an incident: a verb, one owner, a date, and how we know that it is done."""

    class Kind(models.TextChoices):
        PREVENT = "prevent", "Prevent"
        DETECT = "detect", "Detect sooner"
        MITIGATE = "mitigate", "Mitigate faster"
        PROCESS = "process", "Process"

    class Priority(models.IntegerChoices):
        HIGH = 1, "High"
        MEDIUM = 2, "Medium"
        LOW = 3, "Low"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        DROPPED = "dropped", "Not done"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="action_items")
    title = models.CharField(max_length=200, help_text="Begin with a verb: Add, Remove, Alert, Document …")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.PREVENT)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    owner = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.PROTECT, related_name="action_items"
    )
    team = models.ForeignKey(
        "teams.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items"
    )
    due_on = models.DateField(null=True, blank=True)
    end_state = models.CharField(max_length=300, blank=True, help_text="How will we know that it is done?")
    tracker_url = models.URLField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    evidence = models.TextField(blank=True, help_text="What shows that it is done, or why it will not be.")
    created_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    remind_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["state", "due_on", "priority", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "done", "dropped"]), name="action_item_state"),
            models.CheckConstraint(
                condition=Q(kind__in=["prevent", "detect", "mitigate", "process"]), name="action_item_kind"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def missing(self) -> list[str]:
        """What it lacks to be concrete, in words."""
        wants = (("owner", self.owner_id), ("due date", self.due_on), ("end state", self.end_state))
        return [name for name, value in wants if not value]
