"""Calendars that come in and go out."""

from __future__ import annotations

import uuid
from typing import ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from teams.models.schedule import Known, KnownQuerySet, Standing
from teams.secrets import SealedField


class CalendarSource(models.Model):
    """A calendar elsewhere that gives a schedule its shifts, below its own layers: an address that is read again and
    again, or a file. What was read last stays in effect while it can't be read."""

    schedule = models.OneToOneField("teams.Schedule", on_delete=models.CASCADE, related_name="calendar_source")
    url = SealedField(blank=True, help_text="Whoever has it reads the calendar, so it is kept encrypted.")
    file_name = models.CharField(max_length=120, blank=True)
    body = models.BinaryField(default=b"", editable=False)
    etag = models.CharField(max_length=400, blank=True, editable=False)
    last_modified = models.CharField(max_length=80, blank=True, editable=False)
    unmatched = models.JSONField(default=list, editable=False, help_text="Who stands in it and is nobody here.")
    problems = models.JSONField(default=list, editable=False, help_text="Events that could not be read.")
    error = models.TextField(blank=True, editable=False, help_text="Why it could not be read at the last try.")
    read_at = models.DateTimeField(null=True, editable=False, help_text="When it was last read whole.")
    tried_at = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    due_at = models.DateTimeField(default=timezone.now, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["due_at"])]

    def __str__(self) -> str:
        return f"Calendar of {self.schedule}"

    @property
    def place(self) -> str:
        """Where it is from, as everybody may know: the host without the address's secret part, or the file's name."""
        return urlsplit(self.url).hostname or "" if self.url else self.file_name


class ImportedShift(Known):
    """A turn that an imported calendar gives. Several at one time stand it together."""

    schedule = models.ForeignKey("teams.Schedule", on_delete=models.CASCADE, related_name="imported_shifts")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="imported_shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    uid = models.TextField(blank=True)
    summary = models.TextField(blank=True)

    objects: ClassVar[Standing] = Standing()
    history: ClassVar[models.Manager[ImportedShift]] = models.Manager.from_queryset(KnownQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="imported_shift_ends_after_start")
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"])]
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} on {self.schedule}"


class CalendarFeed(models.Model):
    """A link that calendar programs read somebody's duty by: their own on all schedules, or one schedule's whole. Kept
    as a digest; whoever holds the link reads, until it is revoked or its person leaves."""

    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="calendar_feeds")
    schedule = models.ForeignKey(
        "teams.Schedule", null=True, blank=True, on_delete=models.CASCADE, related_name="calendar_feeds"
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-created_at", "-pk"]

    def __str__(self) -> str:
        return f"Calendar feed {self.hint}…"


class PublishedShift(models.Model):
    """A shift as calendar programs were told of it: its `uid` stays, and each change counts its `sequence` up."""

    schedule = models.ForeignKey("teams.Schedule", on_delete=models.CASCADE, related_name="published_shifts")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="published_shifts")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    uid = models.UUIDField(default=uuid.uuid4, unique=True)
    sequence = models.PositiveIntegerField(default=0)
    cancelled = models.BooleanField(default=False)
    changed_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "user", "starts_at"], name="published_shift_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="published_shift_ends_after_start"),
        ]
        ordering = ["starts_at", "pk"]

    def __str__(self) -> str:
        return f"{self.user} on {self.schedule}"
