from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from incidents.trackers.shapes import Place
from teams import permits
from teams.secrets import SealedField


class TrackerQuerySet(models.QuerySet["Tracker"]):
    def kept_by(self, user: Any) -> TrackerQuerySet:
        """Those that `user` keeps: of their teams, and of all teams where they keep integrations everywhere."""
        mine = Q(team__in=permits.teams_where(user, Tracker.VERB).values("pk"))
        return self.filter(mine | Q(team=None) if permits.may(user, Tracker.VERB) else mine)

    def for_team(self, team_id: int | None) -> TrackerQuerySet:
        """Those in which issues of a team's incidents are opened."""
        return self.filter(Q(team=None) | Q(team=team_id))

    def search(self, text: str) -> TrackerQuerySet:
        found = self
        for word in text.split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(project__icontains=word)
                | Q(host__icontains=word)
                | Q(team__name__icontains=word)
            )
        return found

    def due(self, now: datetime) -> TrackerQuerySet:
        """Those to be looked through now that nobody looks through."""
        return self.filter(Q(leased_until=None) | Q(leased_until__lt=now), poll_due_at__lte=now)


class Tracker(models.Model):
    """Where action items become issues: a project at GitHub, GitLab or Jira.

    `paused_at` and `error` say that it lets us in no more; nothing is sent until it does. `quiet_until` is how long it
    wants to be left alone.
    """

    VERB = "integration.change"

    class Kind(models.TextChoices):
        GITHUB = "github", "GitHub"
        GITLAB = "gitlab", "GitLab"
        JIRA = "jira", "Jira Cloud"
        JIRA_DC = "jira_dc", "Jira Data Center"

    name = models.CharField(max_length=80, unique=True)
    kind = models.CharField(max_length=8, choices=Kind)
    base_url = models.CharField("address", max_length=300)
    host = models.CharField(max_length=262, editable=False)
    project = models.CharField(max_length=300)
    team = models.ForeignKey(
        "teams.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="trackers",
        help_text="Whose action items go there. Empty: those of every team.",
    )
    account = models.CharField(max_length=200, blank=True, help_text="For Jira Cloud: the e-mail address of the token.")
    token = SealedField(help_text="Kept encrypted and never shown again.")
    webhook_secret = SealedField(
        blank=True, help_text="With which it signs what it sends. Empty: the key in the address alone decides."
    )
    hook_key = SealedField(editable=False)
    hook_digest = models.CharField(max_length=64, unique=True, editable=False)
    labels = models.CharField(max_length=300, blank=True, help_text="Of the issues, with commas between.")
    issue_type = models.CharField(max_length=80, blank=True, help_text="Empty: the usual one.")
    open_names = models.CharField("states that are open", max_length=300, blank=True)
    done_names = models.CharField("states that are done", max_length=300, blank=True)
    dropped_names = models.CharField("states that will not be done", max_length=300, blank=True)
    poll_minutes = models.PositiveSmallIntegerField(
        default=5,
        validators=[MinValueValidator(1), MaxValueValidator(1440)],
        help_text="How often it is looked through for changes that no webhook told of.",
    )
    exports = models.BooleanField(
        default=False, help_text="Open an issue of every action item once its postmortem is approved."
    )
    private_allowed = models.BooleanField(
        default=False, help_text="Items of private incidents go there too. Whoever reads the project reads them."
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    paused_at = models.DateTimeField(null=True, editable=False)
    error = models.CharField(max_length=400, blank=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False, help_text="When people heard of what is wrong.")
    quiet_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    seen_until = models.DateTimeField(null=True, editable=False, help_text="Changes there are known up to here.")
    etag = models.CharField(max_length=200, blank=True, editable=False)
    poll_due_at = models.DateTimeField(null=True, editable=False, default=timezone.now)
    leased_until = models.DateTimeField(null=True, editable=False)
    worked_at = models.DateTimeField(null=True, editable=False, help_text="When it answered last as it should.")

    objects = TrackerQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["github", "gitlab", "jira", "jira_dc"]), name="tracker_kind"),
            models.CheckConstraint(condition=Q(poll_minutes__gte=1, poll_minutes__lte=1440), name="tracker_poll"),
        ]
        indexes = [models.Index(fields=["poll_due_at"], condition=Q(poll_due_at__isnull=False), name="tracker_due")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:tracker", args=[self.pk])

    @property
    def brand(self) -> str:
        """What people call it."""
        return "Jira" if self.kind in (self.Kind.JIRA, self.Kind.JIRA_DC) else self.get_kind_display()

    @property
    def place(self) -> Place:
        opens, dones, drops = map(named, (self.open_names, self.done_names, self.dropped_names))
        labels = tuple(part for each in self.labels.split(",") if (part := each.strip()))
        return Place(self.kind, self.base_url, self.project, labels, self.issue_type, opens, dones, drops)

    def renew_hook(self) -> None:
        """Give it another key for its webhooks; the former opens nothing from then on."""
        key = secrets.token_urlsafe(24)
        self.hook_key, self.hook_digest = key, self.digest_of(key)

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode(errors="replace")).hexdigest()


