from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q

from incidents import role_policies

LEVEL = [MinValueValidator(1), MaxValueValidator(4)]


class RolePolicyQuerySet(models.QuerySet["RolePolicy"]):
    def with_names(self) -> RolePolicyQuerySet:
        """Fetch with it all that a list shows of it."""
        return self.select_related("role", "type", "team", "service", "schedule__team")

    def search(self, text: str) -> RolePolicyQuerySet:
        """Those that have every word in their name, role, conditions or roster."""
        found = self
        for word in text.split()[:8]:
            found = found.filter(
                Q(name__icontains=word)
                | Q(role__name__icontains=word)
                | Q(type__name__icontains=word)
                | Q(team__name__icontains=word)
                | Q(service__name__icontains=word)
                | Q(schedule__name__icontains=word)
            )
        return found


class RolePolicy(models.Model):
    """From which roster a role is filled when an incident is declared. The most specific of those that hold goes first;
    see `incidents.role_policies`. An empty condition holds always."""

    name = models.CharField(max_length=80, unique=True)
    enabled = models.BooleanField(default=True)
    role = models.ForeignKey("teams.Role", on_delete=models.CASCADE, related_name="policies")
    type = models.ForeignKey(
        "incidents.IncidentType", null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Any."
    )
    severity_from = models.PositiveSmallIntegerField(
        "worst severity", default=1, validators=LEVEL, help_text="1 to 4, 1 is the worst."
    )
    severity_to = models.PositiveSmallIntegerField("mildest severity", default=4, validators=LEVEL)
    team = models.ForeignKey("teams.Team", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    service = models.ForeignKey("teams.Service", null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    schedule = models.ForeignKey(
        "teams.Schedule", on_delete=models.PROTECT, related_name="+", help_text="Whoever is on call here is asked."
    )
    position = models.PositiveSmallIntegerField(
        default=0, help_text="Among policies that are equally specific, the lower goes first."
    )

    objects = RolePolicyQuerySet.as_manager()

    class Meta:
        ordering = ["role__position", "position", "pk"]
        verbose_name_plural = "role policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(severity_from__gte=1, severity_to__lte=4, severity_from__lte=F("severity_to")),
                name="role_policy_severities",
            )
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        if self.severity_from and self.severity_to and self.severity_from > self.severity_to:
            raise ValidationError(
                {"severity_to": "The mildest severity can't be worse than the worst: 1 is the worst."}
            )

    def read(self) -> role_policies.Policy:
        """The policy as the pure value that decides."""
        names: dict[str, Any] = {
            "type_name": self.type.name if self.type else "",
            "team_name": self.team.name if self.team else "",
            "service_name": self.service.name if self.service else "",
        }
        return role_policies.Policy(
            id=self.pk or 0,
            name=self.name,
            enabled=self.enabled,
            role=self.role_id,
            type=self.type_id,
            severities=(self.severity_from, self.severity_to),
            team=self.team_id,
            service=self.service_id,
            position=self.position,
            **names,
        )
