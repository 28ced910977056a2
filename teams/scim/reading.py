"""What a client's body asks for, whichever way it writes it. PURE but for the exception it raises.

Okta sends whole resources and PATCHes without a path; Entra ID sends capital verbs, booleans as text, and paths with
filters. Attributes that Watchbill has no place for are passed over, as RFC 7644 allows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from teams.scim.errors import Wrong

USER_URN = "urn:ietf:params:scim:schemas:core:2.0:user:"
GROUP_URN = "urn:ietf:params:scim:schemas:core:2.0:group:"
EXTENSION = "urn:"
OPS = ("add", "replace", "remove")
MOST_OPERATIONS = 1000
# Attributes of the core schema without a place here.
PASSED_OVER = frozenset(
    {
        *("schemas", "id", "meta", "groups", "password", "nickname", "profileurl", "title", "usertype", "locale"),
        *("preferredlanguage", "ims", "photos", "addresses", "entitlements", "roles", "x509certificates"),
        *("emails.type", "emails.display", "emails.primary"),
    }
)
_MEMBER = re.compile(r'value\s+eq\s+"([^"]*)"', re.IGNORECASE)
_FILTER = re.compile(r"^([a-z]+)\[(.*)\](?:\.([a-z]+))?$", re.IGNORECASE | re.DOTALL)


@dataclass(slots=True)
class TeamChange:
    """What a group's body asks for. `members` None: not spoken of; otherwise exactly these, then `add` and `remove`."""

    name: str | None = None
    external_id: str | None = None
    members: list[str] | None = None
    add: list[str] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


def person_of(body: Any) -> dict[str, Any]:
    """Fields of a user (`username first_name last_name email phone time_zone active external_id`), as far as a whole
    resource speaks of them. Raises `Wrong`."""
    _object(body)
    found: dict[str, Any] = {}
    for name, value in body.items():
        found |= _person_attribute(name, value)
    return _with_name(found)


def person_patch(operations: Any) -> dict[str, Any]:
    """The same of a PATCH's operations, in their order."""
    found: dict[str, Any] = {}
    for op, path, value in _operations(operations):
        if op == "remove":
            found |= _person_attribute(path, None)
        elif path:
            found |= _person_attribute(path, value)
        else:
            for name, each in value.items():
                found |= _person_attribute(name, each)
    return _with_name(found)


def team_of(body: Any) -> TeamChange:
    """What a whole group asks for. Raises `Wrong`."""
    _object(body)
    found = TeamChange(members=[])
    for name, value in body.items():
        _team_attribute(found, "replace", name, value)
    return found


def team_patch(operations: Any) -> TeamChange:
    """The same of a PATCH's operations."""
    found = TeamChange()
    for op, path, value in _operations(operations):
        if path:
            _team_attribute(found, op, path, value)
        else:
            for name, each in value.items():
                _team_attribute(found, op, name, each)
    return found


def _operations(operations: Any) -> Iterator[tuple[str, str, Any]]:
    if not isinstance(operations, list) or not operations:
        raise Wrong(400, "Send “Operations”, a list of what to change.", "invalidSyntax")
    if len(operations) > MOST_OPERATIONS:
        raise Wrong(413, f"At most {MOST_OPERATIONS} operations at once.", "tooMany")
    for each in operations:
        _object(each)
        op, path, value = str(each.get("op", "")).lower(), each.get("path") or "", each.get("value")
        if op not in OPS:
            raise Wrong(400, f"There is no operation “{op}”. Use add, replace or remove.", "invalidSyntax")
        if not isinstance(path, str):
            raise Wrong(400, "A path is a text.", "invalidPath")
        if not path and op == "remove":
            raise Wrong(400, "“remove” needs a path.", "noTarget")
        if not path and not isinstance(value, dict):
            raise Wrong(400, "Without a path the value is an object with attributes.", "invalidValue")
        yield op, path, value


