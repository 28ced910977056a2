"""What people keep of boards of incidents."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from teams.models import Membership


def short_uid() -> str:
    return secrets.token_urlsafe(8)


class SavedFilterQuerySet(models.QuerySet["SavedFilter"]):
    def visible_to(self, user: Any) -> SavedFilterQuerySet:
        """Their own, those of their teams, and those for everybody."""
        teams = Membership.objects.filter(user=user).values("team")
        return self.filter(Q(owner=user) | Q(shared="everybody") | Q(shared="team", team__in=teams))


class SavedFilter(models.Model):
    """The filters of a board under a name. Who may see it learns what was asked for; what it shows is for each reader
    what they themselves may see."""

    class Shared(models.TextChoices):
        NOBODY = "nobody", "Only me"
        TEAM = "team", "A team"
        EVERYBODY = "everybody", "Everybody"

    uid = models.CharField(max_length=16, unique=True, default=short_uid, editable=False)
    name = models.CharField(max_length=80)
    query = models.CharField(max_length=2000, blank=True, help_text="As in the address of the board.")
    owner = models.ForeignKey("teams.User", on_delete=models.CASCADE, related_name="saved_filters")
    shared = models.CharField(max_length=10, choices=Shared, default=Shared.NOBODY)
    team = models.ForeignKey(
        "teams.Team", null=True, blank=True, on_delete=models.CASCADE, related_name="saved_filters"
    )
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects = SavedFilterQuerySet.as_manager()

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["owner", "name"], name="saved_filter_once_a_name"),
            models.CheckConstraint(
                condition=Q(shared="team", team__isnull=False) | Q(shared__in=["nobody", "everybody"], team=None),
                name="saved_filter_shared_with_whom",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("incidents:board", args=[self.uid])


class DefaultBoard(models.Model):
    """The saved filter that somebody's list of incidents opens with."""

    user = models.OneToOneField("teams.User", primary_key=True, on_delete=models.CASCADE, related_name="default_board")
    saved = models.ForeignKey(SavedFilter, on_delete=models.CASCADE, related_name="default_of")

    def __str__(self) -> str:
        return f"{self.saved} of {self.user}"
