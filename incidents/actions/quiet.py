"""What is done to silences and maintenance windows: made, changed, ended. What they hold back is looked at again at
once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import routing, suppression
from incidents.actions import escalation
from incidents.models import Alert, Maintenance, Silence
from incidents.problems import Blocked
from teams import access, moments, permits
from teams.models import Service, Team, User

# Longer, and it is forgotten: what is not wanted for good is for the tool, or a routing rule, to leave out.
LONGEST = timedelta(days=92)
Row = TypeVar("Row", Silence, Maintenance)


@transaction.atomic
def silence(
    row: Silence | None,
    *,
    by: User | None,
    reason: str,
    conditions: list[dict[str, Any]],
    team: Team | None,
    starts_at: datetime | None,
    ends_at: datetime | None,
    private: bool = False,
    hush: int | None = None,
) -> Silence:
    """Make a silence, or change one that is not over. Without `starts_at` it begins now. Of private alerts it holds
    back those that `by` may see. `hush`: the key of an incident that pages, which they acknowledge until its end.

    ValidationError by field where it makes none; PermissionDenied where its team, or every team's, is not theirs to
    silence, or the incident not theirs to acknowledge.
    """
    now = moments.now()
    found = _held(Silence, row, now) if row else Silence(created_by=by, created_at=now)
    if row:
        _require(found, by)
    found.reason, found.conditions, found.team, found.private = reason.strip(), conditions, team, private
    problems: dict[str, list[str]] = {}
    if not found.reason:
        problems["reason"] = ["Say why, so that others can tell whether it is still right."]
    try:
        asked = found.read_conditions()
    except routing.InvalidRuleError as error:
        for at, message in error.problems:
            problems.setdefault(at, []).append(message)
    else:
        if not asked:
            problems["conditions"] = ["Give at least one condition: a silence of everything would hide everything."]
        elif others := [each.what for each in asked if each.what not in suppression.ASKED]:
            problems["conditions"] = [f"A silence has no condition on the {others[0]}."]
    if private and team is None:
        problems["team"] = ["Choose the team that sees it."]
    _time(found, starts_at or (found.starts_at if row else now), ends_at, now, problems)
    if problems:
        raise ValidationError(problems)
    _require(found, by)
    found.private_teams = _private_teams(by)
    _keep(found, now)
    _hush(hush, found, by)
    return found


def _hush(incident: int | None, until: Silence, by: User | None) -> None:
    if incident is None:
        return
    try:
        escalation.acknowledge(incident, by=by, through="with a silence", until=until.ends_at)
    except Blocked as refusal:
        raise ValidationError({"hush": [blocker.message for blocker in refusal.blockers]}) from None


def _private_teams(by: User | None) -> list[int] | None:
    """The teams of whose private alerts somebody may know; None where these are all that there ever will be."""
    if by is None or access.allows("incident.view", permits.in_organization(by), private=True):
        return None
    return sorted(permits.teams_where(by, "incident.view", private=True).values_list("pk", flat=True))


@transaction.atomic
def maintain(
    row: Maintenance | None,
    *,
    by: User | None,
    title: str,
    services: Iterable[Service],
    starts_at: datetime | None,
    ends_at: datetime | None,
    team: Team | None = None,
    private: bool = False,
) -> Maintenance:
    """Plan a maintenance window, or change one that is not over; `team` where it is not the first service's.
    ValidationError by field where it makes none; PermissionDenied unless each service is theirs to hold back."""
    now = moments.now()
    found = _held(Maintenance, row, now) if row else Maintenance(created_by=by, created_at=now)
    if row:
        permits.require(by, "quiet.change", found)
    chosen: Sequence[Service] = list(services)
    found.title, found.private = title.strip(), private
    problems: dict[str, list[str]] = {}
    if not found.title:
        problems["title"] = ["Say in a few words what is done."]
    if not chosen:
        problems["services"] = ["Choose at least one service that is worked on."]
    _time(found, starts_at or (found.starts_at if row else now), ends_at, now, problems)
    if problems:
        raise ValidationError(problems)
    for service in chosen:
        permits.require(by, "quiet.change", service)
    found.team = team or (found.team if row else chosen[0].team)
    _keep(found, now)
    found.services.set(chosen)
    _look_again(found, now)
    return found


@transaction.atomic
def end(row: Silence | Maintenance, *, by: User | None) -> Silence | Maintenance:
    """End it now. One that is over stays as it is; one that had not begun never does."""
    now = moments.now()
    found = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
    _require(found, by)
    if found.ends_at <= now:
        return found
    found.ends_at = max(now, found.starts_at) if found.starts_at <= now else found.starts_at
    found.ended_by = by
    _keep(found, now)
    return found


def _require(found: Silence | Maintenance, by: User | None) -> None:
    if found.team is None:
        permits.require(by, "quiet.everywhere")
    else:
        permits.require(by, "quiet.change", found)


def _held(kind: type[Row], row: Row, now: datetime) -> Row:
    found = kind.objects.select_for_update(of=("self",)).get(pk=row.pk)
    if found.ends_at <= now:
        raise ValidationError("It is over by now. Make a new one.")
    return found


def _time(
    found: Silence | Maintenance,
    starts_at: datetime,
    ends_at: datetime | None,
    now: datetime,
    problems: dict[str, list[str]],
) -> None:
    found.starts_at = starts_at
    if ends_at is None:
        problems["ends_at"] = ["Say when it ends."]
        return
    found.ends_at = ends_at
    if ends_at <= now:
        problems["ends_at"] = ["Give a time to come."]
    elif ends_at <= starts_at:
        problems["ends_at"] = ["Give a time after its start."]
    elif ends_at - max(starts_at, now) > LONGEST:
        problems["ends_at"] = [
            f"Give at most {LONGEST.days} days. What nobody wants to hear of is left out by its tool."
        ]


def _keep(found: Silence | Maintenance, now: datetime) -> None:
    found.save()
    _look_again(found, now)


def _look_again(found: Silence | Maintenance, now: datetime) -> None:
    """What it holds back is due: it may be let go of, or be held for longer."""
    from incidents.tasks import release_due

    what = {"silence": found} if isinstance(found, Silence) else {"maintenance": found}
    Alert.objects.quiet().filter(**what).update(quiet_until=now)
    release_due.delay_on_commit()