def _person_attribute(name: str, value: Any) -> dict[str, Any]:
    """One attribute, by name or path."""
    path = _plain(name, USER_URN)
    if match := _FILTER.match(path):
        # emails[type eq "work"].value: a person has one of each here.
        path = f"{match[1]}.{match[3]}" if match[3] else match[1]
    path = path.lower()
    if path == "active":
        return {"active": truth(value)}
    if path == "name":
        parts = _object(value) if value is not None else {}
        return {k: v for n, each in parts.items() for k, v in _person_attribute(f"name.{n}", each).items()}
    if path in ("emails", "emails.value"):
        return {"email": first_of(value)} if value is not None else {}
    if path in ("phonenumbers", "phonenumbers.value"):
        return {"phone": first_of(value) if value else ""}
    texts = {
        "username": "username",
        "name.givenname": "first_name",
        "name.familyname": "last_name",
        "displayname": "display",
        "name.formatted": "display",
        "timezone": "time_zone",
        "externalid": "external_id",
    }
    if path in texts:
        return {texts[path]: text(value, name)}
    if path in PASSED_OVER or path.startswith((EXTENSION, "name.", "phonenumbers.", "addresses.", "roles.")):
        return {}
    raise Wrong(400, f"There is no attribute “{name}”.", "invalidPath")


def _team_attribute(found: TeamChange, op: str, name: str, value: Any) -> None:
    path = _plain(name, GROUP_URN)
    lower = path.lower()
    if lower == "displayname":
        if op == "remove":
            raise Wrong(400, "A group can't be without displayName.", "mutability")
        found.name = text(value, name)
    elif lower == "externalid":
        found.external_id = "" if op == "remove" else text(value, name)
    elif lower == "members":
        _members(found, op, value)
    elif lower.startswith("members["):
        named = _MEMBER.findall(path)
        if not named or op != "remove":
            raise Wrong(400, 'Name members as members[value eq "id"], and only to remove them.', "invalidFilter")
        found.remove += named
    elif lower not in ("schemas", "id", "meta") and not lower.startswith(EXTENSION):
        raise Wrong(400, f"There is no attribute “{name}”.", "invalidPath")


def _members(found: TeamChange, op: str, value: Any) -> None:
    listed = [value] if isinstance(value, dict) else value
    if listed is None and op == "remove":
        found.members, found.add, found.remove = [], [], []
        return
    if not isinstance(listed, list) or not all(isinstance(m, dict) and m.get("value") for m in listed):
        raise Wrong(400, "Members are a list of objects with a “value”.", "invalidValue")
    ids = [str(m["value"]) for m in listed]
    if op == "replace":
        found.members, found.add, found.remove = ids, [], []
    elif op == "add":
        found.add += ids
        found.remove = [i for i in found.remove if i not in ids]
    else:
        found.remove += ids
        found.add = [i for i in found.add if i not in ids]


def _plain(path: str, urn: str) -> str:
    return path[len(urn) :] if path.lower().startswith(urn) else path.strip()


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise Wrong(400, "Send a JSON object.", "invalidSyntax")
    return value


def truth(value: Any) -> bool:
    """A boolean, which Entra ID writes as "True" and "False"."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise Wrong(400, "“active” is true or false.", "invalidValue")


def text(value: Any, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or "\x00" in value:
        raise Wrong(400, f"“{name}” is a text.", "invalidValue")
    return value.strip()


def first_of(value: Any) -> str:
    """The primary one of a list of values, else the first; a lone object or text counts as one."""
    listed = value if isinstance(value, list) else [value]
    values = [v if isinstance(v, dict) else {"value": v} for v in listed]
    values.sort(key=lambda v: not v.get("primary"))
    return text(values[0].get("value"), "value") if values else ""


def _with_name(found: dict[str, Any]) -> dict[str, Any]:
    """A display name fills in where no name in parts was given."""
    display = found.pop("display", "")
    if display and not found.get("first_name") and not found.get("last_name"):
        found["display_first"], _, found["display_last"] = display.partition(" ")
    return found