def named(text: str) -> tuple[str, ...]:
    """Names with commas between, in lower case."""
    return tuple(part for each in text.split(",") if (part := " ".join(each.split()).lower()))


class TrackerPerson(models.Model):
    """Who somebody is at a tracker: their login, or their account id at Jira Cloud."""

    tracker = models.ForeignKey(Tracker, on_delete=models.CASCADE, related_name="people")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="tracker_logins")
    login = models.CharField(max_length=200)
    found = models.BooleanField(default=False, editable=False, help_text="By their address, not named by somebody.")

    class Meta:
        ordering = ["login"]
        verbose_name_plural = "tracker people"
        constraints = [
            models.UniqueConstraint(fields=["tracker", "user"], name="tracker_person_once"),
            models.UniqueConstraint(fields=["tracker", "login"], name="tracker_login_once"),
        ]

    def __str__(self) -> str:
        return self.login


class TrackerLinkQuerySet(models.QuerySet["TrackerLink"]):
    def visible_to(self, user: Any) -> TrackerLinkQuerySet:
        from incidents.models.incident import Incident

        return self.filter(item__incident__in=Incident.objects.visible_to(user))

    def due(self, now: datetime) -> TrackerLinkQuerySet:
        """Those to be brought into step now, or whose bringer's lease ran out."""
        free = Q(tracker__quiet_until=None) | Q(tracker__quiet_until__lte=now)
        waits = Q(leased_until=None, due_at__lte=now) | Q(leased_until__lt=now)
        return self.filter(free, waits, tracker__paused_at=None)


class TrackerLink(models.Model):
    """An action item and its issue, and what is still to be done to bring them into step: when `due_at` says.

    `marker` stands in the issue, so that one that was opened just before a crash is found again; `began_at` is since
    when there may be one. `ours` and `theirs` are the fields of both sides when they were last in step.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        IN_STEP = "in_step", "In step"
        STUCK = "stuck", "Not in step"

    item = models.ForeignKey("incidents.ActionItem", on_delete=models.CASCADE, related_name="tracker_links")
    tracker = models.ForeignKey(Tracker, on_delete=models.PROTECT, related_name="links")
    marker = models.CharField(max_length=60, unique=True, editable=False)
    number = models.CharField(max_length=120, blank=True)
    url = models.URLField(max_length=600, blank=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    comments = models.PositiveIntegerField(default=0)
    ours = models.JSONField(default=dict)
    theirs = models.JSONField(default=dict)
    remote_at = models.DateTimeField(null=True, help_text="When the issue was last changed there, as far as is known.")
    asked_by = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    synced_at = models.DateTimeField(null=True)
    began_at = models.DateTimeField(null=True)

    due_at = models.DateTimeField(null=True, default=timezone.now)
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=400, blank=True)

    objects = TrackerLinkQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(state__in=["waiting", "in_step", "stuck"]), name="tracker_link_state"),
            models.UniqueConstraint(fields=["item", "tracker"], name="tracker_link_once"),
            models.UniqueConstraint(
                fields=["tracker", "number"], condition=~Q(number=""), name="tracker_link_one_item_an_issue"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="tracker_link_due"),
            models.Index(fields=["leased_until"], condition=Q(leased_until__isnull=False), name="tracker_link_leased"),
        ]

    def __str__(self) -> str:
        return self.named

    @property
    def named(self) -> str:
        """As people call the issue: #12, or PAY-12."""
        if not self.number:
            return "no issue yet"
        return f"#{self.number}" if self.number.isdecimal() else self.number

    @staticmethod
    def new_marker() -> str:
        return f"watchbill-{uuid.uuid4().hex[:20]}"


class TrackerDelivery(models.Model):
    """A webhook that was taken, so that the same again does nothing."""

    tracker = models.ForeignKey(Tracker, on_delete=models.CASCADE, related_name="deliveries")
    delivery = models.CharField(max_length=100)
    received_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        ordering = ["-pk"]
        verbose_name_plural = "tracker deliveries"
        constraints = [models.UniqueConstraint(fields=["tracker", "delivery"], name="tracker_delivery_once")]

    def __str__(self) -> str:
        return self.delivery
