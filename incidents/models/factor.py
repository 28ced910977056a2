from __future__ import annotations

from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from incidents.coaching import PatternError
from incidents.models.section import BODY
from incidents.tagging import patterns


def words_readable(text: str) -> None:
    try:
        patterns(text)
    except PatternError as error:
        raise ValidationError(str(error), code="pattern") from error


class FactorTag(models.Model):
    """A kind of contributing factor, by which what recurs is found."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=60, unique=True)
    description = models.CharField(max_length=200, blank=True)
    words = models.TextField(
        blank=True,
        max_length=2000,
        validators=[words_readable],
        help_text="For which words it is suggested, with commas between: “no alert*, monitoring, not paged”. * is any "
        "ending.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False, help_text="Offered no more. What has it keeps it.")

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class FactorQuerySet(models.QuerySet["Factor"]):
    def visible_to(self, user: Any) -> FactorQuerySet:
        from incidents.models.incident import Incident

        return self.filter(postmortem__incident__in=Incident.objects.visible_to(user))


class Factor(models.Model):
    """One of the conditions that came together. A postmortem has several."""

    postmortem = models.ForeignKey("incidents.Postmortem", on_delete=models.CASCADE, related_name="factors")
    text = models.CharField(max_length=500)
    tags: models.ManyToManyField = models.ManyToManyField(FactorTag, blank=True, related_name="factors")
    position = models.PositiveSmallIntegerField()

    objects = FactorQuerySet.as_manager()

    class Meta:
        ordering = ["postmortem", "position"]
        constraints = [
            models.CheckConstraint(condition=~Q(text=""), name="factor_says_something"),
            models.UniqueConstraint(
                fields=["postmortem", "position"],
                name="factor_has_its_place",
                deferrable=models.Deferrable.DEFERRED,
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="body",
                operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("text", "position"),  # type: ignore[no-untyped-call]
                when=pgtrigger.After,
                func=BODY,
            )
        ]

    def __str__(self) -> str:
        return self.text
