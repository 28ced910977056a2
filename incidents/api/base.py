"""What the views under one incident share."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api import reading
from incidents.models import Incident
from incidents.models.incident import IncidentQuerySet
from incidents.serializers.shown import IncidentDetail
from teams.api.base import Api


class IncidentApi(Api):
    """A view set over incidents: every queryset starts from what the caller may see."""

    def visible(self) -> IncidentQuerySet:
        return Incident.objects.visible_to(self.me)

    def answer_incident(self, pk: int, status: int = 200) -> Response:
        """All that is known of an incident after an action, seen as the caller."""
        incident = reading.detail(Incident.objects.all(), pk, self.me)
        return self.answer(IncidentDetail, incident, status)


class UnderIncident(IncidentApi):
    """A view set over what belongs to one incident; 404 where the caller may not see it."""

    _incident: Incident | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Before anything is read: somebody who may not see the incident learns nothing, whatever they send."""
        super().initial(request, *args, **kwargs)
        self.check(self.row())

    def row(self) -> models.Model:
        """What permits are asked about: the incident, unless a view knows better."""
        return self.incident

    @property
    def incident(self) -> Incident:
        if self._incident is None:
            incidents = self.visible().select_related("team", "severity")
            self._incident = get_object_or_404(incidents, pk=self.kwargs["incident_id"])
        return self._incident

    def mine(self, rows: QuerySet[Any], pk: int) -> Any:
        """A row of this incident, or 404."""
        return get_object_or_404(rows.filter(incident=self.incident), pk=pk)
