from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Case, IntegerField, Q, Value, When

from comms.models.page import StatusPage
from comms.models.update import PageIncident
from comms.wording import unknown


class UpdateTemplateQuerySet(models.QuerySet["UpdateTemplate"]):
    def fitting(self, page: StatusPage, severity: Any) -> UpdateTemplateQuerySet:
        """Those for `page` and an incident of `severity` (or None), the closest fit first."""
        found = self.filter(Q(page=None) | Q(page=page), Q(severity=None) | Q(severity=severity))
        near = Case(When(page=page, then=Value(2)), default=Value(0), output_field=IntegerField())
        nearer = Case(When(severity__isnull=False, then=Value(1)), default=Value(0), output_field=IntegerField())
        return found.annotate(fit=near + nearer).order_by("state", "-fit", "position", "name")


class UpdateTemplate(models.Model):
    """Words that an update starts from. What it may name is in `comms.wording`."""

    name = models.CharField(max_length=80)
    page = models.ForeignKey(
        StatusPage,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="templates",
        help_text="Empty: for every page.",
    )
    audience = models.CharField(
        max_length=10, choices=StatusPage.Audience, blank=True, help_text="Empty: for every audience."
    )
    state = models.CharField(
        max_length=16, choices=PageIncident.State, blank=True, help_text="Empty: for every state of an incident."
    )
    severity = models.ForeignKey(
        "incidents.Severity",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Empty: for every severity.",
    )
    body = models.TextField(
        help_text="Markdown. {{ components }}, {{ eta }} and others are filled in when it is published."
    )
    position = models.PositiveSmallIntegerField(default=0)

    objects = UpdateTemplateQuerySet.as_manager()

    class Meta:
        ordering = ["state", "position", "name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "page"], nulls_distinct=False, name="update_template_name_once_a_page"
            ),
            models.CheckConstraint(
                condition=Q(audience__in=["", "public", "customers", "internal", "executives"]),
                name="update_template_audience_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        from django.core.exceptions import ValidationError

        if wrong := unknown(self.body):
            raise ValidationError({"body": wrong})
