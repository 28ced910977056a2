from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from incidents.witness.figures import lasting, spelled
from teams.secrets import SealedField

LONGEST_QUERY = 2000
# Finite in the database's eyes: it takes NaN to be greater than everything.
_LARGEST = 1e300


class Probe(models.Model):
    """Where a figure is read, how, and when it is as it should be."""

    class Kind(models.TextChoices):
        PROMQL = "promql", "Prometheus"
        JSON = "json", "JSON endpoint"

    class Comparison(models.TextChoices):
        BELOW = "below", "below"
        ABOVE = "above", "above"

    class SignIn(models.TextChoices):
        NONE = "none", "None"
        BEARER = "bearer", "Bearer token"
        BASIC = "basic", "User name and password"

    title = models.CharField(max_length=80, help_text="As people say it: Error rate.")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.PROMQL)
    url = SealedField(help_text="It may hold a key, so it is kept encrypted, and only its host is shown.")
    host = models.CharField(max_length=262, editable=False)
    query = models.TextField(
        max_length=LONGEST_QUERY, blank=True, help_text="PromQL, or where in the JSON the figure is."
    )
    comparison = models.CharField(max_length=8, choices=Comparison, default=Comparison.BELOW)
    threshold = models.FloatField()
    hold_minutes = models.PositiveSmallIntegerField(
        default=5, validators=[MaxValueValidator(1440)], help_text="How long until it counts, in minutes."
    )
    unit = models.CharField(max_length=12, blank=True, help_text="Such as %, ms or /s.")
    interval_seconds = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(5), MaxValueValidator(3600)],
        help_text="How often it is read, in seconds.",
    )
    sign_in = models.CharField(max_length=8, choices=SignIn, default=SignIn.NONE)
    username = models.CharField(max_length=200, blank=True)
    secret = SealedField(blank=True, help_text="The token or the password. Kept encrypted and never shown again.")

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["promql", "json"]), name="%(class)s_kind"),
            models.CheckConstraint(condition=Q(comparison__in=["below", "above"]), name="%(class)s_comparison"),
            models.CheckConstraint(condition=Q(sign_in__in=["none", "bearer", "basic"]), name="%(class)s_sign_in"),
            models.CheckConstraint(
                condition=Q(threshold__gt=-_LARGEST, threshold__lt=_LARGEST), name="%(class)s_threshold"
            ),
            models.CheckConstraint(
                condition=Q(interval_seconds__gte=5, interval_seconds__lte=3600), name="%(class)s_interval"
            ),
            models.CheckConstraint(condition=Q(hold_minutes__lte=1440), name="%(class)s_hold"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def condition(self) -> str:
        """When it holds: "below 1 %"."""
        return f"{self.comparison} {self.spell(self.threshold)}"

    @property
    def rule(self) -> str:
        """The same with its time: "below 1 % for 5 min"."""
        return f"{self.condition} for {self.hold_minutes} min" if self.hold_minutes else self.condition

    def spell(self, value: float) -> str:
        return spelled(value, self.unit)

    def holds_at(self, value: float) -> bool:
        return value < self.threshold if self.comparison == self.Comparison.BELOW else value > self.threshold


class MetricCheck(Probe):
    """A metric of a service by which one sees whether it works. It attaches itself to incidents of the service."""

    class Attach(models.TextChoices):
        OPEN = "open", "As soon as an incident opens"
        DECLARE = "declare", "When an incident is declared"
        NEVER = "never", "Only by hand"

    service = models.ForeignKey("teams.Service", on_delete=models.CASCADE, related_name="metric_checks")
    attach = models.CharField(
        "attaches itself",
        max_length=8,
        choices=Attach,
        default=Attach.DECLARE,
        help_text="To incidents that name the service.",
    )

    class Meta(Probe.Meta):
        ordering = ["service", "title", "pk"]
        constraints = [
            *Probe.Meta.constraints,
            models.UniqueConstraint(fields=["service", "title"], name="metric_check_once"),
            models.CheckConstraint(condition=Q(attach__in=["open", "declare", "never"]), name="metric_check_attach"),
        ]

    @property
    def team(self) -> Any:
        """Who answers for it: its service's team."""
        return self.service.team


class WitnessQuerySet(models.QuerySet["Witness"]):
    def standing(self) -> WitnessQuerySet:
        """Those that nobody took away."""
        return self.filter(removed_at=None)

    def due(self, now: datetime) -> WitnessQuerySet:
        """Those to be read now that nobody is reading, or whose reader's lease ran out."""
        return self.standing().filter(Q(leased_until=None) | Q(leased_until__lt=now), due_at__lte=now)


class Witness(Probe):
    """A metric that is watched during an incident, so that whether service is back is seen and not claimed.

    It is read when `due_at` says; what was read last stands in `value` and `value_at`, and `state` since
    `state_since` says whether that is as it should be. While it can't be read `unreadable_since` and `error` say so,
    and the state is the last that is known.
    """

    class State(models.TextChoices):
        UNREAD = "unread", "Not read yet"
        HOLDS = "holds", "Holds"
        FAILS = "fails", "Does not hold"

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="witnesses")
    check_of = models.ForeignKey(
        MetricCheck, null=True, editable=False, on_delete=models.SET_NULL, related_name="witnesses"
    )
    attached_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    attached_at = models.DateTimeField(default=timezone.now)
    removed_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    removed_at = models.DateTimeField(null=True)

    state = models.CharField(max_length=8, choices=State, default=State.UNREAD)
    state_since = models.DateTimeField(null=True)
    value = models.FloatField(null=True)
    value_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=300, blank=True)
    unreadable_since = models.DateTimeField(null=True)
    reads = models.PositiveIntegerField(default=0, help_text="How often it was tried: pages compare it.")

    told = models.CharField(max_length=8, blank=True, help_text="The state that the timeline knows of.")
    told_at = models.DateTimeField(null=True)
    told_unreadable = models.BooleanField(default=False)
    proposed_at = models.DateTimeField(null=True, help_text="When it last made Watchbill propose to resolve.")

    due_at = models.DateTimeField(null=True, help_text="Empty: it is read no more.")
    leased_until = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often in a row it could not be read.")
    tidy_at = models.DateTimeField(null=True, help_text="When its old points are thinned out next.")

    objects = WitnessQuerySet.as_manager()

    class Meta(Probe.Meta):
        ordering = ["pk"]
        verbose_name_plural = "witnesses"
        constraints = [
            *Probe.Meta.constraints,
            models.CheckConstraint(condition=Q(state__in=["unread", "holds", "fails"]), name="witness_state"),
            models.UniqueConstraint(
                fields=["incident", "check_of"],
                condition=Q(check_of__isnull=False, removed_at=None),
                name="witness_once_per_check",
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"], condition=Q(due_at__isnull=False, removed_at__isnull=True), name="witness_due"
            ),
            models.Index(fields=["tidy_at"], condition=Q(tidy_at__isnull=False), name="witness_tidy"),
        ]

    @property
    def is_readable(self) -> bool:
        return self.unreadable_since is None and self.state != self.State.UNREAD

    def held_for(self, now: datetime) -> timedelta:
        """How long it has held without a break; nothing while it does not."""
        if self.state != self.State.HOLDS or not self.is_readable or self.state_since is None:
            return timedelta(0)
        return max(now - self.state_since, timedelta(0))

    def has_held(self, now: datetime) -> bool:
        """Whether it holds, and has done so for its time."""
        holds = self.state == self.State.HOLDS and self.is_readable
        return holds and self.held_for(now) >= timedelta(minutes=self.hold_minutes)

    def evidence(self, now: datetime) -> str:
        """What it says of recovery: "Error rate has been below 1 % for 12 min"."""
        return f"{self.title} has been {self.condition} for {lasting(self.held_for(now))}"


class WitnessPoint(models.Model):
    """What was read at one moment."""

    witness = models.ForeignKey(Witness, on_delete=models.CASCADE, related_name="points")
    at = models.DateTimeField()
    value = models.FloatField()

    class Meta:
        ordering = ["witness", "at"]
        constraints = [models.UniqueConstraint(fields=["witness", "at"], name="witness_point_once")]

    def __str__(self) -> str:
        return f"{self.value:g}"
