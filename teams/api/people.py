"""Who one is, whom one works with, and one's own tokens."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from teams import oncall, tokens
from teams.api.base import Api
from teams.api.fields import Asked, Line
from teams.idempotency import HEADER, once_shown
from teams.models import ApiToken, User
from teams.serializers import Me, MyWatch, PersonDetail, Span, TokenGiven, TokenMade, TokensAsked, TokenShown

LOST = (
    "This Idempotency-Key made the token {hint}… already, and its key is shown once. If you did not get it, revoke "
    "token {id} and make another one with a new Idempotency-Key."
)


class MeApi(Api):
    verbs = {"retrieve": "self.view", "shifts": "self.view"}
    queryset = User.objects.none()
    pagination_class = None

    @extend_schema(operation_id="me", responses=Me)
    def retrieve(self, request: Request) -> Response:
        """Who you are, your teams, and the watches that you stand now."""
        now = timezone.now()
        mine = [w.schedule for w in oncall.watches_of(self.me, now, now + timedelta(seconds=1))]
        # Asked again as a point in time: a span would cut the watches to itself.
        watches = [rota.who(now) for rota in oncall.load(mine, since=now)]
        return self.answer(Me, self.me, watches=watches)

    @extend_schema(operation_id="me_shifts", parameters=[Span], responses=MyWatch(many=True))
    def shifts(self, request: Request) -> Response:
        """Your own duty in a span, over all schedules, in order."""
        span = self.asked(Span)
        watches = oncall.watches_of(self.me, span["start"], span["end"])
        return Response(MyWatch(watches, many=True).data)


class Search(Asked):
    q = Line(help_text="A part of the name, the username or the address.")


class People(Api):
    verbs = {"list": "person.view"}
    queryset = User.objects.none()
    ordering = ("username",)

    @extend_schema(operation_id="users_list", parameters=[Search], responses=PersonDetail(many=True))
    def list(self, request: Request) -> Response:
        """People who can sign in."""
        people = User.objects.present()
        for word in self.asked(Search).get("q", "").split():
            people = people.filter(
                Q(username__icontains=word)
                | Q(first_name__icontains=word)
                | Q(last_name__icontains=word)
                | Q(email__icontains=word)
            )
        return self.answer_page(PersonDetail, people)


class Tokens(Api):
    verbs = {"list": "self.view", "create": "self.tokens", "revoke": "self.tokens"}
    queryset = ApiToken.objects.none()

    @extend_schema(operation_id="tokens_list", parameters=[TokensAsked], responses=TokenShown(many=True))
    def list(self, request: Request) -> Response:
        """Your own tokens, those that ended and were revoked included."""
        mine = ApiToken.objects.filter(user=self.me)
        return self.answer_page(TokenShown, mine.in_state(self.asked(TokensAsked).get("state", ""), timezone.now()))

    @extend_schema(operation_id="tokens_create", request=TokenGiven, responses={201: TokenMade}, parameters=[HEADER])
    @once_shown("token", LOST)
    def create(self, request: Request) -> Response:
        """Make a token of yours. It does what its scopes name, as far as you may do that. Its key is in this answer
        and never again: sent again with the same `Idempotency-Key`, the request is refused with 409 `shown_once`. A
        token can't make tokens: sign in for that."""
        token, raw = tokens.issue(by=self.me, request=request._request, **self.given(TokenGiven))
        token.token = raw  # type: ignore[attr-defined]
        return self.answer(TokenMade, token, 201)

    @extend_schema(operation_id="tokens_revoke", request=None, responses={204: None})
    def revoke(self, request: Request, pk: int) -> Response:
        """Revoke one of your tokens at once. Sign in for that, too."""
        token = get_object_or_404(ApiToken, pk=pk, user=self.me)
        tokens.revoke(token.pk, by=self.me, request=request._request)
        return Response(status=204)
