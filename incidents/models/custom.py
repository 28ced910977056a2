from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

from incidents.phases import PATH, Phase


class CustomFieldQuerySet(models.QuerySet["CustomField"]):
    def asked(self) -> CustomFieldQuerySet:
        """Those that are asked for today; what was kept of others stays where it was given."""
        return self.filter(retired=False)


class CustomField(models.Model):
    """Something that this organization wants to know of incidents, beside what every organization does."""

    class Kind(models.TextChoices):
        TEXT = "text", "Text"
        NUMBER = "number", "Number"
        CHOICE = "choice", "Choice"
        DATE = "date", "Date"
        USER = "user", "Person"

    key = models.SlugField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[a-z][a-z0-9_]*\Z", "Begin with a letter; then letters, digits and _ alone.")],
        help_text="What the API calls it, such as customer_tier. It can't be changed once values were given.",
    )
    label = models.CharField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.TEXT)
    choices = ArrayField(
        models.CharField(max_length=60), default=list, blank=True, help_text="Of a choice, with commas between."
    )
    help = models.CharField(max_length=200, blank=True, help_text="What to enter, in a sentence.")
    required_from = models.CharField(
        "required from",
        max_length=16,
        blank=True,
        choices=[(phase.value, phase.label) for phase in PATH if phase != Phase.DETECT],
        help_text="Who goes into this phase or a later one without it is asked why. Empty: never.",
    )
    required_level = models.PositiveSmallIntegerField(
        "required up to severity",
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text="2: of SEV1 and SEV2 alone. Empty: of every severity.",
    )
    position = models.PositiveSmallIntegerField(default=0)
    retired = models.BooleanField(default=False, help_text="No longer asked for. What was given is kept.")

    objects = CustomFieldQuerySet.as_manager()

    class Meta:
        ordering = ["position", "label"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["text", "number", "choice", "date", "user"]), name="custom_field_kind"
            ),
            models.CheckConstraint(condition=~Q(kind="choice") | ~Q(choices=[]), name="custom_field_has_choices"),
            models.CheckConstraint(
                condition=Q(required_level=None) | Q(required_level__range=(1, 4)), name="custom_field_level"
            ),
        ]

    def __str__(self) -> str:
        return self.label

    def clean(self) -> None:
        if self.kind == self.Kind.CHOICE and not self.choices:
            raise ValidationError({"choices": "Name what can be chosen, with commas between."})


class CustomValue(models.Model):
    """What was entered for a field of an incident: one column of each kind, of which one is filled."""

    incident = models.ForeignKey("incidents.Incident", on_delete=models.CASCADE, related_name="custom_values")
    field = models.ForeignKey(CustomField, on_delete=models.PROTECT, related_name="values")
    text = models.CharField(max_length=2000, blank=True)
    number = models.DecimalField(max_digits=20, decimal_places=6, null=True)
    day = models.DateField(null=True)
    person = models.ForeignKey("teams.User", null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["incident", "field"], name="custom_value_once")]

    def __str__(self) -> str:
        return f"{self.field}: {self.value}"

    @property
    def value(self) -> Any:
        """A text, a number, a day or a person, as the field's kind is; None where the person is gone."""
        kind = CustomField.Kind(self.field.kind)
        if kind == CustomField.Kind.NUMBER:
            return None if self.number is None else self.number.normalize()
        return {CustomField.Kind.DATE: self.day, CustomField.Kind.USER: self.person}.get(kind, self.text)

    @property
    def shown(self) -> str:
        """The value in words."""
        if self.value is None:
            return ""
        return format(self.value, "f") if self.field.kind == CustomField.Kind.NUMBER else str(self.value)
