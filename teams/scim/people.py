"""People as SCIM's Users."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_scim.adapters import SCIMUser
from django_scim.constants import SchemaURI

from teams.models import Membership, User
from teams.scim import reading
from teams.signin import provisioning


class Person(SCIMUser):
    """A user that django-scim2's views read and write. Writing goes through `teams.signin.provisioning`."""

    id_field = "pk"
    obj: Any
    given: dict[str, Any]

    @staticmethod
    def rows() -> QuerySet[User]:
        """All that SCIM hears of: every person but whom it deleted."""
        kept = Membership.objects.filter(source=Membership.Source.SCIM).select_related("team")
        return (
            User.objects.filter(is_service=False, scim_record__gone_at=None)
            .select_related("scim_record")
            .prefetch_related(Prefetch("memberships", kept, to_attr="scim_memberships"))
            .order_by("pk")
        )

    def validate_dict(self, d: Any) -> None:
        """`from_dict` reads and judges at once."""

    def from_dict(self, d: Any) -> None:
        self.given = reading.person_of(d)

    def save(self) -> None:
        token = self.request.scim_token
        if self.obj.pk is None:
            self.obj = provisioning.create_person(self.given, by=token, request=self.request)
        else:
            self.obj = provisioning.change_person(self.obj, self.given, by=token, request=self.request)

    def handle_operations(self, operations: Any) -> None:
        self.given = reading.person_patch(operations)
        self.save()

    def delete(self) -> None:
        provisioning.remove_person(self.obj, by=self.request.scim_token, request=self.request)

    def to_dict(self) -> dict[str, Any]:
        user: Any = self.obj if hasattr(self.obj, "scim_memberships") else self.rows().get(pk=self.obj.pk)
        record = getattr(user, "scim_record", None)
        shown: dict[str, Any] = {
            "schemas": [SchemaURI.USER],
            "id": str(user.pk),
            "userName": user.username,
            "name": {"givenName": user.first_name, "familyName": user.last_name, "formatted": user.name},
            "displayName": user.name,
            "emails": [{"value": user.email, "type": "work", "primary": True}],
            "active": user.is_active,
            "groups": [{"value": str(m.team.pk), "display": m.team.name} for m in user.scim_memberships],
            "meta": {
                "resourceType": "User",
                "created": user.date_joined.isoformat(),
                "lastModified": (record.changed_at if record else user.date_joined).isoformat(),
                "location": self.location,
            },
        }
        if record and record.external_id:
            shown["externalId"] = record.external_id
        if user.time_zone:
            shown["timezone"] = user.time_zone
        if user.phone:
            shown["phoneNumbers"] = [{"value": user.phone, "type": "work"}]
        return shown
