"""What SCIM's clients are told of us."""

from __future__ import annotations

from typing import Any

from django_scim.models import SCIMServiceProviderConfig
from django_scim.schemas import ALL

MOST_RESULTS = 200
# The attributes of the core schemas that have a place here.
KEPT = {
    "urn:ietf:params:scim:schemas:core:2.0:User": {
        "userName",
        "name",
        "displayName",
        "timezone",
        "active",
        "emails",
        "phoneNumbers",
        "groups",
    },
    "urn:ietf:params:scim:schemas:core:2.0:Group": {"displayName", "members"},
}


class ServiceProvider(SCIMServiceProviderConfig):
    def to_dict(self) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_dict()
        shown["bulk"] = {"supported": False, "maxOperations": 0, "maxPayloadSize": 0}
        shown["filter"] = {"supported": True, "maxResults": MOST_RESULTS}
        shown["changePassword"] = {"supported": False}
        shown.pop("documentationUri", None)
        return shown


def schemas() -> list[dict[str, Any]]:
    """The schemas of users and groups, with the attributes that are kept."""
    return [
        {**each, "attributes": [a for a in each["attributes"] if a["name"] in KEPT[each["id"]]]}
        for each in ALL
        if each["id"] in KEPT
    ]
