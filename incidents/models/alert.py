from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from django.contrib.postgres.functions import RandomUUID
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Cast, Concat, Upper
from django.urls import reverse
from django.utils import timezone

from teams import permits

# What is searched, as its index has it.
SEARCHED = Concat(
    *("title", Value("\n"), "summary", Value("\n"), "fingerprint"),
    output_field=models.TextField(),
)


class AlertQuerySet(models.QuerySet["Alert"]):
    def visible_to(self, user: Any) -> AlertQuerySet:
        """Alerts of the incidents that `user` may know of, and suppressed ones as if they had become one."""
        from incidents.models.incident import where

        public = permits.in_organization(user) and permits.may(user, "incident.view")
        mine = permits.teams_where(user, "incident.view", private=True).values("pk")
        apart = Q(incident=None) & (Q(team__in=mine) | (Q(private=False) if public else Q(pk__in=[])))
        return self.filter(apart | where(user, "incident.view", at="incident__"))

    def quiet(self) -> AlertQuerySet:
        """What fires and is held back."""
        return self.filter(status="firing").exclude(suppression="")

    def search(self, text: str) -> AlertQuerySet:
        """By a part of title, summary or fingerprint; `name=value`, also as Prometheus quotes it, is a label."""
        words = text.strip()
        if label := label_of(words):
            return self.filter(labels__contains=label)
        return self.alias(searched=SEARCHED).filter(searched__icontains=words)


def label_of(text: str) -> dict[str, str] | None:
    """`name=value` as a label; None for anything else."""
    name, sign, value = (part.strip() for part in text.partition("="))
    if not sign or not name or " " in name:
        return None
    return {name: value.removeprefix('"').removesuffix('"')}


