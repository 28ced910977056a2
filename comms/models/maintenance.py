from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django_fsm import FSMField, FSMModelMixin, transition

from comms import spans
from comms.models.page import Component, StatusPage
from comms.uids import short_uid
from teams import permits

DAY_BEFORE, HOUR_BEFORE = 24 * 60, 60


def usual_reminders() -> list[int]:
    return [DAY_BEFORE, HOUR_BEFORE]


class PageMaintenanceQuerySet(models.QuerySet["PageMaintenance"]):
    def visible_to(self, user: Any) -> PageMaintenanceQuerySet:
        """In the console: for who is in the organization those that they could read on the page, too."""
        from comms.standing import pages_where

        if not permits.may_somewhere(user, "maintenance.view"):
            return self.none()
        executives = StatusPage.objects.filter(audience=StatusPage.Audience.EXECUTIVES)
        return self.exclude(page__in=executives.exclude(pk__in=pages_where(user, "page.read")))

    def upcoming(self) -> PageMaintenanceQuerySet:
        """To come, the next one first."""
        return self.filter(state=PageMaintenance.State.SCHEDULED).order_by("scheduled_for", "pk")

    def running(self) -> PageMaintenanceQuerySet:
        """Begun and not over, what began first first."""
        return self.filter(state__in=PageMaintenance.RUNNING).order_by("scheduled_for", "pk")

    def over(self) -> PageMaintenanceQuerySet:
        """Completed or cancelled, the latest first."""
        return self.filter(state__in=PageMaintenance.OVER).order_by("-scheduled_for", "-pk")

    def due(self, now: datetime) -> PageMaintenanceQuerySet:
        """Those that begin, end or remind by themselves at `now` or earlier."""
        return self.filter(Q(due_at__lte=now) | Q(remind_at__lte=now))

    def with_story(self) -> PageMaintenanceQuerySet:
        """Fetch what readers see of each: what was told, newest first, without reminders; and its components."""
        from comms.models.update import ComponentChange

        changes = ComponentChange.objects.select_related("component__group").order_by("component__position", "pk")
        told = MaintenanceUpdate.objects.exclude(kind=MaintenanceUpdate.Kind.REMINDER).order_by("-at", "-pk")
        parts = MaintenanceComponent.objects.select_related("component__group")
        return self.select_related("page").prefetch_related(
            models.Prefetch(
                "updates", told.prefetch_related(models.Prefetch("component_changes", changes)), to_attr="story"
            ),
            models.Prefetch("parts", parts.order_by("component__position", "component__name")),
        )


