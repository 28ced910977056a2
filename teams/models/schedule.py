from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from teams.zones import validate_zone


class Schedule(models.Model):
    """Who is on call when: layers of rotations, and overrides that win over them."""

    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="schedule_name_in_team")]
        ordering = ["team__name", "name"]

    def __str__(self) -> str:
        return f"{self.team} · {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("teams:schedule", args=[self.pk])


class Layer(models.Model):
    """One rotation of a schedule. A higher position wins where two layers are on."""

    class Kind(models.TextChoices):
        DAY = "day", "days"
        WEEK = "week", "weeks"
        MONTH = "month", "months"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=80, default="Primary")
    position = models.PositiveSmallIntegerField(default=0, help_text="A higher layer wins over a lower one.")
    every = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text="Hand off every so many days, weeks or months.",
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.WEEK)
    anchor_date = models.DateField(help_text="The day of the first hand-off, when the first person starts.")
    handoff_time = models.TimeField(help_text="Local time of each hand-off, in the schedule's zone.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: runs on.")
    restrictions = models.JSONField(
        default=list,
        blank=True,
        help_text='Hours in which the layer is on. Empty: always. Example: [{"weekdays": [0,1,2,3,4], '
        '"start": "09:00", "end": "17:00"}] (Monday is 0).',
    )
    people: models.ManyToManyField = models.ManyToManyField(
        "teams.User", through="teams.LayerMember", related_name="layers"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["day", "week", "month"]), name="layer_kind"),
            models.CheckConstraint(condition=Q(every__gte=1), name="layer_every"),
        ]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name


class LayerMember(models.Model):
    """A place in a rotation. Its person can't be deleted, only deactivated: the hand-overs of everybody else would
    shift, those of the past too."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="rota")
    user = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="rota_places")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the rotation, lowest first.")

    class Meta:
        ordering = ["position", "pk"]
        verbose_name = "person in rotation"
        verbose_name_plural = "people in rotation, in order"

    def __str__(self) -> str:
        return f"{self.user} in {self.layer.schedule}, {self.layer}"


class Override(models.Model):
    """Somebody stands in. Where overrides overlap, the last one made wins; deleting it brings the earlier back."""

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="overrides")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        "teams.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="override_ends_after_start",
                violation_error_message="An override has to end after it starts.",
            )
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"])]
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.user} on {self.schedule}"
