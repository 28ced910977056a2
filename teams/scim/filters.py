"""SCIM's filters as Django queries."""

from __future__ import annotations

import re
from typing import Any, ClassVar

from django.core.exceptions import FieldError, ValidationError
from django.db.models import Q, QuerySet
from scim2_filter_parser.parser import SCIMParserError
from scim2_filter_parser.transpilers.django_q_object import get_query

from teams.models import Team, User
from teams.scim.errors import Wrong

LONGEST = 1000
# What the parser and its transpiler raise at something that is no filter.
UNREADABLE = (
    SCIMParserError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)
_BY_NAME = re.compile(r'^\s*userName\s+eq\s+"([^"]+)"\s*$', re.IGNORECASE)


class Filter:
    """`attr_map` says which field an attribute is."""

    attr_map: ClassVar[dict[tuple[str, str | None, str | None], str]] = {}

    @classmethod
    def asked(cls, query: str) -> Q:
        """The query as a condition. Raises `Wrong` (invalidFilter)."""
        if len(query) > LONGEST:
            raise Wrong(400, f"A filter has at most {LONGEST} characters.", "invalidFilter")
        try:
            found = get_query(query, cls.attr_map)
        except (
            SCIMParserError,
            ValueError,
            TypeError,
            AttributeError,
            NotImplementedError,
            RecursionError,
        ):
            found = None
        if not isinstance(found, Q):
            known = ", ".join(sorted(".".join(filter(None, key)) for key in cls.attr_map))
            raise Wrong(400, f"That filter is not understood. Filter by {known}.", "invalidFilter")
        return found

    @classmethod
    def applied(cls, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """`rows` as far as `query` asks for them."""
        try:
            found = rows.filter(cls.asked(query))
            found.exists()
        except (FieldError, ValidationError, ValueError, TypeError):
            raise Wrong(400, "The filter compares an attribute with a value of another kind", "invalidFilter") from None
        return found


class PeopleFilter(Filter):
    model = User
    attr_map = {
        ("userName", None, None): "username",
        ("externalId", None, None): "scim_record__external_id",
        ("id", None, None): "pk",
        ("active", None, None): "is_active",
        ("name", "givenName", None): "first_name",
        ("name", "familyName", None): "last_name",
        ("emails", None, None): "email",
        ("emails", "value", None): "email",
    }

    @classmethod
    def applied(cls, rows: QuerySet[Any], query: str) -> QuerySet[Any]:
        """Clients that name people by their address find who was here before under another username."""
        found = super().applied(rows, query)
        match = _BY_NAME.match(query)
        if match and "@" in match[1] and not found.exists():
            return rows.filter(email__iexact=match[1])
        return found


class GroupFilter(Filter):
    model = Team
    attr_map = {
        ("displayName", None, None): "name",
        ("externalId", None, None): "scim_record__external_id",
        ("id", None, None): "pk",
        ("members", "value", None): "memberships__user__pk",
    }
