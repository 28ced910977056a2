from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from comms.models.page import Component
from comms.uids import short_uid
from incidents import clock
from incidents.models import Confidence, Incident

# A range of times begins before it ends, and is none without its end.
EXPECTED_IN_ORDER = Q(eta_early_at=None) | Q(eta_at__isnull=False, eta_early_at__lte=F("eta_at"))


class PageIncidentQuerySet(models.QuerySet["PageIncident"]):
    def told(self) -> PageIncidentQuerySet:
        """Those of which something was published; the others are drafts that nobody outside may know of."""
        published = StatusUpdate.objects.published().filter(page_incident=models.OuterRef("pk"))
        return self.filter(models.Exists(published))

    def active(self) -> PageIncidentQuerySet:
        """Told, and not over for its readers."""
        return self.told().exclude(state__in=PageIncident.OVER)

    def with_story(self) -> PageIncidentQuerySet:
        """Fetch what readers see of each: the published updates, newest first, and what they did to components."""
        changes = ComponentChange.objects.select_related("component__group").order_by("component__position", "pk")
        updates = StatusUpdate.objects.published().prefetch_related(
            models.Prefetch("component_changes", changes), "corrections"
        )
        newest = Coalesce("occurred_at", "published_at").desc()
        return self.select_related("page").prefetch_related(
            models.Prefetch("updates", updates.order_by(newest, "-pk"), to_attr="story")
        )


