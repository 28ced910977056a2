"""Teams that are called in, related incidents, splitting, followers and rooms."""

from __future__ import annotations

from django.db.models import Q
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import bridges, crews, followers, relations, splitting
from incidents.api.base import UnderIncident
from incidents.models import Follow, Incident, Relation, TeamRequest
from incidents.serializers.shown import IncidentDetail
from incidents.serializers.together import (
    FollowGiven,
    FollowShown,
    RelateGiven,
    RelationShown,
    RoomsGiven,
    RoomsShown,
    SplitGiven,
    TeamAskGiven,
    TeamRequestShown,
    TeamRequestVerbGiven,
)
from teams.idempotency import HEADER, once


class TeamRequests(UnderIncident):
    verbs = {"list": "incident.view", "create": "incident.respond", "perform": "incident.respond"}
    ordering = ("pk",)
    queryset = TeamRequest.objects.select_related("incident", "team", "asked_by", "answered_by")

    @extend_schema(operation_id="team_requests_list", responses=TeamRequestShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Teams that were called in, and who came."""
        return self.answer_page(TeamRequestShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(
        operation_id="team_requests_ask", request=TeamAskGiven, responses={201: TeamRequestShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Call a team in: its people on call are paged until one of them says yes."""
        given = self.given(TeamAskGiven)
        made = crews.ask(self.incident.pk, given.pop("team"), by=self.me, **{"why": "", **given})
        return self.answer(TeamRequestShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(
        operation_id="team_requests_perform",
        request=TeamRequestVerbGiven,
        responses=TeamRequestShown,
        parameters=[HEADER, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=crews.VERBS)],
    )
    @once
    def perform(self, request: Request, incident_id: int, pk: int, verb: str) -> Response:
        """Accept or decline for one's team, or release it."""
        row = self.mine(self.get_queryset(), pk)
        if verb not in crews.VERBS:
            raise NotFound(f"There is no verb “{verb}”. There are: {', '.join(crews.VERBS)}.")
        given = self.given(TeamRequestVerbGiven)
        if verb == "decline":
            crews.decline(row.pk, by=self.me, reason=given.get("reason", ""))
        else:
            getattr(crews, verb)(row.pk, by=self.me)
        return self.answer(TeamRequestShown, self.get_queryset().get(pk=pk))


class Relations(UnderIncident):
    verbs = {"list": "incident.view", "create": "incident.respond", "remove": "incident.respond"}
    ordering = ("pk",)
    queryset = Relation.objects.select_related("incident", "other", "created_by")

    def get_serializer_context(self) -> dict[str, object]:
        ends = Relation.objects.filter(Q(incident=self.incident) | Q(other=self.incident))
        keys = {pk for pair in ends.values_list("incident", "other") for pk in pair}
        visible = set(self.visible().filter(pk__in=keys).values_list("pk", flat=True))
        return {**super().get_serializer_context(), "incident": self.incident, "visible": visible}

    @extend_schema(operation_id="relations_list", responses=RelationShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What it has to do with other incidents."""
        rows = self.get_queryset().filter(Q(incident=self.incident) | Q(other=self.incident))
        return self.answer_page(RelationShown, rows)

    @extend_schema(
        operation_id="relations_add", request=RelateGiven, responses={201: RelationShown}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Relate it to another incident; both timelines tell of it."""
        given = self.given(RelateGiven)
        made = relations.relate(self.incident.pk, given["other"].pk, by=self.me, kind=given.get("kind", "related"))
        return self.answer(RelationShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(operation_id="relations_remove", request=None, responses={204: None})
    def remove(self, request: Request, incident_id: int, pk: int) -> Response:
        """Take a relation back."""
        mine = Relation.objects.filter(Q(incident=self.incident) | Q(other=self.incident), pk=pk).first()
        if mine is None:
            raise NotFound
        relations.unrelate(mine.pk, by=self.me)
        return Response(status=204)


class Splits(UnderIncident):
    verbs = {"create": "incident.respond"}
    queryset = Incident.objects.none()

    @extend_schema(
        operation_id="incidents_split", request=SplitGiven, responses={201: IncidentDetail}, parameters=[HEADER]
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Declare a new incident out of this one: alerts move there, entries are told there, too."""
        given = self.given(SplitGiven)
        made = splitting.split(
            self.incident.pk,
            by=self.me,
            title=given.get("title", ""),
            severity=given.get("severity"),
            services=given.get("services", ()),
            alert_pks=given.get("alerts", ()),
            entry_pks=given.get("entries", ()),
            reason=given.get("reason", ""),
        )
        return self.answer_incident(made.pk, 201)


class Followers(UnderIncident):
    verbs = {"list": "incident.view", "follow": "follow.change"}
    ordering = ("pk",)
    queryset = Follow.objects.select_related("user")

    @extend_schema(operation_id="followers_list", responses=FollowShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Who inside the company hears of it, and of how much."""
        rows = self.get_queryset().filter(incident=self.incident).exclude(level=Follow.Level.OFF)
        return self.answer_page(FollowShown, rows)

    @extend_schema(operation_id="incidents_follow", request=FollowGiven, responses=FollowShown)
    def follow(self, request: Request, incident_id: int) -> Response:
        """Follow it, or no longer (`off`)."""
        row = followers.follow(self.incident, by=self.me, **self.given(FollowGiven))
        return self.answer(FollowShown, row)


class Rooms(UnderIncident):
    verbs = {"retrieve": "incident.view", "update": "incident.respond"}
    queryset = Incident.objects.none()

    @extend_schema(operation_id="incidents_rooms", responses=RoomsShown)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """Where its people meet."""
        return self.answer(RoomsShown, self.incident)

    @extend_schema(operation_id="incidents_set_rooms", request=RoomsGiven, responses=RoomsShown)
    def update(self, request: Request, incident_id: int) -> Response:
        """Say where its people meet, on the record."""
        return self.answer(RoomsShown, bridges.set_rooms(self.incident.pk, by=self.me, **self.given(RoomsGiven)))
