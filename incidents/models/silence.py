from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import models
from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils import timezone

from incidents import routing
from teams import permits

if TYPE_CHECKING:
    from typing import Self

M = TypeVar("M", bound=models.Model)


class QuietQuerySet(models.QuerySet[M]):
    """Of what holds alerts back for a while."""

    def visible_to(self, user: Any) -> Self:
        """All but the private ones of other teams."""
        mine = permits.teams_where(user, "incident.view", private=True).values("pk")
        public = permits.in_organization(user) and permits.may(user, "incident.view")
        return self.filter(Q(team__in=mine) | (Q(private=False) if public else Q(pk__in=[])))

    def at_work(self, now: datetime) -> Self:
        return self.filter(starts_at__lte=now, ends_at__gt=now)

    def to_come(self, now: datetime) -> Self:
        return self.filter(starts_at__gt=now)

    def over(self, now: datetime) -> Self:
        return self.filter(ends_at__lte=now)

    def with_counts(self) -> Self:
        """`held_back`: how many alerts it suppressed; `held_now`: how many of them it still does."""
        now_held = Q(alerts__status="firing") & ~Q(alerts__suppression="")
        return self.annotate(held_back=Count("alerts"), held_now=Count("alerts", filter=now_held))


class Silence(models.Model):
    """Alerts that its conditions hold for open nothing and page nobody from its start to its end. They are kept, and
    those that still fire at its end are taken as if they came then."""

    reason = models.CharField(max_length=300)
    conditions = models.JSONField(default=list, help_text="All have to hold; see `incidents.routing`.")
    team = models.ForeignKey(
        "teams.Team",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Only of what would be this team's. Empty: of every team's.",
    )
    private = models.BooleanField(default=False, help_text="Only its team and owners see it.")
    # Nobody holds back what they may not know of. Kept, so that it lasts when its author leaves.
    private_teams = models.JSONField(
        null=True,
        blank=True,
        editable=False,
        help_text="The teams whose private alerts it holds back as well, by their ids: those whose author may see them."
        " Empty: every team's.",
    )
    starts_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    objects: QuietQuerySet[Silence] = QuietQuerySet.as_manager()  # type: ignore[assignment]

    if TYPE_CHECKING:
        held_back: int
        held_now: int

    class Meta:
        ordering = ["-ends_at", "-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="silence_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(private=False) | Q(team__isnull=False), name="silence_private_to_a_team"
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="silence_ends")]

    def __str__(self) -> str:
        return self.reason

    def get_absolute_url(self) -> str:
        return reverse("incidents:silence", args=[self.pk])

    def read_conditions(self) -> tuple[routing.Condition, ...]:
        return routing.conditions_from_json(self.conditions)


class Maintenance(models.Model):
    """A window in which services are worked on: what alerts say of these is expected, and held back like a silence's.
    Status pages tell of it in their own words."""

    title = models.CharField(max_length=200)
    services: models.ManyToManyField = models.ManyToManyField("teams.Service", related_name="maintenances")
    team = models.ForeignKey("teams.Team", on_delete=models.PROTECT, related_name="+")
    private = models.BooleanField(default=False, help_text="Only its team and owners see it.")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    ended_by = models.ForeignKey("teams.User", null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    objects: QuietQuerySet[Maintenance] = QuietQuerySet.as_manager()  # type: ignore[assignment]

    if TYPE_CHECKING:
        held_back: int
        held_now: int

    class Meta:
        ordering = ["-ends_at", "-pk"]
        verbose_name = "maintenance window"
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gte=F("starts_at")), name="maintenance_ends_after_it_starts"),
        ]
        indexes = [models.Index(fields=["ends_at"], name="maintenance_ends")]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("incidents:maintenance", args=[self.pk])
