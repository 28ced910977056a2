from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Func, Q
from django.urls import reverse
from django.utils import timezone

from teams.public_holidays import validate_country
from teams.zones import validate_zone


class TsTzRange(Func):
    """`[lower, upper)`; NULL is unbounded."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class Known(models.Model):
    """A row that is never rewritten without a trace: `[known_from, known_until)` is when it was held to be true, so
    that "who was on call at t, as known at k" has an answer. `objects` are the rows that hold now, `history` all.

    Whoever changes such a row keeps what it said before as a copy whose `known_until` is the moment of the change; the
    row itself, and with it its key, goes on.
    """

    known_from = models.DateTimeField(default=timezone.now, editable=False)
    known_until = models.DateTimeField(null=True, editable=False)

    class Meta:
        abstract = True


class KnownQuerySet(models.QuerySet[Any]):
    def known_at(self, moment: datetime | None) -> KnownQuerySet:
        """Rows that were held to be true at `moment` (aware); None: now."""
        if moment is None:
            return self.filter(known_until=None)
        return self.filter(Q(known_until=None) | Q(known_until__gt=moment), known_from__lte=moment)


class Standing(models.Manager[Any]):
    """The rows that hold now."""

    def get_queryset(self) -> KnownQuerySet:
        return KnownQuerySet(self.model, using=self._db).filter(known_until=None)


class Schedule(models.Model):
    """Who is on call when: layers of rotations, and overrides that win over them."""

    team = models.ForeignKey("teams.Team", on_delete=models.CASCADE, related_name="schedules")
    name = models.CharField(max_length=80)
    time_zone = models.CharField(max_length=64, default="UTC", validators=[validate_zone])
    country = models.CharField(
        "public holidays of",
        max_length=16,
        blank=True,
        validators=[validate_country],
        help_text="A country such as DE, or a part of one such as DE-BY. Empty: none.",
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["team", "name"], name="schedule_name_in_team")]
        ordering = ["team__name", "name"]

    def __str__(self) -> str:
        return f"{self.team} · {self.name}"

    def get_absolute_url(self) -> str:
        return reverse("teams:schedule", args=[self.pk])


class LayerQuerySet(KnownQuerySet):
    def newest(self) -> LayerQuerySet:
        """The version of each layer that people edit: not the ones that it took the place of."""
        return self.filter(replaced_by=None, known_until=None)


class Layers(models.Manager[Any]):
    def get_queryset(self) -> LayerQuerySet:
        return LayerQuerySet(self.model, using=self._db).filter(known_until=None)

    def newest(self) -> LayerQuerySet:
        return self.get_queryset().newest()


class Layer(Known):
    """One version of a rotation of a schedule. A higher position wins where two layers are on.

    A change of the roster has an effective time: it leaves a copy of the layer as it was, which `ends_at` then, and the
    row itself `starts_at` then. Versions of one layer share their `lineage`; `replaced_by` is None on the newest alone.
    What is left to the schedule (zone, country) is written down in a
    former version, so that it stays as it was. `teams.rosters` writes them.
    """

    class Kind(models.TextChoices):
        HOUR = "hour", "hours"
        DAY = "day", "days"
        WEEK = "week", "weeks"
        MONTH = "month", "months"

    class Holidays(models.TextChoices):
        ON = "on", "as on other days"
        OFF = "off", "not on public holidays"
        ONLY = "only", "only on public holidays"

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="layers")
    name = models.CharField(max_length=80, default="Primary")
    position = models.PositiveSmallIntegerField(default=0, help_text="A higher layer wins over a lower one.")
    every = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(366)],
        help_text="Hand off every so many hours, days, weeks or months.",
    )
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.WEEK)
    anchor_date = models.DateField(help_text="The day of the first hand-off, when the first person starts.")
    handoff_time = models.TimeField(help_text="Local time of each hand-off, in the layer's zone.")
    time_zone = models.CharField(
        max_length=64, blank=True, validators=[validate_zone], help_text="Empty: the schedule's."
    )
    starts_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="In effect since; null: ever.")
    ends_at = models.DateTimeField(null=True, blank=True, help_text="Empty: runs on.")
    restrictions = models.JSONField(
        default=list,
        blank=True,
        help_text='Hours in which the layer is on. Empty: always. Example: [{"weekdays": [0,1,2,3,4], '
        '"start": "09:00", "end": "17:00"}] (Monday is 0).',
    )
    holidays = models.CharField(
        "on public holidays",
        max_length=8,
        choices=Holidays,
        default=Holidays.ON,
        help_text="Those of the schedule's country.",
    )
    country = models.CharField(
        max_length=16, blank=True, editable=False, help_text="Whose holidays. Empty: the schedule's."
    )
    people: models.ManyToManyField = models.ManyToManyField(
        "teams.User", through="teams.LayerMember", related_name="layers"
    )
    lineage = models.UUIDField(default=uuid.uuid4, editable=False)
    replaced_by = models.ForeignKey(
        "self", null=True, editable=False, on_delete=models.CASCADE, related_name="former_versions"
    )
    changed_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    objects: ClassVar[Layers] = Layers()
    history: ClassVar[models.Manager[Layer]] = models.Manager.from_queryset(LayerQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["hour", "day", "week", "month"]), name="layer_kind"),
            models.CheckConstraint(condition=Q(every__gte=1), name="layer_every"),
            models.CheckConstraint(condition=Q(holidays__in=["on", "off", "only"]), name="layer_holidays"),
            ExclusionConstraint(
                name="layer_versions_one_at_a_time",
                deferrable=models.Deferrable.DEFERRED,
                expressions=[
                    ("lineage", RangeOperators.EQUAL),
                    (TsTzRange("starts_at", "ends_at"), RangeOperators.OVERLAPS),
                    (TsTzRange("known_from", "known_until"), RangeOperators.OVERLAPS),
                ],
                violation_error_message="A layer has one version at a time.",
            ),
        ]
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> str:
        """The IANA zone in which it hands over."""
        return self.time_zone or self.schedule.time_zone


class LayerMembers(models.QuerySet[Any]):
    def in_effect(self) -> LayerMembers:
        """Places of layers that are on, or are to come: not of what was changed since, nor of what is over."""
        layer = Q(layer__ends_at=None) | Q(layer__ends_at__gt=timezone.now())
        return self.filter(layer, layer__known_until=None)


class LayerMember(models.Model):
    """A place in a rotation: those of one position stand the shift together. Its person can't be deleted, only
    deactivated: the hand-overs of everybody else would shift, those of the past too."""

    layer = models.ForeignKey(Layer, on_delete=models.CASCADE, related_name="rota")
    user = models.ForeignKey("teams.User", on_delete=models.PROTECT, related_name="rota_places")
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the rotation, lowest first.")

    objects = LayerMembers.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["layer", "position", "user"], name="layer_member_once_a_shift")]
        ordering = ["position", "pk"]
        verbose_name = "person in rotation"
        verbose_name_plural = "people in rotation, in order"

    def __str__(self) -> str:
        return f"{self.user} in {self.layer.schedule}, {self.layer}"


class Override(Known):
    """Somebody stands in. Where overrides overlap, the last one made wins; removing it brings the earlier back.

    With `replaces`, only where that person is on call; the others of the shift stay.
    """

    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="overrides")
    user = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="overrides")
    replaces = models.ForeignKey(
        "teams.User",
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="covered_by",
        help_text="Whose duty it is. Empty: whoever is on call.",
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey(
        "teams.User", null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    swap = models.ForeignKey(
        "teams.Swap", null=True, editable=False, on_delete=models.SET_NULL, related_name="overrides"
    )

    objects: ClassVar[Standing] = Standing()
    history: ClassVar[models.Manager[Override]] = models.Manager.from_queryset(KnownQuerySet)()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="override_ends_after_start",
                violation_error_message="An override has to end after it starts.",
            ),
            models.CheckConstraint(
                condition=Q(replaces=None) | ~Q(replaces=F("user")),
                name="override_by_somebody_else",
                violation_error_message="Nobody stands in for themselves.",
            ),
        ]
        indexes = [models.Index(fields=["schedule", "ends_at"])]
        ordering = ["starts_at"]

    def __str__(self) -> str:
        return f"{self.user} on {self.schedule}"