class PageIncident(models.Model):
    """An incident as a status page tells it: its own title, state and impact, written for readers outside. Nothing of
    the incident itself is shown there, so that nothing internal can leak."""

    class State(models.TextChoices):
        INVESTIGATING = "investigating", "Investigating"
        IDENTIFIED = "identified", "Identified"
        MONITORING = "monitoring", "Monitoring"
        RESOLVED = "resolved", "Resolved"
        POSTMORTEM = "postmortem", "Postmortem"

    class Impact(models.TextChoices):
        NONE = "none", "None"
        MINOR = "minor", "Minor"
        MAJOR = "major", "Major"
        CRITICAL = "critical", "Critical"

    page = models.ForeignKey("comms.StatusPage", on_delete=models.CASCADE, related_name="incidents")
    incident = models.ForeignKey(
        "incidents.Incident", null=True, blank=True, on_delete=models.PROTECT, related_name="page_incidents"
    )
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    title = models.CharField(max_length=200)
    mail_title = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="What mail calls it from the first update on, so that threads hold.",
    )
    state = models.CharField(max_length=16, choices=State, default=State.INVESTIGATING)
    impact = models.CharField(max_length=10, choices=Impact, default=Impact.MINOR)
    started_at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    monitoring_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    eta_early_at = models.DateTimeField(null=True, blank=True)
    eta_at = models.DateTimeField(null=True, blank=True)
    eta_confidence = models.CharField(max_length=6, choices=Confidence, blank=True)
    next_update_at = models.DateTimeField(null=True, blank=True)

    OVER = (State.RESOLVED, State.POSTMORTEM)

    objects = PageIncidentQuerySet.as_manager()

    if TYPE_CHECKING:
        story: list[StatusUpdate]

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["page", "incident"], name="page_incident_once_a_page"),
            models.CheckConstraint(
                condition=Q(state__in=["investigating", "identified", "monitoring", "resolved", "postmortem"]),
                name="page_incident_state_known",
            ),
            models.CheckConstraint(condition=EXPECTED_IN_ORDER, name="page_incident_expected_in_order"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("comms:page_incident", args=[self.page.slug, self.uid])

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def expected_at(self) -> datetime | None:
        """When service is expected back, as long as that lies ahead."""
        return self.eta_at if self.eta_at and self.eta_at > timezone.now() else None

    @property
    def expected_from(self) -> datetime | None:
        """The earlier end of the range of `expected_at`, if one was given."""
        return self.eta_early_at if self.expected_at else None

    @property
    def promise_is_late(self) -> bool:
        """Whether readers' clocks show more than the time for which the next update was promised."""
        return self.next_update_at is not None and clock.is_late(self.next_update_at, timezone.now())

    @property
    def lasted(self) -> timedelta | None:
        """From its beginning to its end, as readers were told; None while it goes on."""
        return self.resolved_at - self.started_at if self.resolved_at else None

    @property
    def affected(self) -> list[Component]:
        """Components that its published updates touched, in the page's order. Needs `with_story()`."""
        found = {
            change.component_id: change.component for update in self.story for change in update.component_changes.all()
        }
        return sorted(found.values(), key=lambda c: (c.position, c.name))


class StatusUpdateQuerySet(models.QuerySet["StatusUpdate"]):
    def visible_to(self, user: Any) -> StatusUpdateQuerySet:
        """Updates, drafts included, of the incidents that `user` may see."""
        return self.filter(page_incident__incident__in=Incident.objects.visible_to(user))

    def published(self) -> StatusUpdateQuerySet:
        return self.filter(status=StatusUpdate.Status.PUBLISHED)

    def before(self, update: StatusUpdate) -> StatusUpdateQuerySet:
        """What was published of the incident before `update`, and isn't shown at a later time than it."""
        at = Coalesce("occurred_at", "published_at")
        earlier = Q(published_at__lt=update.published_at) | Q(published_at=update.published_at, pk__lt=update.pk)
        rows = self.published().filter(earlier, page_incident=update.page_incident_id)
        return rows.alias(at=at).filter(at__lte=update.shown_at)


class StatusUpdate(models.Model):
    """One thing said to stakeholders: what is known, since when, until when, and when they hear more."""

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        ASKED = "asked", "Waiting for approval"
        SCHEDULED = "scheduled", "Scheduled"
        PUBLISHED = "published", "Published"
        WITHDRAWN = "withdrawn", "Withdrawn"

    page_incident = models.ForeignKey(PageIncident, on_delete=models.CASCADE, related_name="updates")
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    state = models.CharField(max_length=16, choices=PageIncident.State, default=PageIncident.State.INVESTIGATING)
    title = models.CharField(max_length=200, blank=True, help_text="Empty: as before.")
    impact = models.CharField(max_length=10, choices=PageIncident.Impact, blank=True, help_text="Empty: as before.")
    body = models.TextField()
    eta_early_at = models.DateTimeField(
        null=True, blank=True, help_text="The earlier end of the time in which service is expected back."
    )
    eta_at = models.DateTimeField(
        null=True, blank=True, help_text="When service is expected back at the latest, if you know."
    )
    eta_confidence = models.CharField(
        max_length=6, choices=Confidence, blank=True, help_text="How sure you are of that."
    )
    next_update_at = models.DateTimeField(null=True, blank=True, help_text="The promise that readers see.")
    component_states = models.JSONField(
        default=dict, blank=True, help_text="What publishing sets: component pk (as text) to its state."
    )
    notify = models.BooleanField(default=True, help_text="Mail it to the subscribers.")
    also_on = models.JSONField(default=list, blank=True, help_text="Other pages that say it too, by their pk.")
    wordings = models.JSONField(
        default=dict, blank=True, help_text="Audience to its own text, where that isn't the body."
    )
    companion_of = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="companions",
        help_text="The update that this one says on another page.",
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.DRAFT)
    publish_at = models.DateTimeField(null=True, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    fan_out_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Since when whom it concerns is to be written down."
    )
    occurred_at = models.DateTimeField(
        null=True, blank=True, help_text="For an incident that is told afterwards: when this was said."
    )
    author = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = StatusUpdateQuerySet.as_manager()

    class Meta:
        ordering = ["-published_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "asked", "scheduled", "published", "withdrawn"]),
                name="status_update_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(published_at__isnull=False),
                name="status_update_published_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="scheduled") | Q(publish_at__isnull=False),
                name="status_update_scheduled_when",
            ),
            models.CheckConstraint(condition=EXPECTED_IN_ORDER, name="status_update_expected_in_order"),
        ]
        indexes = [
            models.Index(fields=["publish_at"], condition=Q(status="scheduled"), name="status_update_due"),
            models.Index(fields=["fan_out_at"], condition=Q(fan_out_at__isnull=False), name="status_update_fan_out"),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.body[:60]}"

    @property
    def shown_at(self) -> datetime:
        """The time that readers see beside it."""
        return self.occurred_at or self.published_at or self.publish_at or self.created_at


class ComponentChange(models.Model):
    """What a published update, or one of a maintenance, did to a component."""

    update = models.ForeignKey(StatusUpdate, null=True, on_delete=models.CASCADE, related_name="component_changes")
    maintenance_update = models.ForeignKey(
        "comms.MaintenanceUpdate", null=True, on_delete=models.CASCADE, related_name="component_changes"
    )
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="changes")
    old_status = models.CharField(max_length=24, choices=Component.Status)
    new_status = models.CharField(max_length=24, choices=Component.Status)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["update", "component"], name="component_change_once"),
            models.UniqueConstraint(
                fields=["maintenance_update", "component"], name="component_change_once_in_maintenance"
            ),
            models.CheckConstraint(
                condition=Q(update__isnull=True) ^ Q(maintenance_update__isnull=True),
                name="component_change_of_one_update",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component}: {self.get_new_status_display()}"
