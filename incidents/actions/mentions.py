"""Whom a text names: found, told, and offered to be brought in where they can't see a private incident."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q, Value
from django.db.models.functions import Concat, Lower

from incidents import mentions, timeline
from incidents.actions.facts import lock
from incidents.models import Incident, TimelineEntry
from incidents.problems import refuse
from incidents.timeline import Kind
from teams import moments, oncall, permits
from teams.models import Schedule, Team, User

Whom = User | Team


@dataclass(slots=True)
class Mentions:
    """What is kept of a text's mentions in `data["mentions"]`, and whom to tell."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    notify: list[User] = field(default_factory=list)

    @property
    def data(self) -> dict[str, Any]:
        return {"mentions": self.kept} if self.kept else {}


def find(handles: Collection[str]) -> dict[str, list[Whom]]:
    """Whom each handle (in lower case) may mean: people by their username, full name or first name, teams by slug or
    name. What is said exactly counts before a first name, so that more than one is seldom found."""
    wanted = {handle.casefold() for handle in handles}
    if not wanted:
        return {}
    exact: dict[str, list[Whom]] = defaultdict(list)
    loose: dict[str, list[Whom]] = defaultdict(list)
    full = Lower(Concat("first_name", Value(" "), "last_name"))
    people = User.objects.present().annotate(handle=Lower("username"), first=Lower("first_name"), full=full)
    for person in people.filter(Q(handle__in=wanted) | Q(first__in=wanted) | Q(full__in=wanted)):
        here = person.username.casefold() in wanted, person.name.casefold() in wanted
        for name, says in zip((person.username, person.name), here, strict=True):
            if says and person not in exact[name.casefold()]:
                exact[name.casefold()].append(person)
        if person.first_name.casefold() in wanted:
            loose[person.first_name.casefold()].append(person)
    teams = Team.objects.annotate(lower=Lower("name"))
    for team in teams.filter(Q(slug__in=wanted) | Q(lower__in=wanted)):
        for name in {team.slug, team.name.casefold()} & wanted:
            exact[name].append(team)
    return {handle: exact.get(handle) or loose.get(handle, []) for handle in wanted}


def one(handle: str) -> Whom:
    """Whom a command names. Raises Blocked where that is nobody, or several."""
    found = find([handle])[handle.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"@{each.username}" for each in found if isinstance(each, User))
        raise refuse("whom_unclear", f"@{handle} may be several: {names}. Write one of these.", field="text")
    raise refuse("whom_unknown", f"Nobody is called @{handle}. Type @ and choose from the list.", field="text")


def person(handle: str, *, by: User) -> User:
    """The person whom a command names; `me` is whoever types. Raises Blocked."""
    if handle.casefold() == "me":
        return by
    found = one(handle)
    if isinstance(found, Team):
        raise refuse("not_a_person", f"@{handle} is a team. Name a person.", field="text")
    return found


def crew(team: Team) -> list[User]:
    """Whoever is on call for a team now; all of it where it has no schedule."""
    schedules = list(Schedule.objects.filter(team=team).select_related("team"))
    if not schedules:
        return list(User.objects.present().filter(memberships__team=team))
    watches = [watch for _, watch in oncall.on_call(schedules, moments.now()) if watch]
    return list(dict.fromkeys(user for watch in watches for user in watch.present))


def read(text: str, incident: Incident, *, by: User, told: Collection[str] = ()) -> Mentions:
    """Who is named in a text about an incident. A handle that nobody or several people have stays a word; whom one of
    `told` names knows already. Who can't see the incident is told nothing."""
    said = mentions.handles(text)
    found = find(said)
    result, knowing = Mentions(), {by}
    for handle in said:
        whom = found.get(handle, [])
        if len(whom) != 1:
            continue
        named = whom[0]
        people = crew(named) if isinstance(named, Team) else [named]
        able = seeing(people, incident)
        kind = "team" if isinstance(named, Team) else "person"
        row: dict[str, Any] = {"as": handle, kind: named.pk, "name": str(named)}
        if not able:
            row["unseen" if people else "nobody"] = True
        result.kept.append(row)
        if handle not in told:
            result.notify += [user for user in able if user not in knowing]
        knowing.update(able)
    return result


def seeing(people: Iterable[User], incident: Incident) -> list[User]:
    """Those of `people` who may see the incident."""
    return [user for user in people if permits.may(user, "incident.view", incident)]


def handles_of(entry: TimelineEntry) -> frozenset[str]:
    """The handles that an entry named somebody by."""
    return frozenset(row["as"] for row in entry.data.get("mentions", ()))


@transaction.atomic
def bring_in(incident_pk: int, user: User, *, by: User) -> TimelineEntry:
    """Let somebody take part in an incident, by which they see it while it is private, and tell them. Raises Blocked
    where they take part already."""
    incident = lock(incident_pk, by=by, verb="incident.share")
    if not user.is_active or user.is_service:
        raise refuse("person_inactive", f"{user} can't sign in. Choose somebody else.", field="user")
    if incident.participants.filter(pk=user.pk).exists():
        raise refuse("takes_part", f"{user} takes part already.", field="user")
    incident.participants.add(user)
    return timeline.record(
        incident,
        Kind.ROLE,
        "person.brought_in",
        f"{by} brought {user} in",
        by=by,
        data={"user": user.pk},
        notify=[user] if user != by else [],
    )
