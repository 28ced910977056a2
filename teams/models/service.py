from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse

if TYPE_CHECKING:
    from teams.models.escalation import Webhook

# What a browser follows from a page; nothing that a program would run.
on_the_web = URLValidator(schemes=["http", "https"])

# Of two that each add one half of a circle, the second waits here and then sees what the first has added. The actions
# take the same lock before they look, so that people are told of the circle by name; see `teams.actions.services`.
DEPENDENCY_LOCK = "hashtextextended('watchbill:service-dependencies', 0)"
_NO_CIRCLE = f"""
    PERFORM pg_advisory_xact_lock({DEPENDENCY_LOCK});
    IF EXISTS (
        WITH RECURSIVE reached(id) AS (
            SELECT NEW.depends_on_id
            UNION
            SELECT d.depends_on_id FROM teams_servicedependency d JOIN reached r ON d.service_id = r.id
        )
        SELECT 1 FROM reached WHERE id = NEW.service_id
    ) THEN
        RAISE EXCEPTION '% depends on % already, so it can''t be the other way round as well',
            (SELECT name FROM teams_service WHERE id = NEW.depends_on_id),
            (SELECT name FROM teams_service WHERE id = NEW.service_id)
            USING ERRCODE = 'check_violation', CONSTRAINT = 'service_dependency_no_circle';
    END IF;
    RETURN NULL;
"""  # noqa: S608 - a text of our own


class ServiceQuerySet(models.QuerySet[Any]):
    def search(self, text: str) -> ServiceQuerySet:
        """Those whose name, word, description or team has `text` in it."""
        words = text.strip()
        found = Q(name__icontains=words) | Q(slug__icontains=words) | Q(description__icontains=words)
        return self.filter(found | Q(team__name__icontains=words))


class Service(models.Model):
    """Something that can break and that one team answers for."""

    class Tier(models.IntegerChoices):
        CRITICAL = 1, "Tier 1: customers stop when it stops"
        IMPORTANT = 2, "Tier 2: customers notice"
        INTERNAL = 3, "Tier 3: internal"

    class Lifecycle(models.TextChoices):
        EXPERIMENTAL = "experimental", "Experimental"
        PRODUCTION = "production", "Production"
        DEPRECATED = "deprecated", "Deprecated"

    name = models.CharField(max_length=80, unique=True)
    slug = models.SlugField(
        max_length=80, unique=True, help_text="Alerts name the service by this word, in the label “service”."
    )
    team = models.ForeignKey("teams.Team", on_delete=models.PROTECT, related_name="services")
    tier = models.PositiveSmallIntegerField(choices=Tier, default=Tier.IMPORTANT)
    lifecycle = models.CharField(max_length=16, choices=Lifecycle, default=Lifecycle.PRODUCTION)
    description = models.TextField(blank=True)
    runbook_url = models.URLField(
        "runbook",
        max_length=500,
        blank=True,
        validators=[on_the_web],
        help_text="What to do when it breaks; incidents show it.",
    )
    repository_url = models.URLField("repository", max_length=500, blank=True, validators=[on_the_web])
    escalation_policy = models.ForeignKey(
        "teams.EscalationPolicy",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="services",
        help_text="Empty: the team's policy.",
    )
    rollback_webhook = models.ForeignKey(
        "teams.Webhook",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="rolls_back",
        help_text="Of its team: called when somebody rolls a change of it back. Empty: they do it by hand.",
    )
    depends_on: models.ManyToManyField = models.ManyToManyField(
        "self", through="teams.ServiceDependency", symmetrical=False, related_name="dependents"
    )

    entity_ref = models.CharField(
        max_length=200,
        blank=True,
        editable=False,
        help_text="What the Backstage catalogue that it came from calls it: component:default/checkout.",
    )

    objects = ServiceQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(lifecycle__in=["experimental", "production", "deprecated"]), name="service_lifecycle"
            ),
            models.UniqueConstraint(fields=["entity_ref"], condition=~Q(entity_ref=""), name="service_entity_once"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:service", args=[self.slug])

    def clean(self) -> None:
        hook = self.rollback_webhook
        if hook is not None and hook.team_id != self.team_id:
            raise ValidationError({"rollback_webhook": f"Choose a webhook of {self.team}, or none."})

    @property
    def rolled_back_by(self) -> Webhook | None:
        """The webhook that rolls its changes back, as long as it is its team's."""
        hook = self.rollback_webhook
        return hook if hook is not None and hook.team_id == self.team_id else None


class ServiceLink(models.Model):
    """An address that a responder of a service needs, beside its runbook and its repository."""

    class Kind(models.TextChoices):
        DASHBOARD = "dashboard", "Dashboard"
        RUNBOOK = "runbook", "Runbook"
        OTHER = "other", "Other"

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="links")
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.DASHBOARD)
    title = models.CharField(max_length=80)
    url = models.URLField("address", max_length=500, validators=[on_the_web])

    class Meta:
        ordering = ["kind", "title", "pk"]
        verbose_name = "link"
        constraints = [
            models.UniqueConstraint(fields=["service", "url"], name="service_link_once"),
            models.CheckConstraint(condition=Q(kind__in=["dashboard", "runbook", "other"]), name="service_link_kind"),
        ]

    def __str__(self) -> str:
        return self.title


class ServiceDependency(models.Model):
    """`service` does not work, or works less well, when `depends_on` does not. Dependencies never go round in a
    circle: a trigger refuses the row that would close one."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="dependencies")
    depends_on = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="needed_by")
    suppresses = models.BooleanField(
        "holds its alerts back",
        default=False,
        help_text="While an incident of the other service is open and not mitigated, this one's alerts open none.",
    )

    class Meta:
        ordering = ["depends_on__name"]
        verbose_name_plural = "service dependencies"
        constraints = [
            models.UniqueConstraint(fields=["service", "depends_on"], name="service_dependency_once"),
            models.CheckConstraint(condition=~Q(service=F("depends_on")), name="service_dependency_on_another"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="no_circle",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_NO_CIRCLE,
            )
        ]

    def __str__(self) -> str:
        return f"{self.service} depends on {self.depends_on}"
