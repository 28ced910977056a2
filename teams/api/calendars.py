"""Calendars in and out."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams.api.base import Api
from teams.ical import feeds
from teams.idempotency import HEADER, once_shown
from teams.models import CalendarFeed
from teams.serializers.calendars import FeedGiven, FeedMade, FeedShown

LOST = (
    "This Idempotency-Key made the feed {hint}… already, and its link is shown once. If you did not get it, revoke "
    "feed {id} and make another one with a new Idempotency-Key."
)


class Feeds(Api):
    verbs = {"list": "self.view", "create": "feed.change", "revoke": "feed.change"}
    queryset = CalendarFeed.objects.none()

    @extend_schema(operation_id="calendar_feeds_list", responses=FeedShown(many=True))
    def list(self, request: Request) -> Response:
        """Your own calendar feeds that work."""
        return self.answer_page(FeedShown, feeds.feeds_of(self.me))

    @extend_schema(
        operation_id="calendar_feeds_create", request=FeedGiven, responses={201: FeedMade}, parameters=[HEADER]
    )
    @once_shown("url", LOST)
    def create(self, request: Request) -> Response:
        """Make a link that calendar programs read duty by. It is in this answer and never again: sent again with the
        same `Idempotency-Key`, the request is refused with 409 `shown_once`. Whoever has it reads the calendar."""
        feed, url = feeds.issue(by=self.me, **self.given(FeedGiven))
        feed.url = url  # type: ignore[attr-defined]
        return self.answer(FeedMade, feed, 201)

    @extend_schema(operation_id="calendar_feeds_revoke", request=None, responses={204: None})
    def revoke(self, request: Request, pk: int) -> Response:
        """Revoke one of your feeds at once."""
        get_object_or_404(CalendarFeed, pk=pk, user=self.me)
        feeds.revoke(pk, by=self.me)
        return Response(status=204)
