"""Pages that stay right while rows come and go: a cursor is the place of a row, not a count of rows before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core import signing
from django.db.models import Q, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import remove_query_param, replace_query_param

DEFAULT, LIMIT = 50, 200
SALT = "watchbill.api.cursor"


class Keyset(BasePagination):
    """Pages by `view.ordering`: names of fields or annotations that are never null, the last of them unique.

    A view with `orderings` (name -> such a tuple) lets the caller choose with `?ordering=`.
    """

    request: Request
    rows: list[Any]
    has_next: bool
    has_previous: bool
    fields: tuple[str, ...]

    def paginate_queryset(  # type: ignore[override]
        self, queryset: QuerySet[Any], request: Request, view: Any | None = None
    ) -> list[Any]:
        """The page that `?cursor=` names, in at most one query. Raises ValidationError (400)."""
        self.request = request
        size = _size(request.query_params.get("page_size", ""))
        self.fields = _ordering(view, request.query_params.get("ordering", ""))
        backwards, place = self._place(request.query_params.get("cursor", ""))
        fields = tuple(_flip(f) for f in self.fields) if backwards else self.fields
        queryset = queryset.order_by(*fields)
        if place is not None:
            queryset = queryset.filter(_beyond(fields, place))
        found = list(queryset[: size + 1])
        self.rows = found[:size]
        more = len(found) > size
        if backwards:
            self.rows.reverse()
        self.has_next = True if backwards else more
        self.has_previous = more if backwards else place is not None
        return self.rows

    def _place(self, cursor: str) -> tuple[bool, list[Any] | None]:
        if not cursor:
            return False, None
        try:
            told = signing.loads(cursor, salt=SALT)
        except signing.BadSignature:
            raise _invalid("cursor", "Take the cursor from “next” or “previous” as it is.") from None
        if told["f"] != list(self.fields):
            raise _invalid("cursor", "This cursor belongs to another ordering. Begin again without it.")
        return told["b"], told["v"]

    def _link(self, row: Any, *, backwards: bool) -> str:
        place = [_plain(getattr(row, f.lstrip("-"))) for f in self.fields]
        cursor = signing.dumps({"f": list(self.fields), "b": backwards, "v": place}, salt=SALT, compress=True)
        return replace_query_param(self.request.build_absolute_uri(), "cursor", cursor)

    def get_next_link(self) -> str | None:
        return self._link(self.rows[-1], backwards=False) if self.has_next and self.rows else None

    def get_previous_link(self) -> str | None:
        if self.has_previous and not self.rows:
            return remove_query_param(self.request.build_absolute_uri(), "cursor")
        return self._link(self.rows[0], backwards=True) if self.has_previous else None

    def get_paginated_response(self, data: Any) -> Response:
        """`next` and `previous` are addresses, or null where there is nothing more."""
        return Response({"next": self.get_next_link(), "previous": self.get_previous_link(), "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        told = [
            _parameter("cursor", {"type": "string"}, "From “next” or “previous”."),
            _parameter(
                "page_size",
                {"type": "integer", "minimum": 1, "maximum": LIMIT, "default": DEFAULT},
                "Rows on a page.",
            ),
        ]
        if orderings := getattr(view, "orderings", None):
            schema = {"type": "string", "enum": list(orderings), "default": next(iter(orderings))}
            told.append(_parameter("ordering", schema, "Which rows come first."))
        return told


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _size(given: str) -> int:
    if not given:
        return DEFAULT
    if not given.isascii() or not given.isdecimal() or len(given) > 4 or not 1 <= int(given) <= LIMIT:
        raise _invalid("page_size", f"Give a number from 1 to {LIMIT}.")
    return int(given)


def _ordering(view: Any, given: str) -> tuple[str, ...]:
    orderings: dict[str, tuple[str, ...]] | None = getattr(view, "orderings", None)
    if orderings is None:
        return tuple(view.ordering)
    if not given:
        return next(iter(orderings.values()))
    if given not in orderings:
        raise _invalid("ordering", f"Choose one of: {', '.join(orderings)}.")
    return orderings[given]


def _invalid(name: str, message: str) -> ValidationError:
    return ValidationError({name: [message]}, code="invalid")


def _flip(name: str) -> str:
    return name[1:] if name.startswith("-") else f"-{name}"


def _beyond(fields: Sequence[str], place: Sequence[Any]) -> Q:
    """Rows that come after `place` in the order of `fields`: a > x, or a = x and b > y, and so on."""
    beyond, equal = Q(), Q()
    for name, value in zip(fields, place, strict=True):
        bare = name.lstrip("-")
        beyond |= equal & Q(**{f"{bare}__{'lt' if name.startswith('-') else 'gt'}": value})
        equal &= Q(**{bare: value})
    return beyond


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value
