"""Roles in the place of names, for what others read of how people worked."""

from __future__ import annotations

from collections.abc import Iterable

from incidents import unnamed
from incidents.models import Incident, RoleAssignment
from teams.models import User

SOMEBODY = "a responder"


def without_names(incident: Incident, texts: Iterable[str]) -> list[str]:
    """`texts` with the role that somebody held in the incident instead of their name, address or username.

    Of those who took part every name counts, first or last; of everybody else only full names, addresses and
    @usernames, since a first name alone may be an ordinary word.
    """
    roles = _roles(incident)
    took_part = set(incident.participants.values_list("pk", flat=True)) | set(roles)
    known: dict[str, str] = {}
    for user in User.objects.order_by("pk"):
        role = f"the {roles[user.pk]}" if user.pk in roles else SOMEBODY
        names = [user.get_full_name() if user.first_name and user.last_name else "", user.email]
        names += [f"@{user.username}"]
        if user.pk in took_part:
            names += [user.first_name, user.last_name, user.username]
        for name in filter(None, (name.strip() for name in names)):
            known.setdefault(name.casefold(), role)
    return unnamed.replaced(texts, known)


def _roles(incident: Incident) -> dict[int, str]:
    """Person to the name of the first seat they held."""
    held = RoleAssignment.objects.filter(incident=incident, held_at__isnull=False).select_related("role")
    seats: dict[int, str] = {}
    for seat in held.order_by("role__position", "pk"):
        seats.setdefault(seat.user_id, seat.role.name)
    return seats
