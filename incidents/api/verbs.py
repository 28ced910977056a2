"""From one phase to another: one address for each verb of the table."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.actions import lifecycle
from incidents.api import reading
from incidents.api.base import UnderIncident
from incidents.guards import Verb
from incidents.models import Incident
from incidents.phases import VERBS, verbs_in
from incidents.serializers.shown import IncidentDetail, VerbShown
from incidents.serializers.verbs import verb_serializer
from teams.idempotency import HEADER, once


class Verbs(UnderIncident):
    verbs = {"list": "incident.view", "unknown": "incident.view"}
    queryset = Incident.objects.none()
    pagination_class = None

    @extend_schema(operation_id="incidents_verbs", responses=VerbShown(many=True))
    def list(self, request: Request, incident_id: int) -> Response:
        """What can be done now, what it takes, and what is missing."""
        return Response(VerbShown(reading.verbs(self.incident, self.me), many=True).data)

    @extend_schema(exclude=True)
    def unknown(self, request: Request, incident_id: int, verb: str) -> Response:
        raise NotFound(f"There is no verb “{verb}”. There are: {', '.join(VERBS)}.")


class VerbApi(UnderIncident):
    """Does one verb; `verb` is set by `verb_view`."""

    verbs = {"perform": "incident.respond"}
    verb: Verb

    def perform(self, request: Request, incident_id: int) -> Response:
        given = self.given(verb_serializer(self.verb))
        override, occurred_at = given.pop("override", False), given.pop("occurred_at", None)
        lifecycle.perform(
            self.verb.name,
            self.incident.pk,
            by=self.me,
            inputs=given,
            override=override,
            occurred_at=occurred_at,
        )
        return self.answer_incident(incident_id)

    def problem_extras(self) -> dict[str, Any]:
        """What a refusal tells beside its blockers: where the incident is, and what is possible from there."""
        phase = Incident.objects.values_list("phase", flat=True).get(pk=self.kwargs["incident_id"])
        return {"phase": phase, "possible_verbs": [v.name for v in verbs_in(phase)]}


def verb_view(verb: Verb) -> Any:
    """The view of `verb`, whose schema is made of the verb's row in the table."""
    described = extend_schema(
        operation_id=f"incidents_{verb.name}",
        summary=verb.label,
        description=_description(verb),
        request=verb_serializer(verb),
        responses=IncidentDetail,
        parameters=[HEADER],
    )
    name = "".join(part.capitalize() for part in verb.name.split("_"))

    @described
    @once
    def perform(self: VerbApi, request: Request, incident_id: int) -> Response:
        return VerbApi.perform(self, request, incident_id)

    view = type(name, (VerbApi,), {"verb": verb, "perform": perform, "__module__": __name__})
    return view.as_view({"post": "perform"})  # type: ignore[attr-defined]


def _description(verb: Verb) -> str:
    target = verb.target.label if verb.target else "where it was before"
    lines = [f"{verb.explains} {', '.join(s.label for s in verb.sources)} → {target}.", ""]
    lines += [f"- `{g.code}`{' (a reason overrides it)' if g.process else ''}: {g.rule}" for g in verb.guards]
    return "\n".join(lines).strip()
