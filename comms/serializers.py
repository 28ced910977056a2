"""Status pages, updates and subscribers as the API shows and reads them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from comms import outcomes, places
from comms.actions.resending import Who
from comms.models import (
    Approval,
    Component,
    Correction,
    Delivery,
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


class DeliveryRow(Shown):
    """One delivery of an update, for who may see subscribers."""

    subscriber = serializers.IntegerField(source="subscriber_id", allow_null=True)
    correction = serializers.IntegerField(source="correction_id", allow_null=True)
    superseded_by = serializers.IntegerField(source="superseded_by_id", allow_null=True)
    state = serializers.ChoiceField(Delivery.State.choices)
    channel = serializers.ChoiceField(Delivery.Channel.choices)
    means = serializers.SerializerMethodField(help_text="What the reply means, in words; empty where it needs none.")

    class Meta:
        model = Delivery
        fields = [
            *("id", "address", "subscriber", "channel", "state", "attempts", "reply", "means", "relay"),
            *("correction", "superseded_by", "created_at", "due_at", "sent_at"),
        ]

    def get_means(self, delivery: Delivery) -> str:
        return outcomes.explain(outcomes.of(delivery.state, delivery.attempts), delivery.reply, delivery.channel)


class CountsShown(serializers.Serializer[Any]):
    """How many of an update's deliveries there are of each outcome."""

    total = serializers.IntegerField(min_value=0)
    sent = serializers.IntegerField(min_value=0)
    queued = serializers.IntegerField(min_value=0, help_text="Still to be sent for the first time.")
    sending = serializers.IntegerField(min_value=0)
    deferred = serializers.IntegerField(min_value=0, help_text="Refused for now, and tried again.")
    held = serializers.IntegerField(min_value=0, help_text="For a digest or the end of quiet hours.")
    failed = serializers.IntegerField(min_value=0)
    bounced = serializers.IntegerField(min_value=0)
    superseded = serializers.IntegerField(min_value=0, help_text="A newer update went out instead.")
    suppressed = serializers.IntegerField(min_value=0, help_text="Not wanted any more when its turn came.")

    def to_representation(self, tally: Any) -> dict[str, int]:
        return {"total": tally.total, **{name: tally.of(name) for name in outcomes.OUTCOMES}}


class CorrectionCounts(serializers.Serializer[Any]):
    correction = serializers.IntegerField(source="correction.pk")
    at = serializers.DateTimeField(source="correction.at")
    counts = CountsShown(source="tally")


class RepliesShown(serializers.Serializer[Any]):
    means = serializers.CharField(source="name")
    count = serializers.IntegerField()


class LedgerShown(serializers.Serializer[Any]):
    """The mail of one update, with a page of its deliveries in `results`: none for who may not see subscribers."""

    counts = CountsShown(source="ledger.tally")
    corrections = CorrectionCounts(many=True)
    replies = RepliesShown(
        source="ledger.replies", many=True, help_text="The most frequent refusals, by what they mean."
    )
    first_sent_at = serializers.DateTimeField(source="ledger.first_sent_at", allow_null=True)
    last_sent_at = serializers.DateTimeField(source="ledger.last_sent_at", allow_null=True)
    rate = serializers.FloatField(source="ledger.rate", help_text="Sent a second, in the last minute.")
    seconds_left = serializers.SerializerMethodField(help_text="About; null where nothing is going out.")
    over = serializers.BooleanField(source="ledger.tally.is_over")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = DeliveryRow(many=True)

    def get_seconds_left(self, shown: Any) -> int | None:
        left = shown["ledger"].left
        return None if left is None else round(left.total_seconds())


class ResendGiven(Given):
    who = serializers.ListField(
        child=serializers.ChoiceField(Who.choices),
        allow_empty=False,
        help_text="refused: whose server refused it or sent it back; withheld: who did not want it then and wants it "
        "now; since: who subscribed after it was published.",
    )


class ResendShown(serializers.Serializer[Any]):
    """How many it was queued for."""

    refused = serializers.IntegerField(default=0)
    withheld = serializers.IntegerField(default=0)
    since = serializers.IntegerField(default=0)
