"""Attempts to restore service."""

from __future__ import annotations

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import attempts, mitigation, rollback
from incidents.api.base import UnderIncident
from incidents.models import Mitigation
from incidents.serializers.deck import ExtendGiven
from incidents.serializers.given import MitigationVerbGiven, ProposalGiven
from incidents.serializers.recorded import MitigationShown
from teams.idempotency import HEADER, once


class Mitigations(UnderIncident):
    verbs = {
        "list": "incident.view",
        "create": "incident.respond",
        "perform": "incident.respond",
        "call_again": "incident.respond",
        "extend": "incident.respond",
    }
    ordering = ("pk",)
    queryset = Mitigation.objects.select_related(
        "incident", "carried_by", "proposed_by", "approved_by", "change__service", "call"
    )

    @extend_schema(operation_id="mitigations_list", responses=MitigationShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What was and is tried, in the order in which it was proposed."""
        return self.answer_page(MitigationShown, self.get_queryset().filter(incident=self.incident))

    @extend_schema(
        operation_id="mitigations_propose",
        request=ProposalGiven,
        responses={201: MitigationShown},
        parameters=[HEADER],
    )
    @once
    def create(self, request: Request, incident_id: int) -> Response:
        """Propose a mitigation: roll back, fail over, scale up."""
        made = mitigation.propose(self.incident.pk, by=self.me, **self.given(ProposalGiven))
        return self.answer(MitigationShown, self.get_queryset().get(pk=made.pk), 201)

    @extend_schema(
        operation_id="mitigations_perform",
        request=MitigationVerbGiven,
        responses=MitigationShown,
        parameters=[HEADER, OpenApiParameter("verb", str, OpenApiParameter.PATH, enum=mitigation.VERBS)],
    )
    @once
    def perform(self, request: Request, incident_id: int, pk: int, verb: str) -> Response:
        """Move a mitigation on: approve, execute, verify, its outcome, undo or drop."""
        row = self.mine(self.get_queryset(), pk)
        if verb not in mitigation.VERBS:
            raise NotFound(f"There is no verb “{verb}”. There are: {', '.join(mitigation.VERBS)}.")
        mitigation.perform(row.pk, verb, by=self.me, **self.given(MitigationVerbGiven))
        return self.answer(MitigationShown, self.get_queryset().get(pk=pk))

    @extend_schema(operation_id="mitigations_call_again", request=None, responses=MitigationShown, parameters=[HEADER])
    @once
    def call_again(self, request: Request, incident_id: int, pk: int) -> Response:
        """Call once more, by the same key, what refused to roll a change back or could not be reached."""
        row = self.mine(self.get_queryset().filter(call__isnull=False), pk)
        rollback.call_again(row.pk, by=self.me)
        return self.answer(MitigationShown, self.get_queryset().get(pk=pk))

    @extend_schema(
        operation_id="mitigations_extend", request=ExtendGiven, responses=MitigationShown, parameters=[HEADER]
    )
    @once
    def extend(self, request: Request, incident_id: int, pk: int) -> Response:
        """Give it more time before somebody is asked whether it worked."""
        row = self.mine(self.get_queryset(), pk)
        attempts.extend(row.pk, by=self.me, **self.given(ExtendGiven))
        return self.answer(MitigationShown, self.get_queryset().get(pk=pk))
