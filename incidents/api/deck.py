"""Generic mitigations of services."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django_filters import rest_framework as filters
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import deck as reads
from incidents.actions import deck
from incidents.models import Mitigation, MitigationCard
from incidents.serializers.deck import STATES, CardGiven, CardShown, NewCardGiven
from teams import moments
from teams.api.base import Api
from teams.idempotency import HEADER, once
from teams.models import Organization


class CardFilter(filters.FilterSet):
    service = filters.CharFilter(field_name="service__slug", label="A service's slug.")
    kind = filters.MultipleChoiceFilter(choices=Mitigation.Kind.choices)
    state = filters.ChoiceFilter(choices=STATES, method="in_state", label="Left out: all but what is retired.")
    q = filters.CharFilter(method="with_words", label="Words of it.")

    def in_state(self, rows: Any, name: str, value: str) -> Any:
        if value == "retired":
            return rows.filter(retired_at__isnull=False)
        return rows.filter(retired_at=None, approved_at__isnull=value == "draft")

    def with_words(self, rows: Any, name: str, value: str) -> Any:
        return rows.search(value)

    def filter_queryset(self, queryset: Any) -> Any:
        found = super().filter_queryset(queryset)
        return found if self.form.cleaned_data.get("state") else found.filter(retired_at=None)


class Cards(Api):
    verbs = {
        "list": "team.view",
        "retrieve": "team.view",
        "create": "deck.change",
        "partial_update": "deck.change",
        "approve": "deck.approve",
        "retire": "deck.change",
        "take_back": "deck.change",
    }
    ordering = ("title", "pk")
    filterset_class = CardFilter
    queryset = MitigationCard.objects.select_related("service__team", "approved_by", "created_by")

    def _shown(self, cards: Any) -> dict[str, Any]:
        return {
            "records": reads.records(cards, self.me),
            "now": moments.now(),
            "days": Organization.current().card_stale_days,
        }

    def _row(self, pk: int) -> MitigationCard:
        row: MitigationCard = get_object_or_404(self.get_queryset(), pk=pk)
        return row

    def _answer(self, pk: int, status: int = 200) -> Response:
        row = self._row(pk)
        return self.answer(CardShown, row, status, **self._shown([row]))

    @extend_schema(operation_id="mitigation_cards_list", responses=CardShown(many=True))
    def list(self, request: Request) -> Response:
        """The decks of services: what restores service whatever the cause."""
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        context = {**self.get_serializer_context(), **self._shown(page)}
        return self.get_paginated_response(CardShown(page, many=True, context=context).data)

    @extend_schema(operation_id="mitigation_cards_retrieve", responses=CardShown)
    def retrieve(self, request: Request, pk: int) -> Response:
        """One generic mitigation with its record."""
        return self._answer(pk)

    @extend_schema(
        operation_id="mitigation_cards_create",
        request=NewCardGiven,
        responses={201: CardShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request) -> Response:
        """Add one to the deck of a service, as a draft."""
        return self._answer(deck.keep(None, by=self.me, **self.given(NewCardGiven)).pk, 201)

    @extend_schema(
        operation_id="mitigation_cards_partial_update", request=CardGiven, responses=CardShown, parameters=[HEADER]
    )
    @once
    def partial_update(self, request: Request, pk: int) -> Response:
        """Change what is given. It has to be approved again."""
        row = self._row(pk)
        deck.keep(row, by=self.me, service=row.service, **self.given(CardGiven, partial=True))
        return self._answer(pk)

    @extend_schema(operation_id="mitigation_cards_approve", request=None, responses=CardShown, parameters=[HEADER])
    @once
    def approve(self, request: Request, pk: int) -> Response:
        """Let incidents offer it."""
        deck.approve(self._row(pk), by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="mitigation_cards_retire", request=None, responses=CardShown, parameters=[HEADER])
    @once
    def retire(self, request: Request, pk: int) -> Response:
        """Offer it no more. What was done with it stays."""
        deck.retire(self._row(pk), by=self.me)
        return self._answer(pk)

    @extend_schema(operation_id="mitigation_cards_take_back", request=None, responses=CardShown, parameters=[HEADER])
    @once
    def take_back(self, request: Request, pk: int) -> Response:
        """Put a retired one into the deck again, as a draft."""
        deck.take_back(self._row(pk), by=self.me)
        return self._answer(pk)
