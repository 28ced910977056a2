"""What somebody who passes by sees in five seconds: what is broken for whom, since when, who has which seat, and when
there is news."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from incidents.models import Incident, Presence, RoleAssignment
from incidents.passage import time_in_phases
from incidents.presenters.fresh import state_key
from incidents.presenters.helm import Scene
from teams.models import Role, User

SHOWN = (Role.COMMANDER, Role.OPERATIONS, Role.COMMUNICATIONS)


@dataclass(frozen=True, slots=True)
class Component:
    """A part of the product that readers were told of, and how it stands: a state such as `partial_outage`."""

    name: str
    status: str


@dataclass(frozen=True, slots=True)
class Chair:
    """One of the seats that an incident can't do without, and who is in it."""

    role: Role
    person: User | None
    waits: bool
    wanted: bool


_COMPONENTS: list[Callable[[Incident], list[Component]]] = []


def components_from(found: Callable[[Incident], list[Component]]) -> Callable[[Incident], list[Component]]:
    """Register who knows which components an incident touches: what readers are told is a matter of another room."""
    _COMPONENTS.append(found)
    return found


def shown(scene: Scene, may: Mapping[str, bool]) -> dict[str, Any]:
    incident = scene.incident
    until = incident.over_at or scene.now
    here = people_here(incident, scene.now)
    return {
        "chairs": _chairs(incident, scene.roles),
        "components": [each for found in _COMPONENTS for each in found(incident)],
        "broken_since": incident.impact_started_at or incident.detected_at,
        "broken_until": incident.impact_ended_at or incident.mitigated_at or incident.over_at,
        "in_phases": _in_phases(scene, until),
        "people_here": here,
        "page_key": f"{state_key(incident, scene.now)}~{people_key(person.pk for person in here)}",
    }


def _chairs(incident: Incident, roles: Iterable[Role]) -> list[Chair]:
    """A seat each, empty or not; `with_faces()` has fetched who holds them."""
    held: list[RoleAssignment] = getattr(incident, "held_roles", [])
    by_role = {each.role.slug: each for each in reversed(held)}
    wanted = incident.is_open and incident.declared_at is not None
    found = []
    for role in (each for each in roles if each.slug in SHOWN):
        seat = by_role.get(role.slug)
        if seat is not None or wanted:
            found.append(Chair(role, seat.user if seat else None, bool(seat and not seat.accepted_at), wanted))
    return found


def _in_phases(scene: Scene, until: datetime) -> dict[str, timedelta]:
    moves = [(to, at or recorded) for to, at, recorded in scene.moves if to]
    return time_in_phases(moves, scene.incident.detected_at, until)


def people_key(keys: Iterable[int] | None) -> str:
    """What a page knows of who is here."""
    return format(zlib.crc32(",".join(map(str, sorted(keys or ()))).encode()), "x")


def people_here(incident: Incident, now: datetime) -> list[User]:
    """Who has the page open, by name."""
    rows = Presence.objects.here(now).filter(incident=incident, user__is_active=True).select_related("user")
    return sorted((row.user for row in rows), key=lambda user: user.name.casefold())
