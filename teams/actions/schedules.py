"""Verbs on schedules themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from teams import permits
from teams.actions.rosters import move_schedule
from teams.models import Schedule, Team, User


@transaction.atomic
def make_schedule(team: Team, *, by: User | None, name: str, time_zone: str = "UTC", country: str = "") -> Schedule:
    """A schedule of `team` without layers. ValidationError by field."""
    permits.require(by, "roster.change", team)
    made = Schedule(team=team, name=name.strip(), time_zone=time_zone, country=country)
    _check(made)
    made.save(force_insert=True)
    return made


@transaction.atomic
def change_schedule(
    schedule: Schedule, *, by: User | None, effective_at: datetime | None = None, **values: Any
) -> Schedule:
    """Change `name`, `team`, `time_zone` or `country`; the layers follow the last two as `move_schedule` says."""
    row = Schedule.objects.select_for_update(of=("self",)).select_related("team").get(pk=schedule.pk)
    permits.require(by, "roster.change", row)
    team, name = values.get("team", row.team), str(values.get("name", row.name)).strip()
    if (team, name) != (row.team, row.name):
        permits.require(by, "roster.change", team)
        row.team, row.name = team, name
        _check(row)
        row.save(update_fields=["team", "name"])
    moved = {key: values.get(key, getattr(row, key)) for key in ("time_zone", "country")}
    move_schedule(row, by=by, effective_at=effective_at, **moved)
    return row


@transaction.atomic
def remove_schedule(schedule: Schedule, *, by: User | None) -> None:
    """Delete `schedule` with its layers, overrides and history: who was on call by it is known no longer."""
    permits.require(by, "roster.change", schedule)
    schedule.delete()


def _check(schedule: Schedule) -> None:
    schedule.clean_fields(exclude=["team"])
    same = Schedule.objects.filter(team=schedule.team, name=schedule.name).exclude(pk=schedule.pk)
    if same.exists():
        raise ValidationError({"name": f"{schedule.team} has a schedule of this name. Choose another."})
