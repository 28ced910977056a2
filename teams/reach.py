"""Whether a page would find somebody. One place to ask, so that a further way to reach people is added here alone."""

from __future__ import annotations

from collections.abc import Iterable

from teams.models import User
from teams.signin import addresses


def unreachable(users: Iterable[User]) -> set[int]:
    """Keys of those of `users` whom no contact method finds: they have no e-mail address, or none that was proved to
    be theirs. One query."""
    rows = list(users)
    waiting = set(addresses.waiting().filter(user__in=[row.pk for row in rows]).values_list("user", flat=True))
    return {row.pk for row in rows if not row.email or row.pk in waiting}
