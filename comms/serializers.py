"""Status pages, updates and subscribers as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comms.models import Component, PageIncident, StatusPage, StatusUpdate, Subscriber
from incidents.models import Confidence
from teams.api.fields import Given, Line, Moment, Named, Shown, Text
from teams.serializers import Person, ServiceName, TeamName


class PageName(Shown):
    class Meta:
        model = StatusPage
        fields = ["id", "slug", "name"]


class ComponentShown(Shown):
    page = PageName()
    group = serializers.CharField(source="group.name", default=None, allow_null=True)
    service = ServiceName(allow_null=True)
    team = TeamName(allow_null=True)

    class Meta:
        model = Component
        fields = [
            "id",
            "uid",
            "page",
            "group",
            "name",
            "description",
            "status",
            "service",
            "team",
            "position",
            "only_show_if_degraded",
            "updated_at",
        ]


class StatusPageShown(Shown):
    url = serializers.SerializerMethodField(help_text="Where everybody reads it.")

    class Meta:
        model = StatusPage
        fields = [
            "id",
            "uid",
            "slug",
            "name",
            "description",
            "time_zone",
            "support_url",
            "is_default",
            "updated_at",
            "url",
        ]

    def get_url(self, page: StatusPage) -> str:
        return str(self.context["request"].build_absolute_uri(page.get_absolute_url()))


class PageIncidentShown(Shown):
    """The incident as a page tells it, in the words of its readers."""

    page = PageName()

    class Meta:
        model = PageIncident
        fields = [
            "id",
            "uid",
            "page",
            "title",
            "state",
            "impact",
            "started_at",
            "monitoring_at",
            "resolved_at",
            "eta_early_at",
            "eta_at",
            "eta_confidence",
            "next_update_at",
        ]


class UpdateShown(Shown):
    page_incident = PageIncidentShown()
    author = Person(allow_null=True)
    component_states = serializers.DictField(
        child=serializers.ChoiceField(choices=Component.Status.choices),
        help_text="What publishing sets: a component's number to its state.",
    )

    class Meta:
        model = StatusUpdate
        fields = [
            "id",
            "uid",
            "page_incident",
            "status",
            "state",
            "title",
            "impact",
            "body",
            "component_states",
            "eta_early_at",
            "eta_at",
            "eta_confidence",
            "next_update_at",
            "notify",
            "publish_at",
            "published_at",
            "occurred_at",
            "author",
            "created_at",
            "updated_at",
        ]


class SubscriberShown(Shown):
    page = PageName()
    components = serializers.SlugRelatedField(slug_field="uid", many=True, read_only=True)  # type: ignore[var-annotated]

    class Meta:
        model = Subscriber
        fields = [
            "id",
            "page",
            "email",
            "state",
            "all_components",
            "components",
            "time_zone",
            "created_at",
            "confirmed_at",
            "ended_at",
        ]


class UpdateFields(Given):
    """What is told. `state` follows the incident's phase where it is left out; the first update of a page needs a
    `title` in the words of its readers."""

    body = Text()
    state = serializers.ChoiceField(choices=PageIncident.State.choices, required=False)
    title = Line()
    impact = serializers.ChoiceField(choices=PageIncident.Impact.choices, required=False, allow_blank=True)
    component_states = serializers.DictField(
        child=serializers.ChoiceField(choices=Component.Status.choices),
        required=False,
        help_text="A component's uid or number to the state that publishing sets.",
    )
    eta_early_at = Moment(
        required=False, allow_null=True, help_text="Service is expected back between this time and `eta_at`."
    )
    eta_at = Moment(required=False, allow_null=True, help_text="By when service is expected back at the latest.")
    eta_confidence = serializers.ChoiceField(
        choices=Confidence.choices, required=False, allow_blank=True, help_text="How sure that is."
    )
    next_update_at = Moment(required=False, allow_null=True, help_text="The promise that readers see.")
    notify = serializers.BooleanField(required=False, help_text="Mail it to the subscribers; yes unless told.")
    occurred_at = Moment(required=False, allow_null=True, help_text="For what was said earlier.")
    publish_at = Moment(
        required=False, allow_null=True, help_text="Schedule it for this time; left out, it is published now."
    )


class UpdateGiven(UpdateFields):
    draft = serializers.BooleanField(required=False, help_text="Keep it without telling anybody.")
    page = Named(
        slug_field="slug",
        queryset=StatusPage.objects.all(),
        required=False,
        allow_null=True,
        help_text="A page's slug; left out, the one that tells this incident already, else the default one.",
    )
    final = serializers.BooleanField(
        required=False, allow_null=True, help_text="Nothing more will follow; left out, as the state says."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs.get("draft") and attrs.get("publish_at"):
            raise serializers.ValidationError(
                {"publish_at": "A draft has no time. Leave it out, or leave “draft” out."}, code="draft_scheduled"
            )
        return attrs
