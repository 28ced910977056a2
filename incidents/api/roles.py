"""Seats of an incident: taken, offered, answered, passed on."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import roles
from incidents.actions.staffing import Staffing
from incidents.api.base import UnderIncident
from incidents.models import RoleAssignment
from incidents.presenters import handover as presenters
from incidents.serializers.given import AcceptGiven, Nothing, OfferGiven, ReasonGiven, TakeGiven
from incidents.serializers.roles import HandoverShown
from incidents.serializers.shown import Seat
from teams.idempotency import HEADER, once
from teams.models import Role


class SeatFilter(filters.FilterSet):
    state = filters.MultipleChoiceFilter(choices=RoleAssignment.State.choices)
    role = filters.CharFilter(field_name="role__slug", label="A role's slug.")


class Seats(UnderIncident):
    verbs = {
        "list": "incident.view",
        "handover": "incident.respond",
        "take": "incident.respond",
        "offer": "incident.respond",
        "relieve": "incident.respond",
        "accept": "incident.respond",
        "decline": "incident.respond",
        "leave": "incident.respond",
    }
    ordering = ("pk",)
    filterset_class = SeatFilter
    queryset = RoleAssignment.objects.select_related("role", "user", "offered_by")

    @extend_schema(operation_id="seats_list", responses=Seat(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """Who holds, held, was offered or declined which role."""
        return self.answer_page(Seat, self.get_queryset().filter(incident=self.incident))

    @extend_schema(operation_id="roles_handover", responses=HandoverShown)
    def handover(self, request: Request, incident_id: int, role: str) -> Response:
        """The brief with which a role could be offered, drafted from the record, and whom the rosters name for it."""
        chosen = _role(role)
        held = self.get_queryset().filter(incident=self.incident, role=chosen, state=RoleAssignment.State.HELD).first()
        live = [RoleAssignment.State.HELD, RoleAssignment.State.OFFERED]
        outside = self.incident.assignments.filter(state__in=live).values_list("user", flat=True)
        suggested = Staffing(self.incident, timezone.now()).relief(chosen, outside=outside)
        brief = presenters.draft(self.incident, held.user if held else None)
        return self.answer(HandoverShown, {"brief": brief, "suggested": suggested})

    @extend_schema(operation_id="roles_take", request=TakeGiven, responses=Seat, parameters=[HEADER])
    @once
    def take(self, request: Request, incident_id: int, role: str) -> Response:
        """Sit down in an empty seat, or accept the one that the roster gave you."""
        seat = roles.take(self.incident.pk, _role(role), by=self.me, **self.given(TakeGiven))
        return self._answer(seat)

    @extend_schema(operation_id="roles_offer", request=OfferGiven, responses=Seat, parameters=[HEADER])
    @once
    def offer(self, request: Request, incident_id: int, role: str) -> Response:
        """Offer a seat to somebody; its holder keeps it until they accept."""
        seat = roles.offer(self.incident.pk, _role(role), by=self.me, **self.given(OfferGiven))
        return self._answer(seat)

    @extend_schema(operation_id="roles_relieve", request=ReasonGiven, responses=Seat, parameters=[HEADER])
    @once
    def relieve(self, request: Request, incident_id: int, role: str) -> Response:
        """Take over from a holder who can't hand over, with a reason."""
        seat = roles.relieve(self.incident.pk, _role(role), by=self.me, **self.given(ReasonGiven))
        return self._answer(seat)

    @extend_schema(operation_id="seats_accept", request=AcceptGiven, responses=Seat, parameters=[HEADER])
    @once
    def accept(self, request: Request, incident_id: int, pk: int) -> Response:
        """Accept what you were offered, or what the roster gave you. Who takes over from somebody with a brief says it
        back."""
        return self._answer(roles.accept(self._seat(pk), by=self.me, **self.given(AcceptGiven)))

    @extend_schema(operation_id="seats_decline", request=ReasonGiven, responses=Seat, parameters=[HEADER])
    @once
    def decline(self, request: Request, incident_id: int, pk: int) -> Response:
        """Say no to an offer, or to the seat that the roster gave you and that you have not accepted."""
        return self._answer(roles.decline(self._seat(pk), by=self.me, **self.given(ReasonGiven)))

    @extend_schema(operation_id="seats_leave", request=Nothing, responses=Seat, parameters=[HEADER])
    @once
    def leave(self, request: Request, incident_id: int, pk: int) -> Response:
        """Step out of a seat. Command is handed over, not left."""
        self.given(Nothing)
        return self._answer(roles.leave(self._seat(pk), by=self.me))

    def _seat(self, pk: int) -> int:
        return int(self.mine(self.get_queryset(), pk).pk)

    def _answer(self, seat: RoleAssignment) -> Response:
        return self.answer(Seat, self.get_queryset().get(pk=seat.pk))


def _role(slug: str) -> Role:
    return get_object_or_404(Role.objects.select_related("schedule__team"), slug=slug)
