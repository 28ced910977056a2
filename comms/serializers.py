"""Status pages, updates and subscribers as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comms import places
from comms.models import (
    Approval,
    Component,
    Correction,
    PageIncident,
    StatusPage,
    StatusUpdate,
    Subscriber,
)
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
    url = serializers.SerializerMethodField(help_text="Where its readers read it, without the key that customers need.")

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
            "audience",
            "guarded",
            "second_person",
            "is_default",
            "domain",
            "language",
            "other_languages",
            "accent_light",
            "accent_dark",
            "corners",
            "typeface",
            "updated_at",
            "url",
        ]

    def get_url(self, page: StatusPage) -> str:
        return places.absolute(page)


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


class ApprovalShown(Shown):
    asked_by = Person(allow_null=True)
    answered_by = Person(allow_null=True)
    outcome = serializers.CharField(
        help_text="approved, sent_back, lapsed, bypassed or taken_back; empty while it is asked for."
    )

    class Meta:
        model = Approval
        fields = ["id", "asked_by", "asked_at", "due_at", "answered_by", "answered_at", "outcome", "reason"]


class CorrectionShown(Shown):
    by = Person(allow_null=True)

    class Meta:
        model = Correction
        fields = ["id", "at", "by", "before", "after", "erased", "notify"]


class UpdateShown(Shown):
    page_incident = PageIncidentShown()
    author = Person(allow_null=True)
    also_on = serializers.ListField(
        child=serializers.IntegerField(), help_text="The numbers of other pages that say it, too."
    )
    wordings = serializers.SerializerMethodField(
        help_text="An audience to its own text, where that isn't the body; for those who write updates."
    )
    companion_of = serializers.PrimaryKeyRelatedField(  # type: ignore[var-annotated]
        read_only=True, help_text="The update that this one says on another page."
    )
    approvals = ApprovalShown(many=True)
    corrections = CorrectionShown(many=True)
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
            "also_on",
            "wordings",
            "companion_of",
            "approvals",
            "corrections",
            "author",
            "created_at",
            "updated_at",
        ]

    def get_wordings(self, update: StatusUpdate) -> dict[str, str]:
        return dict(update.wordings) if self.context["view"].writes else {}


class SubscriberShown(Shown):
    page = PageName()
    state = serializers.ChoiceField(Subscriber.State.choices)
    channel = serializers.ChoiceField(Subscriber.Channel.choices)
    floor = serializers.ChoiceField(PageIncident.Impact.choices, help_text="Incidents below this are not told.")
    components = serializers.SlugRelatedField(slug_field="uid", many=True, read_only=True)  # type: ignore[var-annotated]
    groups = serializers.SlugRelatedField(slug_field="uid", many=True, read_only=True)  # type: ignore[var-annotated]
    reached_at = serializers.CharField(help_text="Where updates go, as far as it may be shown.")

    class Meta:
        model = Subscriber
        fields = [
            *("id", "page", "email", "state", "channel", "reached_at", "failing_since", "trouble", "all_components"),
            *("components", "groups", "floor", "maintenance", "ends_only", "quiet_from", "quiet_until", "digest"),
            *("digest_at", "time_zone", "language", "created_at", "confirmed_at", "ended_at"),
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
    also_on = Named(
        slug_field="slug",
        queryset=StatusPage.objects.all(),
        many=True,
        required=False,
        help_text="Slugs of other pages that say it, too.",
    )
    wordings = serializers.DictField(
        child=Text(),
        required=False,
        help_text="An audience (public, customers, internal, executives) to its own text, where that isn't the body.",
    )
    publish_at = Moment(
        required=False, allow_null=True, help_text="Schedule it for this time; left out, it is published now."
    )


class AskGiven(Given):
    publish_at = Moment(required=False, allow_null=True, help_text="When it is to be published; left out, at once.")


class ApproveGiven(Given):
    read = Moment(required=False, allow_null=True, help_text="`updated_at` of the text that was looked at.")


class CorrectedGiven(Given):
    body = Text()
    erased = serializers.BooleanField(required=False, help_text="Readers don't see any more what it said.")
    notify = serializers.BooleanField(required=False, help_text="Mail those who got the wrong one; yes unless told.")


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
