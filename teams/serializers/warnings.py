"""Roster warnings as the API shows them."""

from __future__ import annotations

from teams.api.fields import Shown
from teams.models import RosterWarning
from teams.serializers import Person, ScheduleName, TeamName


class RosterWarningShown(Shown):
    """`starts_at` and `ends_at` are those of the first span that it is about; `gone_at`: mended, or over."""

    team = TeamName()
    schedule = ScheduleName(allow_null=True)
    user = Person(allow_null=True)

    class Meta:
        model = RosterWarning
        fields = [
            *("id", "kind", "text", "team", "schedule", "user", "starts_at", "ends_at", "found_at", "told_at"),
            "gone_at",
        ]
