"""Who may be given something to do."""

from __future__ import annotations

from incidents.problems import refuse
from teams.models import User


def may_own(owner: User | None) -> None:
    """Raise Blocked for who can't sign in any more and for service accounts; nobody is fine."""
    if owner is None:
        return
    if not owner.is_active:
        raise refuse("person_inactive", f"{owner} can't sign in any more. Choose somebody else.", field="owner")
    if owner.is_service:
        raise refuse("not_a_person", f"{owner} is a service account. Name a person.", field="owner")
