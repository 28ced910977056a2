from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Count, Exists, F, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from incidents.phases import PATH

if TYPE_CHECKING:
    from incidents.models.incident import Incident

MOST_STEPS = 60


class PlaybookQuerySet(models.QuerySet["Playbook"]):
    def kept(self) -> PlaybookQuerySet:
        return self.filter(retired_at=None)

    def search(self, text: str) -> PlaybookQuerySet:
        """Those in which every word stands somewhere."""
        found = self
        for word in text.split()[:8]:
            steps = PlaybookStep.objects.filter(playbook=OuterRef("pk"), text__icontains=word)
            found = found.filter(Q(title__icontains=word) | Q(summary__icontains=word) | Exists(steps))
        return found

    def fitting(self, incident: Incident) -> PlaybookQuerySet:
        """Those that are meant for such an incident: what they name (services, types, severities) it has. Those that
        name more come first; `says` counts it. What names nothing fits every incident."""
        named = {
            "services": incident.services.values("pk"),
            "types": [incident.type_id] if incident.type_id else [],
            "severities": [incident.severity_id] if incident.severity_id else [],
        }
        found = self
        for name, wanted in named.items():
            field: Any = Playbook._meta.get_field(name)
            rows = field.remote_field.through.objects.filter(playbook=OuterRef("pk"))
            key = f"{field.remote_field.model._meta.model_name}_id"
            found = found.filter(~Exists(rows) | Exists(rows.filter(**{f"{key}__in": wanted})))
        return found.annotate(
            says=models.ExpressionWrapper(
                3 * _names("services") + 2 * _names("types") + _names("severities"), models.IntegerField()
            )
        ).order_by("-says", "title", "pk")


def _names(name: str) -> Any:
    """1 where a playbook names something of the kind, else 0."""
    field: Any = Playbook._meta.get_field(name)
    rows = field.remote_field.through.objects.filter(playbook=OuterRef("pk"))
    return models.Case(models.When(Exists(rows), then=1), default=0, output_field=models.IntegerField())


class Playbook(models.Model):
    """What is done in a kind of incident, step by step, each with an owner. A runbook mends one service."""

    class Kind(models.TextChoices):
        PLAYBOOK = "playbook", "Playbook"
        RUNBOOK = "runbook", "Runbook"

    kind = models.CharField(
        max_length=8,
        choices=Kind,
        default=Kind.PLAYBOOK,
        help_text="A playbook says who does what in a kind of incident, a runbook how one service is mended.",
    )
    title = models.CharField(max_length=200)
    summary = models.TextField(blank=True, help_text="When to use it and what to know before, in Markdown.")
    team = models.ForeignKey(
        "teams.Team", on_delete=models.PROTECT, related_name="playbooks", help_text="Who keeps it."
    )
    services: models.ManyToManyField = models.ManyToManyField(
        "teams.Service", blank=True, related_name="playbooks", help_text="Suggested for these. None: for any."
    )
    types: models.ManyToManyField = models.ManyToManyField(
        "incidents.IncidentType", blank=True, related_name="playbooks", help_text="Suggested for these. None: for any."
    )
    severities: models.ManyToManyField = models.ManyToManyField(
        "incidents.Severity", blank=True, related_name="playbooks", help_text="Suggested for these. None: for any."
    )
    phases = ArrayField(
        models.CharField(max_length=16, choices=[(p.value, p.label) for p in PATH]),
        default=list,
        blank=True,
        help_text="Suggested in these. None: in any.",
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PlaybookQuerySet.as_manager()

    class Meta:
        ordering = ["title", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["playbook", "runbook"]), name="playbook_kind"),
            models.UniqueConstraint(fields=["team", "title"], condition=Q(retired_at=None), name="playbook_once"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:playbook", args=[self.pk])


class PlaybookStep(models.Model):
    """One step and whose it is: a role's, a person's, or anybody's."""

    playbook = models.ForeignKey(Playbook, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    text = models.TextField(help_text="What is done, in Markdown.")
    role = models.ForeignKey("teams.Role", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey("teams.User", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(role=None) | Q(person=None), name="playbook_step_one_owner"),
            models.UniqueConstraint(
                fields=["playbook", "position"],
                name="playbook_step_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]

    def __str__(self) -> str:
        return self.text[:80]


class RunQuerySet(models.QuerySet["PlaybookRun"]):
    def with_counts(self) -> RunQuerySet:
        """`all_steps` and, of these, `settled`: done or skipped."""
        return self.annotate(all_steps=Count("steps"), settled=Count("steps", filter=~Q(steps__state="open")))


class PlaybookRun(models.Model):
    """A playbook at work in an incident: its steps as they were when it was started, checked off one by one."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.PROTECT, related_name="playbook_runs")
    playbook = models.ForeignKey(Playbook, null=True, on_delete=models.SET_NULL, related_name="runs")
    title = models.CharField(max_length=200)
    kind = models.CharField(max_length=8, choices=Playbook.Kind, default=Playbook.Kind.PLAYBOOK)
    started_at = models.DateTimeField(default=timezone.now)
    started_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, help_text="When its last step was settled, or it was put away.")

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "playbook"], condition=Q(ended_at=None), name="playbook_runs_once_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")), name="playbook_run_ends_after_its_start"
            ),
        ]

    def __str__(self) -> str:
        return self.title


class RunStep(models.Model):
    """A step of a playbook at work, with who settled it and when."""

    class State(models.TextChoices):
        OPEN = "open", "To do"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"

    run = models.ForeignKey(PlaybookRun, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    text = models.TextField()
    role = models.ForeignKey("teams.Role", null=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    settled_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey("teams.User", null=True, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was skipped.")

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["run", "position"], name="run_step_place"),
            models.CheckConstraint(
                condition=Q(state="open", settled_at=None) | Q(state__in=["done", "skipped"], settled_at__isnull=False),
                name="run_step_settled",
            ),
            models.CheckConstraint(condition=~Q(state="skipped") | ~Q(reason=""), name="run_step_skipped_for_a_reason"),
        ]

    def __str__(self) -> str:
        return self.text[:80]
