"""Whether a page would find somebody. One place to ask, so that a further way to reach people is added here alone."""

from __future__ import annotations

from collections.abc import Iterable

from teams.models import ContactMethod, User
from teams.signin import addresses


def unreachable(users: Iterable[User]) -> set[int]:
    """Keys of those of `users` whom no contact method finds: they have no e-mail address, or none that was proved to
    be theirs, and no other method that counts. Two queries."""
    rows = list(users)
    keys = [row.pk for row in rows]
    waiting = set(addresses.waiting().filter(user__in=keys).values_list("user", flat=True))
    lost = {row.pk for row in rows if not row.email or row.pk in waiting}
    return lost - _with_methods(set(keys))


def lost(users: Iterable[User]) -> set[int]:
    """Keys of those of `users` to whom a page can't even be sent: no address at all and no method that counts."""
    bare = {row.pk for row in users if not row.email}
    return bare - _with_methods(bare) if bare else bare


def _with_methods(keys: set[int]) -> set[int]:
    return set(ContactMethod.objects.usable().filter(user__in=keys).values_list("user", flat=True))
