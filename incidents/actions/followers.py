"""Who inside the company hears of an incident without working on it."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models import Q

from incidents.models import Follow, FollowRule, Incident
from incidents.problems import refuse
from teams import permits
from teams.models import Membership, User

Level = Follow.Level


@transaction.atomic
def follow(incident: Incident, *, by: User, level: str = Level.PHASES) -> Follow:
    """Follow an incident that one may see, from now on and so far: `updates`, `phases`, `all`, or `off`. It is nobody
    else's business, so the timeline is not told. Raises Blocked, and PermissionDenied for who may not see it."""
    permits.require(by, "incident.view", incident)
    if level not in Level.values:
        raise refuse("level_unknown", f"Choose one of: {', '.join(Level.values)}.", field="level")
    row, _ = Follow.objects.update_or_create(incident=incident, user=by, defaults={"level": level, "by_itself": False})
    return row


def took_part(incident: Incident, user: User) -> None:
    """Somebody takes part: they follow its phases from now on, unless they said otherwise. In the caller's
    transaction."""
    if not user.is_service:
        Follow.objects.get_or_create(incident=incident, user=user, defaults={"level": Level.PHASES, "by_itself": True})


def by_rule(incident: Incident) -> None:
    """Let those follow a declared incident whose rules say so, in the caller's transaction."""
    if incident.severity_id is None or incident.drill:
        return
    mine = Q(whose=FollowRule.Whose.EVERY_TEAM)
    if incident.team_id is not None:
        members = Membership.objects.filter(team=incident.team_id).values("user")
        mine |= Q(whose=FollowRule.Whose.MY_TEAMS, user__in=members)
    rules = FollowRule.objects.filter(mine, worst_level__gte=incident.severity_id, user__is_active=True)
    _enrol(incident, [(rule.user, rule.level) for rule in rules.select_related("user").order_by("-whose")])


def carry(source: Incident, target: Incident) -> None:
    """Let those who follow `source` follow `target` too, as far as they may see it, in the caller's transaction."""
    rows = Follow.objects.filter(incident=source, user__is_active=True).exclude(level=Follow.Level.OFF)
    rows = rows.select_related("user")
    _enrol(target, [(row.user, row.level) for row in rows])


def _enrol(incident: Incident, wanted: Iterable[tuple[User, str]]) -> None:
    people = dict(wanted)
    if incident.private:
        people = {user: level for user, level in people.items() if permits.may(user, "incident.view", incident)}
    Follow.objects.bulk_create(
        [Follow(incident=incident, user=user, level=level, by_itself=True) for user, level in people.items()],
        ignore_conflicts=True,
    )


@transaction.atomic
def set_rule(*, by: User, whose: str, worst_level: int | None, level: str = Level.PHASES) -> FollowRule | None:
    """Keep what somebody follows by itself: of `whose` incidents those from SEV1 to `worst_level`; None: none."""
    if worst_level is None:
        FollowRule.objects.filter(user=by, whose=whose).delete()
        return None
    row, _ = FollowRule.objects.update_or_create(
        user=by, whose=whose, defaults={"worst_level": worst_level, "level": level}
    )
    return row
