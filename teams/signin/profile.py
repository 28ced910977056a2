"""Verbs on one's own account that are not the library's."""

from __future__ import annotations

from django.db import transaction

from teams import permits
from teams.models import User


@transaction.atomic
def change(*, by: User, first_name: str, last_name: str, time_zone: str, phone: str, country: str) -> User:
    """Change one's own name, zone, country and number, which a form has checked. PermissionDenied for a token."""
    permits.require(by, "self.change")
    person = User.objects.select_for_update().get(pk=by.pk)
    person.first_name, person.last_name = first_name, last_name
    person.time_zone, person.phone, person.country = time_zone, phone, country
    person.save(update_fields=["first_name", "last_name", "time_zone", "phone", "country"])
    return person
