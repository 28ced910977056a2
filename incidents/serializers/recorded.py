"""What the API answers about what was done: entries of the timeline with their files, and mitigations."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from incidents.models import Attachment, Mitigation, MitigationCall, Pin, TimelineEntry
from incidents.serializers.detected import ChangeShown
from incidents.serializers.named import IncidentName
from teams.api.fields import Shown
from teams.serializers import Person


class AttachmentShown(Shown):
    """A file of the timeline. `content_url` is null once it was removed."""

    entry = serializers.IntegerField(source="entry_id", help_text="The entry of the timeline that it stands with.")
    uploaded_by = Person()
    removed_by = Person(allow_null=True)
    content_url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = [
            "id",
            "entry",
            "name",
            "kind",
            "content_type",
            "size",
            "width",
            "height",
            "lines",
            "sha256",
            "content_url",
            "uploaded_by",
            "created_at",
            "removed_at",
            "removed_by",
            "removed_because",
        ]

    def get_content_url(self, row: Attachment) -> str | None:
        if row.removed_at is not None:
            return None
        return reverse("api:attachment_content", args=[row.incident_id, row.pk])


class EntryShown(Shown):
    """A line of the history. `occurred_at` null: nobody knows when."""

    attachments = AttachmentShown(many=True)

    actor = Person(allow_null=True)
    incident = IncidentName(help_text="The incident itself, or one that was merged into it.")
    overridden = serializers.ListField(child=serializers.CharField())
    data = serializers.DictField()  # type: ignore[assignment]

    class Meta:
        model = TimelineEntry
        fields = [
            "id",
            "incident",
            "kind",
            "verb",
            "phase",
            "phase_from",
            "phase_to",
            "text",
            "reason",
            "overridden",
            "data",
            "actor",
            "occurred_at",
            "recorded_at",
            "corrects",
            "attachments",
        ]


class PinShown(Shown):
    """A line that is pinned on top of the timeline."""

    entry = EntryShown()
    pinned_by = Person()

    class Meta:
        model = Pin
        fields = ["entry", "pinned_by", "pinned_at"]


class CommandShown(serializers.Serializer[Any]):
    """A command of the line under the timeline. `past`: it may be given the time it happened, by /at."""

    name = serializers.CharField()
    others = serializers.ListField(child=serializers.CharField(), help_text="Other words for it.")
    takes = serializers.CharField()
    explains = serializers.CharField()
    example = serializers.CharField()
    past = serializers.BooleanField()


class CommandDone(serializers.Serializer[Any]):
    """What came of a line. `entry` null: the command has its own lines on the timeline. `draft`: the words with which a
    status update was to begin; nothing was published, and it is written where updates are."""

    command = serializers.CharField()
    said = serializers.CharField()
    entry = EntryShown(allow_null=True)
    draft = serializers.CharField(allow_null=True)


class CallShown(Shown):
    """The call of a service's webhook for a mitigation."""

    class Meta:
        model = MitigationCall
        fields = ["key", "name", "state", "attempts", "reply", "asked_at", "due_at", "ended_at"]


class MitigationShown(Shown):
    carried_by = Person(allow_null=True)
    proposed_by = Person(allow_null=True)
    approved_by = Person(allow_null=True)
    change = ChangeShown(allow_null=True)
    call = CallShown(allow_null=True, help_text="Null: nothing is called for it.")
    possible = serializers.SerializerMethodField(help_text="Verbs that its state and the incident's phase allow.")

    class Meta:
        model = Mitigation
        fields = [
            "id",
            "kind",
            "title",
            "state",
            "held",
            "carried_by",
            "change",
            "call",
            "card",
            "expected_effect",
            "success_signal",
            "rollback_plan",
            "deadline_at",
            "asked_at",
            "proposed_by",
            "proposed_at",
            "approved_by",
            "executed_at",
            "finished_at",
            "outcome_note",
            "possible",
        ]

    def get_possible(self, row: Mitigation) -> list[str]:
        from incidents.actions.mitigation import allowed

        return allowed(row)
