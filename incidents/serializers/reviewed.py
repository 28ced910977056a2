"""What the API answers about reviews, and how much of everything there is."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from incidents.actions.deadlines import latest_of
from incidents.models import ActionItem, Postmortem, PostmortemSection, ReviewApproval, ReviewParticipant
from incidents.presenters import following
from incidents.serializers.named import IncidentName
from incidents.serializers.recorded import EntryShown
from teams.api.fields import Moment, Shown
from teams.serializers import Person, TeamName


class SectionShown(Shown):
    class Meta:
        model = PostmortemSection
        fields = ["key", "title", "hint", "required", "text", "version", "edited_at"]


class ReviewParticipantShown(Shown):
    user = Person()
    invited = serializers.SerializerMethodField(help_text="The meeting is in their calendar.")

    class Meta:
        model = ReviewParticipant
        fields = ["user", "invited"]

    def get_invited(self, row: ReviewParticipant) -> bool:
        return row.invited is not None


class ReviewApprovalShown(Shown):
    user = Person()
    asked_by = Person(allow_null=True)

    class Meta:
        model = ReviewApproval
        fields = ["user", "asked_by", "asked_at", "answer", "answered_at", "comment"]


class PostmortemShown(Shown):
    participants = ReviewParticipantShown(many=True, source="participations")
    approvals = ReviewApprovalShown(many=True)
    sections = SectionShown(many=True)
    owner = Person(allow_null=True)
    facilitator = Person(allow_null=True)
    approved_by = Person(allow_null=True)
    entries = EntryShown(many=True, source="shown_entries")
    seen_by = Person(many=True)
    possible = serializers.SerializerMethodField(help_text="Verbs that its state allows.")
    public_url = serializers.SerializerMethodField(
        help_text="Where everybody can read it; null unless it is published, public, with something "
        "said to the public, and of no private incident."
    )

    class Meta:
        model = Postmortem
        fields = [
            "version",
            "state",
            "title",
            "sections",
            "owner",
            "facilitator",
            "participants",
            "approvals",
            "due_on",
            "meet_by",
            "circulate_on",
            "meeting_at",
            "meeting_minutes",
            "meeting_place",
            "invited_at",
            "people_affected",
            "people_unit",
            "requests_affected",
            "requests_unit",
            "cost",
            "cost_currency",
            "names_as_roles",
            "public",
            "public_title",
            "public_wording",
            "public_as_written",
            "public_url",
            "approved_by",
            "published_at",
            "waived_reason",
            "entries",
            "seen_by",
            "possible",
            "created_at",
            "edited_at",
        ]

    def get_possible(self, row: Postmortem) -> list[str]:
        return sorted(t.name for t in row.get_available_state_transitions())  # type: ignore[attr-defined]

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_public_url(self, row: Postmortem) -> str | None:
        said = bool(row.public_wording) or row.public_as_written
        if row.state != Postmortem.State.PUBLISHED or not row.public or not said or row.incident.private:
            return None
        path = reverse("comms:postmortem", args=[row.public_slug])
        request = self.context.get("request")
        return str(request.build_absolute_uri(path)) if request else path


class ActionItemShown(Shown):
    incident = IncidentName()
    owner = Person(allow_null=True)
    team = TeamName(allow_null=True)
    missing = serializers.ListField(child=serializers.CharField(), help_text="What it lacks to be concrete.")
    remarks = serializers.SerializerMethodField(help_text="What would make it better, without standing in its way.")
    overdue = serializers.SerializerMethodField()
    latest_on = serializers.SerializerMethodField(help_text="The day that its severity and priority allow.")
    recurrences = serializers.IntegerField(
        source="times_back", help_text="In how many later incidents that you may see the trouble came back."
    )
    asked_at = Moment(allow_null=True, help_text="Since when its owner is asked whether it is still relevant.")
    cost_incidents = serializers.IntegerField(help_text="Later incidents in which it would have helped, done by then.")
    cost_minutes = serializers.IntegerField(help_text="By about how many minutes in all.")

    class Meta:
        model = ActionItem
        fields = [
            "id",
            "incident",
            "title",
            "kind",
            "priority",
            "owner",
            "team",
            "due_on",
            "overdue",
            "latest_on",
            "late_reason",
            "end_state",
            "tracker_url",
            "factor",
            "state",
            "evidence",
            "missing",
            "remarks",
            "recurrences",
            "asked_at",
            "cost_incidents",
            "cost_minutes",
            "created_at",
            "closed_at",
        ]

    def get_remarks(self, item: ActionItem) -> list[str]:
        return following.remarks(item) if item.state == ActionItem.State.OPEN else []

    def get_latest_on(self, item: ActionItem) -> date | None:
        return latest_of(item)

    def get_overdue(self, item: ActionItem) -> bool:
        due = item.due_on
        return item.state == ActionItem.State.OPEN and due is not None and due < timezone.now().date()


class IncidentCounts(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    active = serializers.IntegerField()
    unacknowledged = serializers.IntegerField()
    updates_overdue = serializers.IntegerField()
    mine = serializers.IntegerField()
    by_phase = serializers.DictField(child=serializers.IntegerField())
    by_severity = serializers.DictField(child=serializers.IntegerField())


class ActionItemCounts(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    overdue = serializers.IntegerField()
    mine = serializers.IntegerField()
    mine_overdue = serializers.IntegerField()


class Counts(serializers.Serializer[Any]):
    """Of what you may see; by phase and severity only what is open."""

    incidents = IncidentCounts()
    action_items = ActionItemCounts()
