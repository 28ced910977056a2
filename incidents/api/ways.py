"""Ways to stop the bleeding: what may have done it, and what people think of it."""

from __future__ import annotations

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents import remembering, suggesting
from incidents.actions import marks, rollback
from incidents.api.base import UnderIncident
from incidents.api.mitigations import Mitigations
from incidents.models import Change
from incidents.serializers.given import Hours, MarkGiven, RollBackGiven
from incidents.serializers.recorded import MitigationShown
from incidents.serializers.ways import WaysShown
from teams.idempotency import HEADER, once


class Ways(UnderIncident):
    verbs = {"retrieve": "incident.view", "mark": "incident.respond", "roll_back": "incident.respond"}
    queryset = Change.objects.none()
    pagination_class = None

    @extend_schema(operation_id="incidents_ways", parameters=[Hours], responses=WaysShown)
    def retrieve(self, request: Request, incident_id: int) -> Response:
        """What may have done it, likeliest first, with why: changes on its services, on what these depend on, and of
        its team, at most 200; and what helped in incidents that looked like this one."""
        return self._shown(**self.asked(Hours))

    @extend_schema(operation_id="incidents_mark_change", request=MarkGiven, responses=WaysShown, parameters=[HEADER])
    @once
    def mark(self, request: Request, incident_id: int, pk: int) -> Response:
        """Say what a change has to do with it: suspect, dismissed, caused or fixed; empty takes that back."""
        near = Change.objects.around(self.incident, suggesting.reached(self.incident), hours=24 * 30)
        marks.mark(self.incident.pk, get_object_or_404(near, pk=pk), by=self.me, **self.given(MarkGiven))
        return self._shown()

    @extend_schema(
        operation_id="incidents_roll_back", request=RollBackGiven, responses={201: MitigationShown}, parameters=[HEADER]
    )
    @once
    def roll_back(self, request: Request, incident_id: int, pk: int) -> Response:
        """Roll a change back from now on: a mitigation that is carried out, and with `call` the webhook of its service
        called for it, where one is set."""
        near = Change.objects.around(self.incident, suggesting.reached(self.incident))
        change = get_object_or_404(near.select_related("service__rollback_webhook"), pk=pk)
        made = rollback.roll_back(self.incident.pk, change, by=self.me, **self.given(RollBackGiven))
        return self.answer(MitigationShown, Mitigations.queryset.get(pk=made.pk), 201)

    def _shown(self, hours: int = suggesting.HOURS) -> Response:
        changes = suggesting.suggested(self.incident, self.me, hours=hours)
        memory = remembering.remembered(self.incident, self.me)
        return self.answer(WaysShown, {"changes": changes, "memory": memory})
