"""What the API answers about how an incident came to be known: alerts, changes, and who was paged."""

from __future__ import annotations

from rest_framework import serializers

from incidents.models import Alert, Change, EscalationRun, Page
from incidents.serializers.named import IncidentName
from teams.api.fields import Shown
from teams.serializers import Person, ServiceName


class ChangeShown(Shown):
    service = ServiceName(allow_null=True)
    details = serializers.JSONField()
    links = serializers.JSONField()

    class Meta:
        model = Change
        fields = ["id", "summary", "source", "service", "at", "received_at", "details", "links"]


class ChangeBefore(ChangeShown):
    concerned = serializers.BooleanField(help_text="On a service of this incident.")
    suspected = serializers.SerializerMethodField()

    class Meta(ChangeShown.Meta):
        fields = [*ChangeShown.Meta.fields, "concerned", "suspected"]

    def get_suspected(self, change: Change) -> bool:
        return change.pk in self.context["blamed"]


class AlertShown(Shown):
    integration = serializers.CharField(source="integration.name")
    incident = serializers.IntegerField(
        source="incident_id", allow_null=True, help_text="Its id; null while it is held back."
    )
    labels = serializers.DictField()
    annotations = serializers.DictField()
    links = serializers.JSONField()

    class Meta:
        model = Alert
        fields = [
            "id",
            "public_id",
            "integration",
            "incident",
            "status",
            "suppression",
            "quiet_until",
            "flapping",
            "title",
            "summary",
            "severity",
            "labels",
            "annotations",
            "links",
            "count",
            "starts_at",
            "ends_at",
            "received_at",
            "last_received_at",
        ]


class PageShown(Shown):
    user = Person()

    class Meta:
        model = Page
        fields = ["id", "user", "run", "level", "loop", "why", "created_at", "acknowledged_at"]


class MyPage(PageShown):
    incident = IncidentName()

    class Meta(PageShown.Meta):
        fields = [*PageShown.Meta.fields, "incident"]


class RunShown(Shown):
    policy = serializers.StringRelatedField(allow_null=True)  # type: ignore[var-annotated]

    class Meta:
        model = EscalationRun
        fields = ["id", "policy", "state", "level", "loop", "due_at", "started_at", "ended_at", "ended_reason"]
