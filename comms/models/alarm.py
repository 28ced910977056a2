from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django.utils import timezone


class AlarmQuerySet(models.QuerySet["Alarm"]):
    def open(self) -> AlarmQuerySet:
        return self.filter(over_at=None)


class Alarm(models.Model):
    """Something that is wrong with mail itself, and that owners and administrators are told of.

    It opens again where the same comes back within the hour, so that they are told once an hour at most; `over_told_at`
    says whether they were told of the end of what they heard last.
    """

    class Kind(models.TextChoices):
        RELAYS = "relays", "No relay takes mail"
        POLICY = "policy", "Mail refused as unwanted"

    kind = models.CharField(max_length=8, choices=Kind)
    about = models.CharField(max_length=40, blank=True, help_text="Which update, where it is about one.")
    text = models.CharField(max_length=600)
    began_at = models.DateTimeField(default=timezone.now)
    told_at = models.DateTimeField(null=True)
    over_at = models.DateTimeField(null=True)
    over_told_at = models.DateTimeField(null=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "about"], condition=Q(over_at=None), name="alarm_once"),
            models.CheckConstraint(condition=Q(kind__in=["relays", "policy"]), name="alarm_kind"),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def letters(self) -> str:
        """Where the letters that it is about are listed."""
        asked = "state__exact=queued" if self.kind == self.Kind.RELAYS else "kind__exact=update&state__exact=failed"
        return f"/admin/comms/delivery/?{asked}"

    def was_told_since(self, moment: datetime) -> bool:
        return self.told_at is not None and self.told_at > moment
