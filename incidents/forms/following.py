"""Forms of what becomes of action items: found, changed together, still relevant, and what would have helped."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from incidents.actions.counterfactuals import LONGEST, Answer
from incidents.forms.fields import ActForm, Data, DayField, LongField, PersonField
from incidents.hindsight import Candidate, Hindsight
from incidents.models import ActionItem, Counterfactual, Severity
from teams.models import Service, Team, User

STATES = [
    ("", "Open"),
    ("overdue", "Overdue"),
    ("soon", "Due within a week"),
    ("done", "Done"),
    ("dropped", "Not done"),
    ("all", "All"),
]
MARKS = [
    ("", "Any"),
    ("lacking", "Not concrete"),
    ("back", "Came back"),
    ("asked", "Still relevant?"),
]
SORTS = [("", "Due first"), ("cost", "What it cost"), ("priority", "Priority"), ("age", "Oldest"), ("new", "Newest")]
GROUPS = [("", "By team"), ("urgency", "By urgency"), ("owner", "By person")]


class ItemFilter(forms.Form):
    """Which action items are shown, and how. A value that makes no sense is left out rather than refused."""

    q = forms.CharField(required=False, max_length=200, label="Search", widget=forms.TextInput({"type": "search"}))
    state = forms.ChoiceField(required=False, choices=STATES)
    owner = forms.ChoiceField(required=False, label="Person")
    team = forms.ModelChoiceField(Team.objects.all(), required=False, empty_label="Any team")
    kind = forms.ChoiceField(
        required=False, choices=[("", "Any kind"), *ActionItem.Kind.choices, ("none", "Not chosen")]
    )
    priority = forms.ChoiceField(required=False, choices=[("", "Any"), *ActionItem.Priority.choices])
    severity = forms.ModelChoiceField(Severity.objects.all(), required=False, empty_label="Any severity")
    service = forms.ModelChoiceField(
        Service.objects.all(), required=False, empty_label="Any service", to_field_name="slug"
    )
    mark = forms.ChoiceField(required=False, choices=MARKS, label="Only")
    group = forms.ChoiceField(required=False, choices=GROUPS, label="Shown")
    sort = forms.ChoiceField(required=False, choices=SORTS, label="Order")

    NARROWS = ("q", "state", "owner", "team", "kind", "priority", "severity", "service", "mark")

    def __init__(self, data: Data = None) -> None:
        super().__init__(data)
        people = [(user.username, user.name) for user in User.objects.present().order_by("first_name", "username")]
        self.fields["owner"].choices = [("", "Anybody"), ("me", "Me"), ("nobody", "Nobody yet"), *people]  # type: ignore[attr-defined]

    @property
    def asked(self) -> dict[str, Any]:
        self.is_valid()
        return self.cleaned_data


class BulkForm(ActForm):
    """What is changed of several items at once; what stays empty is left as it is."""

    all_optional = True

    due_on = DayField(label="Due")
    priority = forms.TypedChoiceField(
        choices=[("", "As it is"), *ActionItem.Priority.choices], coerce=int, required=False, empty_value=None
    )

    def __init__(self, data: Data = None) -> None:
        # It stands on one page with the filter, which has fields of the same names.
        super().__init__(data, auto_id="bulk_%s")
        self.fields["owner"] = PersonField(None, label="Owner", empty="As it is")
        self.order_fields(["owner", "due_on", "priority"])

    @property
    def changes(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if value not in (None, "")}


class RelevantForm(ActForm):
    """Whether an item is still relevant. The button that is pressed is the answer."""

    all_optional = True

    answer = forms.CharField(required=False, max_length=10, widget=forms.HiddenInput)
    due_on = DayField(label="Done by")
    note = LongField(
        keep="",
        rows=2,
        label="What shows that it is done, or why not?",
        help_text="For a new day it may stay empty.",
    )

    def __init__(self, item: ActionItem, proposed: date | None, data: Data = None) -> None:
        today = timezone.localdate()
        day = item.due_on if item.due_on and item.due_on >= today else proposed
        super().__init__(data, initial={"due_on": day})
        self.fields["note"].widget.attrs["data-keep"] = f"relevant-{item.pk}"


class HindsightForm(ActForm):
    """What would have helped: one line for each candidate, or that nothing would."""

    all_optional = True
    EFFECTS = [("", "No"), *[pair for pair in Counterfactual.Effect.choices if pair[0] != "none"]]

    def __init__(self, asked: Hindsight, data: Data = None) -> None:
        super().__init__(data)
        self.candidates = {each.key: each for each in asked.candidates}
        for key, each in self.candidates.items():
            said = each.answer
            self.fields[f"effect-{key}"] = forms.ChoiceField(
                required=False,
                choices=self.EFFECTS,
                label=f"Would it have helped: {each.title}",
                initial=said.effect if said else "",
            )
            self.fields[f"minutes-{key}"] = forms.IntegerField(
                required=False,
                min_value=1,
                max_value=LONGEST,
                label=f"By about how many minutes: {each.title}",
                initial=said.minutes if said else None,
            )
        self.fields["none"] = forms.BooleanField(
            required=False, label="None of these would have helped", initial=asked.none is not None
        )
        self.fields["note"] = forms.CharField(required=False, max_length=500, label="Note")

    @property
    def lines(self) -> list[tuple[Candidate, Any, Any]]:
        return [(each, self[f"effect-{key}"], self[f"minutes-{key}"]) for key, each in self.candidates.items()]

    def answers(self) -> list[Answer]:
        """Those that say something, and those that take back what was said."""
        given = self.cleaned_data
        return [
            Answer(given[f"effect-{key}"], each.item, each.mitigation, given[f"minutes-{key}"])
            for key, each in self.candidates.items()
            if given[f"effect-{key}"] or (each.answer is not None and not given["none"])
        ]
