"""Calendars in and out."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams.api.base import Api
from teams.ical import feeds, importing
from teams.idempotency import HEADER, once_shown
from teams.models import CalendarFeed, CalendarSource, Schedule
from teams.serializers.calendars import CalendarGiven, CalendarShown, FeedGiven, FeedMade, FeedShown

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


class ScheduleCalendar(Api):
    verbs = {
        "retrieve": "team.view",
        "update": "roster.change",
        "remove": "roster.change",
        "refresh": "roster.change",
    }
    queryset = CalendarSource.objects.none()
    pagination_class = None

    def _schedule(self, pk: int) -> Schedule:
        return get_object_or_404(Schedule.objects.select_related("team"), pk=pk)

    @extend_schema(operation_id="schedule_calendar", responses=CalendarShown)
    def retrieve(self, request: Request, schedule_id: int) -> Response:
        """The calendar that feeds a schedule, when it was read, and what was wrong."""
        return self.answer(CalendarShown, get_object_or_404(CalendarSource, schedule=self._schedule(schedule_id)))

    @extend_schema(operation_id="schedule_calendar_set", request=CalendarGiven, responses=CalendarShown)
    def update(self, request: Request, schedule_id: int) -> Response:
        """Let a schedule be fed by a calendar, in the place of the one before. It is read within half a minute; what
        counted until then goes on."""
        source = importing.set_calendar(self._schedule(schedule_id), by=self.me, **self.given(CalendarGiven))
        return self.answer(CalendarShown, source)

    @extend_schema(operation_id="schedule_calendar_drop", request=None, responses={204: None})
    def remove(self, request: Request, schedule_id: int) -> Response:
        """Use the calendar no longer: its shifts to come are gone, what is over stays."""
        importing.drop_calendar(self._schedule(schedule_id), by=self.me)
        return Response(status=204)

    @extend_schema(operation_id="schedule_calendar_refresh", request=None, responses=CalendarShown)
    def refresh(self, request: Request, schedule_id: int) -> Response:
        """Read it now. `error` says what went wrong, if anything did."""
        return self.answer(CalendarShown, importing.refresh(self._schedule(schedule_id), by=self.me))
