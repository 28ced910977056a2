"""What the API takes and answers of generic mitigations."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from incidents import deck
from incidents.models import Mitigation, MitigationCard
from incidents.serializers.fields import ById
from teams.api.fields import Given, Line, ServiceField, Shown, Text
from teams.serializers import Person, ServiceName

STATES = [("draft", "Draft"), ("approved", "Approved"), ("retired", "Retired")]


class CardField(ById):
    """An approved generic mitigation by its number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=MitigationCard.objects.playable(), **kwargs)


class RecordShown(serializers.Serializer[Any]):
    """In incidents that the caller may see, drills left out."""

    tried = serializers.IntegerField()
    worked = serializers.IntegerField(help_text="And held.")
    partly = serializers.IntegerField()
    minutes = serializers.IntegerField(
        allow_null=True, help_text="The median from its start until it was seen to work; null where it never did."
    )


class CardShown(Shown):
    service = ServiceName()
    state = serializers.ChoiceField(choices=STATES, help_text="Incidents offer only what is approved.")
    minutes = serializers.IntegerField(help_text="From its start until its effect is usually seen.")
    approved_by = Person(allow_null=True)
    created_by = Person(allow_null=True)
    record = serializers.SerializerMethodField()
    stale = serializers.SerializerMethodField(help_text="Nobody carried it out for long, in an incident or a drill.")

    class Meta:
        model = MitigationCard
        fields = [
            *("id", "service", "kind", "title", "how", "risk", "reversible", "undo", "minutes"),
            *("expected_effect", "success_signal", "state", "approved_by", "approved_at", "created_by", "created_at"),
            *("last_tried_at", "last_drilled_at", "stale", "record", "retired_at"),
        ]

    def get_record(self, row: MitigationCard) -> RecordShown:
        return RecordShown(self.context["records"].get(row.pk, deck.Record())).data  # type: ignore[return-value]

    def get_stale(self, row: MitigationCard) -> bool:
        return row.is_stale(self.context["now"], self.context["days"])


class CardGiven(Given):
    """A generic mitigation. A changed one has to be approved again."""

    kind = serializers.ChoiceField(choices=Mitigation.Kind.choices, required=False)
    title = Line(help_text="What is done. Begin with a verb.")
    how = Text(help_text="Step by step, in Markdown.")
    risk = serializers.ChoiceField(choices=MitigationCard.Risk.choices, required=False)
    reversible = serializers.BooleanField(required=False)
    undo = Line()
    minutes = serializers.IntegerField(required=False, min_value=1, max_value=1440, help_text="Its usual duration.")
    expected_effect = Line()
    success_signal = Line(help_text="What is seen when it works. Asked for before it can be approved.")


class NewCardGiven(CardGiven):
    service = ServiceField(help_text="A slug.")


class ExtendGiven(Given):
    minutes = serializers.IntegerField(min_value=1, max_value=1440, help_text="From now on.")
