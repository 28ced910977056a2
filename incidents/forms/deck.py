"""What a generic mitigation is filled in as, and how a deck is narrowed."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from incidents.actions.deck import WRITTEN
from incidents.forms.fields import ActForm, Data, LongField
from incidents.models import Mitigation, MitigationCard

STATES = (("", "In the deck"), ("approved", "Approved"), ("draft", "Drafts"), ("retired", "Retired"), ("all", "All"))


class DeckFilter(forms.Form):
    """What the deck is narrowed to. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    kind = forms.ChoiceField(required=False, choices=[("", "Any kind"), *Mitigation.Kind.choices], label="Kind")
    state = forms.ChoiceField(required=False, choices=STATES, label="State")

    def narrow(self, rows: QuerySet[MitigationCard]) -> QuerySet[MitigationCard]:
        self.is_valid()
        asked = self.cleaned_data
        found: Any = rows
        match asked.get("state") or "":
            case "":
                found = rows.filter(retired_at=None)
            case "approved":
                found = rows.filter(retired_at=None, approved_at__isnull=False)
            case "draft":
                found = rows.filter(retired_at=None, approved_at=None)
            case "retired":
                found = rows.filter(retired_at__isnull=False)
        if asked.get("kind"):
            found = found.filter(kind=asked["kind"])
        narrowed: QuerySet[MitigationCard] = found.search(asked.get("q") or "")
        return narrowed


class CardForm(ActForm):
    """A generic mitigation. `approve` is there for whoever may."""

    needs = ("title", "success_signal")

    kind = forms.ChoiceField(
        choices=Mitigation.Kind.choices, required=False, label="What kind?", widget=forms.RadioSelect
    )
    title = forms.CharField(
        required=False, max_length=200, label="What is done?", help_text="Fail over to the other region."
    )
    risk = forms.ChoiceField(
        choices=MitigationCard.Risk.choices, required=False, label="How risky?", widget=forms.RadioSelect
    )
    minutes = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=24 * 60,
        label="Usual duration in minutes",
        help_text="From its start until its effect is seen. Then the commander is asked whether it worked.",
    )
    expected_effect = forms.CharField(required=False, max_length=200, label="What should it change?")
    success_signal = forms.CharField(
        required=False, max_length=200, label="It worked when …", help_text="Error rate under 1 % for 5 min."
    )
    reversible = forms.BooleanField(required=False, label="It can be undone")
    undo = forms.CharField(required=False, max_length=200, label="To undo it")
    approve = forms.BooleanField(
        required=False, label="Approve it", help_text="Incidents offer it from then on. A change takes this away."
    )

    def __init__(self, card: MitigationCard, data: Data = None, *, may_approve: bool) -> None:
        start = {name: getattr(card, name) for name in WRITTEN}
        super().__init__(data, initial=start | {"approve": True})
        self.fields["how"] = LongField(
            keep=f"card-{card.pk or 'new'}-how",
            rows=8,
            label="How, step by step",
            help_text="In Markdown: the commands, and where they are run.",
        )
        if not may_approve:
            del self.fields["approve"]
        self.order_fields(["kind", "title", "how", "risk", "minutes", "success_signal", "expected_effect"])

    def given(self) -> dict[str, Any]:
        """What was filled in, as `actions.deck.keep` takes it; what was left empty and has a default is left out."""
        found = {name: self.cleaned_data[name] for name in WRITTEN}
        return {name: value for name, value in found.items() if value or name not in ("kind", "risk", "minutes")}
