"""Teams as SCIM's Groups. Their members are those that SCIM put there: whom people added is theirs to keep."""

from __future__ import annotations

from typing import Any

from django.db.models import Prefetch, QuerySet
from django_scim.adapters import SCIMGroup
from django_scim.constants import SchemaURI

from teams.models import Membership, Team
from teams.scim import reading
from teams.signin import provisioning


class Group(SCIMGroup):
    id_field = "pk"
    obj: Any
    given: reading.TeamChange

    @staticmethod
    def rows() -> QuerySet[Team]:
        kept = Membership.objects.filter(source=Membership.Source.SCIM).select_related("user").order_by("pk")
        return (
            Team.objects.filter(scim_record__gone_at=None)
            .select_related("scim_record")
            .prefetch_related(Prefetch("memberships", kept, to_attr="scim_memberships"))
            .order_by("pk")
        )

    def validate_dict(self, d: Any) -> None:
        """`from_dict` reads and judges at once."""

    def from_dict(self, d: Any) -> None:
        self.given = reading.team_of(d)

    def save(self) -> None:
        asked, token = self.given, self.request.scim_token
        if self.obj.pk is None:
            self.obj = provisioning.create_team(
                asked.name or "",
                members=asked.members or [],
                external_id=asked.external_id or "",
                by=token,
                request=self.request,
            )
            return
        self.obj = provisioning.change_team(
            self.obj,
            by=token,
            request=self.request,
            name=asked.name,
            external_id=asked.external_id,
            members=asked.members,
            add=asked.add,
            remove=asked.remove,
        )

    def handle_operations(self, operations: Any) -> None:
        self.given = reading.team_patch(operations)
        self.save()

    def delete(self) -> None:
        provisioning.remove_team(self.obj, by=self.request.scim_token, request=self.request)

    def to_dict(self) -> dict[str, Any]:
        team: Any = self.obj if hasattr(self.obj, "scim_memberships") else self.rows().get(pk=self.obj.pk)
        record = getattr(team, "scim_record", None)
        shown: dict[str, Any] = {
            "schemas": [SchemaURI.GROUP],
            "id": str(team.pk),
            "displayName": team.name,
            "members": [{"value": str(m.user.pk), "display": m.user.name} for m in team.scim_memberships],
            "meta": {"resourceType": "Group", "location": self.location},
        }
        if record and record.external_id:
            shown["externalId"] = record.external_id
        return shown
