from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Count, Exists, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone
from django_fsm import FSMField, FSMModelMixin, transition

from incidents import concreteness, full_text
from incidents.models.review import FACTS_HOLD, ReviewFacts


class Postmortem(FSMModelMixin, ReviewFacts):
    """What happened and what was learned, without blame. Drafted from the timeline when the incident is resolved."""

    class State(models.TextChoices):
        DRAFT = "draft", "Draft"
        IN_REVIEW = "in_review", "In review"
        APPROVED = "approved", "Approved"
        PUBLISHED = "published", "Published"
        WAIVED = "waived", "Waived"

    # In which it is written on.
    EDITABLE = (State.DRAFT, State.IN_REVIEW)

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
                operation=pgtrigger.UpdateOf("body"),  # type: ignore[no-untyped-call]
                when=pgtrigger.Before,
                func="IF pg_trigger_depth() = 1 THEN NEW.body = OLD.body; END IF; RETURN NEW;",
            )
        ]
        indexes = [GinIndex(full_text.vector(full_text.OF_POSTMORTEM), name="postmortem_full_text")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:postmortem", args=[self.incident_id])

    @property
    def is_editable(self) -> bool:
        return self.state in self.EDITABLE

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


def _back(user: Any) -> Any:
    from incidents.models.followed import ItemRecurrence
    from incidents.models.incident import Incident

    seen = Incident.objects.visible_to(user)
    return ItemRecurrence.objects.filter(item=OuterRef("pk"), incident__in=seen).order_by()


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    def visible_to(self, user: Any) -> ActionItemQuerySet:
        from incidents.models.incident import Incident

        return self.filter(incident__in=Incident.objects.visible_to(user))

    def open(self) -> ActionItemQuerySet:
        return self.filter(state=ActionItem.State.OPEN)

    def overdue(self, today: date) -> ActionItemQuerySet:
        return self.open().filter(due_on__lt=today)

    def concrete(self) -> ActionItemQuerySet:
        """Those that somebody can act on, and that were not dropped: what `ActionItem.missing` finds nothing in."""
        present = Q(owner__is_active=True, owner__is_service=False)
        return (
            self.exclude(state=ActionItem.State.DROPPED)
            .filter(present | ~Q(state=ActionItem.State.OPEN), owner__isnull=False, due_on__isnull=False, wording="")
            .exclude(end_state="")
            .exclude(kind="")
        )

    def with_cost(self, user: Any) -> ActionItemQuerySet:
        """With `cost_incidents`, how many later incidents that `user` may see it would have helped in had it been done,
        `cost_minutes`, by about how many minutes in all, and `times_back`, in how many of them the trouble came back.
        """
        from incidents.models.followed import Counterfactual

        rows = Counterfactual.objects.visible_to(user).filter(item=OuterRef("pk")).order_by().values("item")
        return self.annotate(
            cost_incidents=Coalesce(Subquery(rows.annotate(n=Count("pk")).values("n")), 0),
            cost_minutes=Coalesce(Subquery(rows.annotate(n=Sum("minutes")).values("n")), 0),
            times_back=Coalesce(Subquery(_back(user).values("item").annotate(n=Count("pk")).values("n")), 0),
        )

    def that_came_back(self, user: Any, *, wanted: bool = True) -> ActionItemQuerySet:
        """Those of which the trouble came back in an incident that `user` may see; without `wanted`, the others."""
        return self.filter(Exists(_back(user)) if wanted else ~Exists(_back(user)))

    def lacking(self) -> ActionItemQuerySet:
        """Open ones that are not concrete."""
        return self.open().exclude(pk__in=ActionItem.objects.concrete().values("pk"))


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
    factor = models.ForeignKey(
        "incidents.Factor",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="action_items",
        help_text="The contributing factor that it answers.",
    )
    title = models.CharField(max_length=200, help_text="Begin with a verb: Add, Remove, Alert, Document …")
    wording = models.CharField(
        max_length=10,
        blank=True,
        editable=False,
        choices=[("no_verb", "Begins with no verb"), ("vague", "Begins vaguely")],
        help_text="What is wrong with how the title begins; set by the actions, so that the database can ask.",
    )
    kind = models.CharField(max_length=10, choices=Kind, blank=True, help_text="Empty until somebody chooses.")
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    owner = models.ForeignKey(
        "teams.User", null=True, blank=True, on_delete=models.PROTECT, related_name="action_items"
    )
    team = models.ForeignKey(
        "teams.Team", null=True, blank=True, on_delete=models.SET_NULL, related_name="action_items"
    )
    due_on = models.DateField(null=True, blank=True)
    late_reason = models.CharField(
        max_length=300, blank=True, help_text="Why it may take longer than its severity and priority allow."
    )
    end_state = models.CharField(max_length=300, blank=True, help_text="How will we know that it is done?")
    tracker_url = models.URLField(blank=True)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    evidence = models.TextField(blank=True, help_text="What shows that it is done, or why it will not be.")
    created_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    remind_at = models.DateTimeField(null=True, blank=True, editable=False, db_index=True)
    ask_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="When its owner is asked next whether it is still relevant."
    )
    asked_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when that was asked, while nobody has answered."
    )
    recurrences = models.PositiveSmallIntegerField(
        default=0, editable=False, help_text="In how many later incidents the trouble came back that it is about."
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        ordering = ["state", "due_on", "priority", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["open", "done", "dropped"]), name="action_item_state"),
            models.CheckConstraint(
                condition=Q(kind__in=["", "prevent", "detect", "mitigate", "process"]), name="action_item_kind"
            ),
            models.CheckConstraint(condition=Q(wording__in=["", "no_verb", "vague"]), name="action_item_wording"),
            models.CheckConstraint(condition=Q(priority__in=[1, 2, 3]), name="action_item_priority"),
        ]
        indexes = [
            models.Index(fields=["ask_at"], condition=Q(state="open", ask_at__isnull=False), name="action_item_to_ask"),
            models.Index(fields=["team", "state", "due_on"], name="action_item_of_team"),
        ]

    def __str__(self) -> str:
        return self.title

    def missing(self) -> list[str]:
        """What it lacks to be concrete, by the names of `concreteness.SUPPLIES`. Reads the owner, who is loaded with it
        where there are many."""
        return concreteness.lacking(
            words=self.wording,
            owner=self._has_owner(),
            due=self.due_on is not None,
            kind=bool(self.kind),
            end_state=bool(self.end_state),
        )

    def _has_owner(self) -> bool:
        """Somebody who left, or a program, gets nothing done that is still open."""
        if self.owner is None or self.state != self.State.OPEN:
            return self.owner_id is not None
        return self.owner.is_active and not self.owner.is_service
