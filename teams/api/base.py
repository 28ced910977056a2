"""What every view of the API does: read what was given, call an action, answer."""

from __future__ import annotations

from typing import Any

from django.db import models
from rest_framework import serializers, viewsets
from rest_framework.response import Response

from teams import permits
from teams.models import User


class Api(viewsets.GenericViewSet[Any]):
    """A view set whose inputs and outputs are named where they are used. `verbs`: action to verb of the table."""

    ordering: tuple[str, ...] = ("-pk",)
    verbs: dict[str, str] = {}

    def check(self, row: models.Model | None = None) -> None:
        """PermissionDenied (403) unless the caller may do this action's verb to `row`."""
        permits.require(self.me, self.verbs[self.action], row)

    @property
    def me(self) -> User:
        """Who is calling; permissions have let nobody else in."""
        user = self.request.user
        assert isinstance(user, User)
        return user

    def given(self, serializer: type[serializers.BaseSerializer[Any]], *, partial: bool = False) -> dict[str, Any]:
        """The request's body, checked. Raises ValidationError (400) naming every field that is wrong."""
        reads = serializer(data=self.request.data, partial=partial, context=self.get_serializer_context())
        reads.is_valid(raise_exception=True)
        return dict(reads.validated_data)

    def asked(self, serializer: type[serializers.BaseSerializer[Any]]) -> dict[str, Any]:
        """The address's parameters, checked. Raises ValidationError (400)."""
        reads = serializer(data=self.request.query_params, context=self.get_serializer_context())
        reads.is_valid(raise_exception=True)
        return dict(reads.validated_data)

    def answer(
        self, serializer: type[serializers.BaseSerializer[Any]], row: Any, status: int = 200, **context: Any
    ) -> Response:
        """One row, or several with a serializer of `many`."""
        shows = serializer(row, context={**self.get_serializer_context(), **context})
        return Response(shows.data, status=status)

    def answer_page(self, serializer: type[serializers.BaseSerializer[Any]], rows: Any) -> Response:
        """A page of a queryset, after the view's filters."""
        return self.answer_rows(serializer, self.paginate_queryset(self.filter_queryset(rows)))

    def answer_rows(self, serializer: type[serializers.BaseSerializer[Any]], page: Any) -> Response:
        """The rows of the page that was just paginated."""
        shows = serializer(page, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shows.data)
