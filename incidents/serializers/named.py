"""What other rows say of the incident that they belong to."""

from __future__ import annotations

from rest_framework import serializers

from incidents.models import Incident, Severity
from teams.api.fields import Shown


class SeverityName(Shown):
    code = serializers.CharField()

    class Meta:
        model = Severity
        fields = ["level", "code", "label"]


class IncidentName(Shown):
    reference = serializers.CharField()

    class Meta:
        model = Incident
        fields = ["id", "reference", "title", "phase"]