class PageMaintenance(FSMModelMixin, models.Model):
    """Planned work as a status page tells it: when, on which components, and how it goes. It begins and ends by itself
    unless somebody wants to do that by hand; `due_at` and `remind_at` say what is due, nothing else remembers it."""

    class State(models.TextChoices):
        SCHEDULED = "scheduled", "Scheduled"
        IN_PROGRESS = "in_progress", "In progress"
        VERIFYING = "verifying", "Verifying"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"

    RUNNING = (State.IN_PROGRESS, State.VERIFYING)
    OVER = (State.COMPLETED, State.CANCELLED)

    page = models.ForeignKey("comms.StatusPage", on_delete=models.CASCADE, related_name="maintenances")
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    title = models.CharField(max_length=200)
    mail_title = models.CharField(
        max_length=200, editable=False, help_text="What mail calls it for good, so that threads hold."
    )
    state = FSMField(max_length=12, choices=State.choices, default=State.SCHEDULED, protected=True, editable=False)
    components: models.ManyToManyField = models.ManyToManyField(
        Component, through="comms.MaintenanceComponent", related_name="maintenances"
    )
    scheduled_for = models.DateTimeField(help_text="When it begins.")
    scheduled_until = models.DateTimeField(help_text="When it is to be over.")
    auto_start = models.BooleanField(default=True, help_text="It begins by itself at its time.")
    auto_end = models.BooleanField(default=True, help_text="It ends by itself at its time.")
    notify = models.BooleanField(default=True, help_text="Subscribers are mailed what is told of it.")
    remind_minutes = ArrayField(
        models.PositiveIntegerField(),
        default=usual_reminders,
        blank=True,
        help_text="How many minutes before its beginning subscribers are reminded.",
    )
    window = models.OneToOneField(
        "incidents.Maintenance",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="told_as",
        help_text="What holds the alerts of its services back meanwhile.",
    )
    sequence = models.PositiveIntegerField(
        default=0, editable=False, help_text="Counts what calendars have to know of, as iCalendar's SEQUENCE."
    )
    due_at = models.DateTimeField(null=True, editable=False, help_text="When it begins or ends by itself.")
    remind_at = models.DateTimeField(null=True, editable=False, help_text="When its next reminder is due.")
    started_at = models.DateTimeField(null=True, editable=False)
    verifying_at = models.DateTimeField(null=True, editable=False)
    completed_at = models.DateTimeField(null=True, editable=False)
    cancelled_at = models.DateTimeField(null=True, editable=False)
    author = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = PageMaintenanceQuerySet.as_manager()

    if TYPE_CHECKING:
        story: list[MaintenanceUpdate]

    class Meta:
        ordering = ["-scheduled_for", "-pk"]
        verbose_name = "planned maintenance"
        verbose_name_plural = "planned maintenance"
        constraints = [
            models.CheckConstraint(
                condition=Q(scheduled_until__gt=F("scheduled_for")), name="page_maintenance_ends_after_it_begins"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["scheduled", "in_progress", "verifying", "completed", "cancelled"]),
                name="page_maintenance_state_known",
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at__isnull=True)),
                name="page_maintenance_cancelled_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["in_progress", "verifying", "completed"]) | Q(started_at__isnull=False),
                name="page_maintenance_started_when",
            ),
            models.CheckConstraint(
                condition=~Q(state="completed") | Q(completed_at__isnull=False),
                name="page_maintenance_completed_when",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["completed", "cancelled"]) | Q(due_at__isnull=True, remind_at__isnull=True),
                name="page_maintenance_over_is_never_due",
            ),
            models.CheckConstraint(
                condition=Q(state="scheduled") | Q(remind_at__isnull=True),
                name="page_maintenance_reminds_before_it_begins",
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="page_maintenance_due"),
            models.Index(fields=["remind_at"], condition=Q(remind_at__isnull=False), name="page_maintenance_remind"),
            models.Index(fields=["page", "-scheduled_for"], name="page_maintenance_of_page"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Where everybody reads it."""
        return reverse("comms:page_maintenance", args=[self.page.slug, self.uid])

    def get_console_url(self) -> str:
        return reverse("comms:maintenance", args=[self.uid])

    @transition(state, source=State.SCHEDULED, target=State.IN_PROGRESS)
    def start(self, *, at: datetime) -> None:
        self.started_at = at

    @transition(state, source=State.IN_PROGRESS, target=State.VERIFYING)
    def verify(self, *, at: datetime) -> None:
        self.verifying_at = at

    @transition(state, source=[State.IN_PROGRESS, State.VERIFYING], target=State.COMPLETED)
    def complete(self, *, at: datetime) -> None:
        self.completed_at = at

    @transition(state, source=State.SCHEDULED, target=State.CANCELLED)
    def cancel(self, *, at: datetime) -> None:
        self.cancelled_at = at

    def plan_ahead(self, now: datetime) -> None:
        """Set what is due next, on the object. A reminder whose time has passed is not made up for."""
        begins, ends = self.state == self.State.SCHEDULED, self.state in self.RUNNING
        self.due_at = None
        if begins and self.auto_start:
            self.due_at = self.scheduled_for
        elif ends and self.auto_end:
            self.due_at = self.scheduled_until
        ahead = [self.scheduled_for - timedelta(minutes=minutes) for minutes in self.remind_minutes]
        self.remind_at = min((at for at in ahead if at > now), default=None) if begins and self.notify else None

    @property
    def when(self) -> str:
        """When it is planned, in words and in the page's zone."""
        return spans.in_words(self.scheduled_for, self.scheduled_until, self.page.time_zone)

    @property
    def is_over(self) -> bool:
        return self.state in self.OVER

    @property
    def is_running(self) -> bool:
        return self.state in self.RUNNING

    @property
    def is_late(self) -> bool:
        """Whether it should have begun or ended by now, and waits for somebody's hand."""
        late_at = self.scheduled_for if self.state == self.State.SCHEDULED else self.scheduled_until
        return not self.is_over and late_at <= timezone.now()

    @property
    def affected(self) -> list[Component]:
        """Its components in the page's order. Needs `with_story()`."""
        return [part.component for part in self.parts.all()]

    @property
    def lasted(self) -> timedelta | None:
        """From its beginning to its end; None while it goes on and where it never began."""
        return self.completed_at - self.started_at if self.completed_at and self.started_at else None

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From when until when calendars show it: as planned, or from when it began earlier until it ended earlier."""
        begins, ends = self.scheduled_for, self.scheduled_until
        if self.started_at:
            begins = min(begins, self.started_at)
        if self.completed_at and begins < self.completed_at < ends:
            ends = self.completed_at
        return begins, ends


class MaintenanceComponent(models.Model):
    """A component that is worked on, and how it is for its readers meanwhile."""

    maintenance = models.ForeignKey(PageMaintenance, on_delete=models.CASCADE, related_name="parts")
    component = models.ForeignKey(Component, on_delete=models.CASCADE, related_name="+")
    status = models.CharField(max_length=24, choices=Component.Status, default=Component.Status.MAINTENANCE)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["maintenance", "component"], name="maintenance_component_once"),
            models.CheckConstraint(
                condition=Q(status__in=Component.Status.values),
                name="maintenance_component_status_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.component}: {self.get_status_display()}"


class MaintenanceUpdate(models.Model):
    """One thing told of a maintenance. Readers see it the moment it is written; nothing of it is changed later."""

    class Kind(models.TextChoices):
        PLANNED = "planned", "Planned"
        CHANGED = "changed", "Changed"
        MOVED = "moved", "Moved"
        EXTENDED = "extended", "Extended"
        REMINDER = "reminder", "Reminder"
        STARTED = "started", "Started"
        VERIFYING = "verifying", "Verifying"
        COMPLETED = "completed", "Completed"
        CANCELLED = "cancelled", "Cancelled"
        NOTE = "note", "Update"

    OUTDATED = "What it reminds of is not ahead any more."

    maintenance = models.ForeignKey(PageMaintenance, on_delete=models.CASCADE, related_name="updates")
    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    kind = models.CharField(max_length=10, choices=Kind)
    state = models.CharField(max_length=12, choices=PageMaintenance.State)
    body = models.TextField()
    by_itself = models.BooleanField(default=False, help_text="Nobody wrote the words; they only say what happened.")
    scheduled_for = models.DateTimeField()
    scheduled_until = models.DateTimeField()
    was_for = models.DateTimeField(null=True, help_text="When it was to begin, where that changed by this.")
    was_until = models.DateTimeField(null=True, help_text="When it was to be over, where that changed by this.")
    sequence = models.PositiveIntegerField(default=0)
    notify = models.BooleanField(default=True)
    author = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    kind__in=[
                        "planned",
                        "changed",
                        "moved",
                        "extended",
                        "reminder",
                        "started",
                        "verifying",
                        "completed",
                        "cancelled",
                        "note",
                    ]
                ),
                name="maintenance_update_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(scheduled_until__gt=F("scheduled_for")), name="maintenance_update_ends_after_it_begins"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.body[:60]}"

    @property
    def shown_at(self) -> datetime:
        """The time that readers see beside it."""
        return self.at

    @property
    def published_at(self) -> datetime:
        return self.at

    @property
    def updated_at(self) -> datetime:
        return self.at

    @property
    def says_only_times(self) -> bool:
        """Whether the usual words of this kind say nothing but when."""
        return self.kind in (self.Kind.CHANGED, self.Kind.MOVED, self.Kind.EXTENDED, self.Kind.REMINDER)

    @property
    def is_for_calendars(self) -> bool:
        """Whether it says something that a reader's calendar should know."""
        told = (self.Kind.PLANNED, self.Kind.CHANGED, self.Kind.MOVED, self.Kind.EXTENDED, self.Kind.CANCELLED)
        return self.kind in told

    def is_outdated(self, now: datetime) -> bool:
        """Whether it reminds of a time that has come, or that is not the time any more."""
        told = self.maintenance
        ahead = told.state == PageMaintenance.State.SCHEDULED and told.scheduled_for == self.scheduled_for > now
        return self.kind == self.Kind.REMINDER and not ahead
