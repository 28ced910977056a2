"""Services and what they depend on, as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from teams.actions.services import MOST_DEPENDENCIES, MOST_LINKS
from teams.api.fields import Given, Line, Shown, TeamField, Text
from teams.catalogue import documents
from teams.models import EscalationPolicy, Service, ServiceLink
from teams.serializers import ServiceName, TeamName


class LinkShown(Shown):
    class Meta:
        model = ServiceLink
        fields = ["kind", "title", "url"]


class ServiceDetail(Shown):
    team = TeamName()
    links = LinkShown(many=True)
    depends_on = ServiceName(many=True, help_text="What it needs, directly.")
    dependents = ServiceName(many=True, help_text="What needs it, directly.")
    rollback_webhook = serializers.CharField(
        source="rollback_webhook.name", default=None, allow_null=True, help_text="What rolls its changes back: a name."
    )

    class Meta:
        model = Service
        fields = [
            "id",
            "slug",
            "name",
            "team",
            "tier",
            "lifecycle",
            "description",
            "runbook_url",
            "repository_url",
            "links",
            "escalation_policy",
            "rollback_webhook",
            "depends_on",
            "dependents",
            "entity_ref",
        ]


class Reached(serializers.Serializer[Any]):
    service = ServiceName()
    steps = serializers.IntegerField(help_text="1: directly.")


class DependenciesShown(serializers.Serializer[Any]):
    """Everything that trouble of a service comes from or goes to, however indirectly, the nearest first."""

    upstream = Reached(many=True, help_text="What it depends on.")
    downstream = Reached(many=True, help_text="What depends on it.")


@extend_schema_field({"type": "array", "maxItems": MOST_DEPENDENCIES, "items": {"type": "string"}})
class ServicesField(serializers.Field[Any, Any, Any, Any]):
    """Services by slug, read in one query."""

    default_error_messages = {
        "invalid": "Give a list of slugs.",
        "too_many": f"Give at most {MOST_DEPENDENCIES} services.",
        "does_not_exist": "There is no “{value}”.",
    }

    def to_internal_value(self, data: Any) -> list[Service]:
        if not isinstance(data, list) or not all(isinstance(slug, str) for slug in data):
            self.fail("invalid")
        if len(data) > MOST_DEPENDENCIES:
            self.fail("too_many")
        slugs = [slug for slug in dict.fromkeys(data) if slug.isascii() and "\x00" not in slug]
        known = {service.slug: service for service in Service.objects.filter(slug__in=slugs)}
        for slug in data:
            if slug not in known:
                self.fail("does_not_exist", value=slug)
        return [known[slug] for slug in dict.fromkeys(data)]


class LinkGiven(Given):
    kind = serializers.ChoiceField(ServiceLink.Kind.choices, default=ServiceLink.Kind.DASHBOARD)
    title = Line(max_length=80, required=True, allow_blank=False)
    url = Line(max_length=500, required=True, allow_blank=False, help_text="https:// or http://.")


class ServiceFields(Given):
    """What a service says. What is left out stays as it is; lists are all there is afterwards."""

    name = Line(max_length=80, allow_blank=False)
    slug = Line(max_length=80, allow_blank=False, help_text="Alerts name it by this word, in the label “service”.")
    team = TeamField(required=False, help_text="Who answers for it.")
    tier = serializers.ChoiceField(Service.Tier.choices, required=False)
    lifecycle = serializers.ChoiceField(Service.Lifecycle.choices, required=False)
    description = Text()
    runbook_url = Line(max_length=500)
    repository_url = Line(max_length=500)
    escalation_policy = serializers.PrimaryKeyRelatedField(
        queryset=EscalationPolicy.objects.all(), required=False, allow_null=True, help_text="Null: the team's."
    )
    rollback_webhook = Line(max_length=80, help_text="The name of a webhook of its team; empty: none.")
    links = LinkGiven(many=True, required=False, max_length=MOST_LINKS)  # type: ignore[call-arg] # of the list
    depends_on = ServicesField(required=False, help_text="Slugs of what it needs.")


class ServiceGiven(ServiceFields):
    """A new service."""

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for name in ("name", "slug", "team"):
            fields[name].required = True
        return fields


class ServiceChanged(ServiceFields):
    """A service that is there."""


class ImportGiven(Given):
    """A file of services: Watchbill's own, or a catalogue of Backstage, in YAML or JSON."""

    text = serializers.CharField(
        trim_whitespace=False, max_length=documents.MAX_BYTES, help_text="The text of the file."
    )
    fallback = TeamField(
        required=False, allow_null=True, help_text="Who answers for services whose owner is no team here."
    )
    dry_run = serializers.BooleanField(default=False, help_text="Only say what it would do.")


class PlannedChange(serializers.Serializer[Any]):
    """Of a list, `before` is what goes and `after` what comes."""

    field = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class PlannedRow(serializers.Serializer[Any]):
    slug = serializers.CharField(source="service.slug")
    line = serializers.IntegerField(help_text="Where the file speaks of it.")
    changes = PlannedChange(many=True)


class PlanRemark(serializers.Serializer[Any]):
    line = serializers.IntegerField(allow_null=True)
    service = serializers.CharField(source="of", allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    message = serializers.CharField(source="text")


class PlanShown(serializers.Serializer[Any]):
    """What a file does or would do. With a problem it does nothing."""

    created = PlannedRow(many=True)
    changed = PlannedRow(many=True)
    left = PlannedRow(many=True)
    problems = PlanRemark(many=True)
    notes = PlanRemark(many=True, help_text="What is left out, or worth knowing.")
