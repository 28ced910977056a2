"""Inviting people."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from teams import invitations
from teams.api.base import Api
from teams.api.fields import Asked, Given, Line, Shown, TeamField
from teams.idempotency import HEADER, once
from teams.models import Invitation, Membership, User
from teams.serializers import Person, TeamName


class InvitationShown(Shown):
    team = TeamName(allow_null=True)
    invited_by = Person(allow_null=True)
    state = serializers.ChoiceField(Invitation.State.choices)

    class Meta:
        model = Invitation
        fields = [
            "id",
            "email",
            "role",
            "team",
            "team_role",
            "state",
            "invited_by",
            "created_at",
            "sent_at",
            "sent_count",
            "expires_at",
            "accepted_at",
            "revoked_at",
        ]


class InvitationsGiven(Given):
    emails = serializers.ListField(
        child=Line(max_length=254, required=True, allow_blank=False),
        min_length=1,
        max_length=invitations.MOST_AT_ONCE,
        help_text="Each gets a mail with a link of their own.",
    )
    role = serializers.ChoiceField(User.Role.choices, help_text="In the organization; never more than your own.")
    team = TeamField(required=False, allow_null=True, help_text="Managers name one of their own teams.")
    team_role = serializers.ChoiceField(Membership.Role.choices, default=Membership.Role.MEMBER)


class InvitationsAsked(Asked):
    state = serializers.ChoiceField(Invitation.State.choices, required=False, help_text="Only those in this state.")
    team = TeamField(required=False)
    q = Line(help_text="A part of the address.")


class Invitations(Api):
    verbs = dict.fromkeys(("list", "create", "resend", "revoke"), "person.invite")
    queryset = Invitation.objects.none()

    @extend_schema(operation_id="invitations_list", parameters=[InvitationsAsked], responses=InvitationShown(many=True))
    def list(self, request: Request) -> Response:
        """Invitations, those that are over included: all of them, or those of the teams that you manage."""
        asked = self.asked(InvitationsAsked)
        found = invitations.seen_by(self.me).in_state(asked.get("state", ""), timezone.now())
        if asked.get("team"):
            found = found.filter(team=asked["team"])
        if words := asked.get("q", "").strip():
            found = found.filter(email__icontains=words)
        return self.answer_page(InvitationShown, found.select_related("team", "invited_by"))

    @extend_schema(
        operation_id="invitations_create",
        request=InvitationsGiven,
        responses={201: InvitationShown(many=True)},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Invite people: all of the addresses or none. Whoever was invited to the same before gets a new link. Somebody
        who has an account joins the team at once; the answer does not tell who that is."""
        given = self.given(InvitationsGiven)
        made = invitations.invite(by=self.me, request=request._request, **given)
        shows = InvitationShown(made, many=True, context=self.get_serializer_context())
        return Response(shows.data, status=201)

    @extend_schema(operation_id="invitations_resend", request=None, responses=InvitationShown, parameters=[HEADER])
    @once
    def resend(self, request: Request, pk: int) -> Response:
        """Send a new link, good for another week; the one before works no more."""
        invitation = get_object_or_404(invitations.seen_by(self.me), pk=pk)
        sent = invitations.resend(invitation.pk, by=self.me, request=request._request)
        return self.answer(InvitationShown, sent)

    @extend_schema(operation_id="invitations_revoke", request=None, responses={204: None})
    def revoke(self, request: Request, pk: int) -> Response:
        """Let the link work no more."""
        invitation = get_object_or_404(invitations.seen_by(self.me), pk=pk)
        invitations.revoke(invitation.pk, by=self.me, request=request._request)
        return Response(status=204)