class Alert(models.Model):
    """One alert as its tool knows it. At most one is firing for each (integration, fingerprint). One that is suppressed
    belongs to no incident; it gets one when it still fires once the reason is over."""

    class Status(models.TextChoices):
        FIRING = "firing", "Firing"
        RESOLVED = "resolved", "Resolved"

    class Suppression(models.TextChoices):
        SILENCE = "silence", "Silenced"
        MAINTENANCE = "maintenance", "In maintenance"
        DEPENDENCY = "dependency", "A service that it needs is down"

    integration = models.ForeignKey("incidents.Integration", on_delete=models.PROTECT, related_name="alerts")
    incident = models.ForeignKey("incidents.Incident", null=True, on_delete=models.PROTECT, related_name="alerts")
    # By which tools that ask for it know it.
    public_id = models.UUIDField(db_default=RandomUUID(), unique=True, editable=False)
    fingerprint = models.CharField(max_length=255)
    status = models.CharField(max_length=10, choices=Status, default=Status.FIRING)
    title = models.CharField(max_length=500)
    summary = models.TextField(blank=True)
    severity = models.CharField(max_length=40, blank=True, help_text="In the words of the tool.")
    service = models.CharField(max_length=255, blank=True, help_text="In the words of the tool.")
    group_key = models.CharField(max_length=255, blank=True, help_text="In which group its tool put it.")
    labels = models.JSONField(default=dict)
    annotations = models.JSONField(default=dict)
    links = models.JSONField(default=list)
    count = models.PositiveIntegerField(default=1, help_text="How often it was sent.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    received_at = models.DateTimeField(default=timezone.now)
    last_received_at = models.DateTimeField(default=timezone.now)
    flapping = models.BooleanField(default=False, help_text="It came and went often when it last began to fire.")

    suppression = models.CharField(max_length=12, blank=True, choices=Suppression, help_text="Why it is held back.")
    # By what it was suppressed, kept when it is not any more: each counts what it held back.
    silence = models.ForeignKey("incidents.Silence", null=True, on_delete=models.PROTECT, related_name="alerts")
    maintenance = models.ForeignKey("incidents.Maintenance", null=True, on_delete=models.PROTECT, related_name="alerts")
    upstream = models.ForeignKey(
        "incidents.Incident", null=True, on_delete=models.PROTECT, related_name="alerts_downstream"
    )
    quiet_until = models.DateTimeField(null=True, help_text="When the reason ends, as far as that is known.")
    # Whose its incident would be, while it has none.
    team = models.ForeignKey("teams.Team", null=True, on_delete=models.PROTECT, related_name="+")
    private = models.BooleanField(default=False)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ["-received_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["integration", "fingerprint"], condition=Q(status="firing"), name="alert_one_firing"
            ),
            models.CheckConstraint(condition=Q(status__in=["firing", "resolved"]), name="alert_status"),
            models.CheckConstraint(
                condition=Q(suppression="", incident__isnull=False)
                | Q(suppression__in=["silence", "maintenance", "dependency"], incident=None, team__isnull=False),
                name="alert_has_an_incident_or_a_reason",
            ),
        ]
        indexes = [
            GinIndex(fields=["labels"], name="alert_labels"),
            GinIndex(OpClass(Upper(SEARCHED), "gin_trgm_ops"), name="alert_words"),
            GinIndex(OpClass(Upper(Cast("service", models.TextField())), "gin_trgm_ops"), name="alert_service"),
            models.Index(fields=["-id"], condition=Q(status="firing"), name="alert_firing"),
            models.Index(fields=["-id"], condition=Q(flapping=True), name="alert_flaps"),
            models.Index(fields=["integration", "-id"], name="alert_of_tool"),
            models.Index(fields=["integration", "fingerprint", "-received_at"], name="alert_lately"),
            models.Index(fields=["quiet_until"], condition=Q(status="firing") & ~Q(suppression=""), name="alert_quiet"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:alert", args=[self.public_id])


class ChangeQuerySet(models.QuerySet["Change"]):
    def visible_to(self, user: Any) -> ChangeQuerySet:
        """All but what private integrations of other teams have sent, and what drills made up that `user` may not
        see."""
        from incidents.models.incident import where

        mine = permits.teams_where(user, "change.view", private=True).values("pk")
        found = self.filter(Q(integration=None) | Q(integration__private=False) | Q(integration__team__in=mine))
        return found.filter(Q(drill=None) | where(user, "incident.view", at="drill__"))

    def told_to(self, incident: Any) -> ChangeQuerySet:
        """What a private integration sends is its team's: only their private incidents show it."""
        kept = Q(integration=None) | Q(integration__private=False)
        if incident.private:
            kept |= Q(integration__team=incident.team_id)
        return self.filter(kept)

    def before(self, incident: Any, *, hours: int = 24) -> ChangeQuerySet:
        """Changes in the `hours` before the incident was detected, nearest first; those on its services come before
        the rest of its team's."""
        until = incident.detected_at
        mine = models.Exists(
            incident.services.through.objects.filter(incident_id=incident.pk, service_id=models.OuterRef("service_id"))
        )
        return (
            self.told_to(incident)
            .filter(at__lte=until, at__gte=until - timedelta(hours=hours))
            .annotate(concerned=mine)
            .filter(Q(concerned=True) | Q(service=None) | Q(service__team=incident.team_id))
            .order_by("-concerned", "-at")
        )

    def around(self, incident: Any, reached: Collection[int], *, hours: int = 24) -> ChangeQuerySet:
        """Changes since `hours` before the trouble began and until it was over: on the services `reached` (keys), of
        its team, or on no service. In no order."""
        rows = self.told_to(incident).filter(
            at__gte=incident.began_at - timedelta(hours=hours), at__lte=incident.over_at or timezone.now()
        )
        return rows.filter(Q(service__in=reached) | Q(service=None) | Q(service__team=incident.team_id))


class ChangeManager(models.Manager["Change"]):
    """What really changed. What a drill made up is found by `before` and `around` of its incident alone, and by
    `Change.every`."""

    def get_queryset(self) -> ChangeQuerySet:
        return ChangeQuerySet(self.model, using=self._db).filter(drill=None)

    def visible_to(self, user: Any) -> ChangeQuerySet:
        return self.get_queryset().visible_to(user)

    def before(self, incident: Any, *, hours: int = 24) -> ChangeQuerySet:
        rows = Change.every.filter(drill=incident) if incident.drill else self.get_queryset()
        return rows.before(incident, hours=hours)

    def around(self, incident: Any, reached: Collection[int], *, hours: int = 24) -> ChangeQuerySet:
        rows = Change.every.filter(drill=incident) if incident.drill else self.get_queryset()
        return rows.around(incident, reached, hours=hours)


class Change(models.Model):
    """A deploy, a flag, a migration: something that somebody changed. Never pages anyone."""

    integration = models.ForeignKey(
        "incidents.Integration", null=True, blank=True, on_delete=models.SET_NULL, related_name="changes"
    )
    service = models.ForeignKey(
        "teams.Service", null=True, blank=True, on_delete=models.SET_NULL, related_name="changes"
    )
    summary = models.CharField(max_length=1024)
    source = models.CharField(max_length=255, blank=True)
    details = models.JSONField(default=dict, blank=True)
    links = models.JSONField(default=list, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    drill = models.ForeignKey(
        "incidents.Incident",
        null=True,
        blank=True,
        editable=False,
        on_delete=models.PROTECT,
        related_name="made_up_changes",
        help_text="The drill that made it up. Empty: it is real.",
    )

    objects = ChangeManager()
    every = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.summary
