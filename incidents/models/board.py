"""What people keep of boards of incidents."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from teams.models import Membership


def short_uid() -> str:
    return secrets.token_urlsafe(8)


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, user: Any) -> SavedFilterQuerySet:
        """Their own, those of their teams, and those for everybody."""
        teams = Membership.objects.filter(user=user).values("team")
        return self.filter(Q(owner=user) | Q(shared="everybody") | Q(shared="team", team__in=teams))


class SavedFilter(models.Model):
    """The filters of a board under a name. Who may see it learns what was asked for; what it shows is for each reader
    what they themselves may see."""

    class Shared(models.TextChoices):
        NOBODY = "nobody", "Only me"
        TEAM = "team", "A team"
        EVERYBODY = "everybody", "Everybody"

    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, help_text="As in the address of the board.")
    owner = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="saved_filters")
    shared = models.CharField(max_length=10, choices=Shared, default=Shared.NOBODY)
    team = models.ForeignKey(
        "teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="saved_filters"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_filter_once_a_name"),
            models.CheckConstraint(
                condition=Q(shared="team", team__isnull=False) | Q(shared__in=["nobody", "everybody"], team=None),
                name="saved_filter_shared_with_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:board", args=[self.uid])


class DefaultBoard(models.Model):
    """The saved filter that somebody's list of incidents opens with."""

    user = models.OneToOneField("teams.User", primary_key=True, on_delete=models.CASCADE, related_name="default_board")
    saved = models.ForeignKey(SavedFilter, on_delete=models.CASCADE, related_name="default_of")

    def __str__(self) -> str:
        return f"{self.saved} of {self.user}"


class WallLink(models.Model):
    """An address that shows the wall to a screen without an account: public incidents and who is on call, read-only.
    Kept as a digest; it works until it is revoked or whoever made it has left."""

    name = models.CharField(max_length=80, help_text="Where the screen hangs.")
    teams: models.ManyToManyField = models.ManyToManyField(
        "teams.Team", blank=True, related_name="walls", help_text="Whose incidents and duty it shows. None: all."
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField(max_length=12, editable=False)
    made_by = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return self.name


class Export(models.Model):
    """Incidents of a board as a file, for one person. Workers write it a slice at a time, so that its page shows how
    far it is; where one stops, another goes on after the last slice. It is dropped a day after it is done."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        RUNNING = "running", "Being written"
        DONE = "done", "Ready"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    class Form(models.TextChoices):
        CSV = "csv", "CSV, for a spreadsheet"
        JSON = "json", "JSON, for a program"

    UNDONE = (State.WAITING, State.RUNNING)

    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="exports")
    form = models.CharField(max_length=4, choices=Form, default=Form.CSV)
    timelines = models.BooleanField(default=False, help_text="With the lines of each timeline; JSON only.")
    query = models.CharField(max_length=2000, blank=True, help_text="As in the address of the board.")
    time_zone = models.CharField(max_length=64, help_text="In which the days of the query are meant.")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    problem = models.CharField(max_length=300, blank=True)
    total = models.PositiveIntegerField(default=0, help_text="Incidents, as they were counted at the start.")
    written = models.PositiveIntegerField(default=0, help_text="Incidents so far.")
    size = models.PositiveBigIntegerField(default=0, help_text="Bytes so far.")
    after = models.BigIntegerField(null=True, help_text="The last incident that was written; they go downwards.")
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Since the last slice.")
    created_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField(null=True, default=timezone.now, help_text="Empty: nothing is left to do.")
    lease_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "running", "done", "failed", "cancelled"]), name="export_state"
            ),
            models.CheckConstraint(condition=Q(form="json") | Q(form="csv", timelines=False), name="export_form"),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="export_due"),
            models.Index(fields=["user", "-id"], name="export_of_user"),
        ]

    def __str__(self) -> str:
        return self.file_name

    def get_absolute_url(self) -> str:
        return reverse("incidents:export", args=[self.uid])

    @property
    def file_name(self) -> str:
        return f"incidents-{self.created_at:%Y-%m-%d}-{self.uid[:4].replace('_', '-')}.{self.form}"

    @property
    def is_undone(self) -> bool:
        return self.state in self.UNDONE

    @property
    def percent(self) -> int:
        """How much is written, 0 to 100; below that until it is done."""
        if self.state == self.State.DONE:
            return 100
        return min(99, self.written * 100 // self.total) if self.total else 0


class ExportPart(models.Model):
    """What one slice wrote. A file is its parts in order."""

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["export", "number"], name="export_part_once")]

    def __str__(self) -> str:
        return f"part {self.number} of {self.export_id}"
