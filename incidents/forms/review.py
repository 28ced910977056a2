"""Forms of the review: the postmortem and its action items."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.urls import reverse
from django.utils import timezone

from incidents.actions.deadlines import latest_day
from incidents.forms.fields import ActForm, Data, DayField, MomentField, PersonField, SeenField
from incidents.forms.writing import chosen, seen_field, text_field
from incidents.models import ActionItem, Factor, Incident, Postmortem, TimelineEntry
from teams.models import User


class PostmortemForm(ActForm):
    """The sections with their guidance, the chosen entries, and who sees to it."""

    all_optional = True
    needs = ("title",)

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    title = forms.CharField(required=False, max_length=200)
    due_on = DayField(label="Due")
    meeting_at = MomentField(label="Meeting")
    public = forms.BooleanField(
        required=False,
        label="Public",
        help_text="Once published, everybody can read it on the status page.",
    )

    def __init__(self, postmortem: Postmortem, user: User, data: Data = None) -> None:
        start = {f: getattr(postmortem, f) for f in ("title", "due_on", "meeting_at", "public", "version")}
        self.sections = list(postmortem.sections.all())
        for section in self.sections:
            data = chosen(data, section.key) if data is not None else None
        super().__init__(data, initial=start)
        team = postmortem.incident.team
        for name, people in (("owner", "Writes it."), ("facilitator", "Leads the review.")):
            self.fields[name] = PersonField(
                team, initial=getattr(postmortem, f"{name}_id"), label=name.capitalize(), help_text=people
            )
        for section in self.sections:
            self.fields[f"text_{section.key}"] = text_field(section)
            self.fields[f"seen_{section.key}"] = seen_field(section)
        story = TimelineEntry.objects.of(postmortem.incident, user)
        self.fields["entries"] = forms.ModelMultipleChoiceField(
            story, required=False, initial=[e.pk for e in postmortem.entries.all()], label="Timeline"
        )
        self.fields["entries_seen"] = SeenField(initial=[e.pk for e in postmortem.entries.all()])

    def given(self) -> dict[str, Any]:
        """As `actions.postmortem.edit` takes it."""
        told = dict(self.cleaned_data)
        texts = {each.key: told.pop(f"text_{each.key}") for each in self.sections}
        seen = {each.key: told.pop(f"seen_{each.key}") for each in self.sections}
        versions = {key: number for key, number in seen.items() if number is not None}
        return {**told, "sections": texts, "versions": versions, "entries": list(told["entries"])}


class ActionItemForm(ActForm):
    needs = ("title",)

    title = forms.CharField(
        required=False,
        max_length=200,
        label="What shall be done?",
        help_text="Begin with a verb: Add, Remove, Alert, Document …",
    )
    kind = forms.ChoiceField(
        choices=[("", "Choose what it does"), *ActionItem.Kind.choices], required=False, label="What does it do?"
    )
    priority = forms.TypedChoiceField(
        choices=ActionItem.Priority.choices, coerce=int, required=False, initial=ActionItem.Priority.MEDIUM
    )
    due_on = DayField(label="Due")
    late_reason = forms.CharField(
        required=False, max_length=300, label="Why later?", help_text="Where its day lies beyond what is usual here."
    )
    end_state = forms.CharField(
        required=False,
        max_length=300,
        label="How will we know that it is done?",
        help_text="Something that anybody can check: a test, a number, a page.",
    )
    tracker_url = forms.URLField(required=False, label="Link to the tracker", assume_scheme="https")

    def __init__(self, incident: Incident, item: ActionItem | None = None, data: Data = None) -> None:
        names = ("title", "kind", "priority", "due_on", "late_reason", "end_state", "tracker_url")
        start = {n: getattr(item, n) for n in names} if item else {"due_on": usual_day(incident)}
        super().__init__(data, initial=start)
        self.incident = incident
        self.fields["owner"] = PersonField(
            incident.team,
            label="Owner",
            help_text="One person.",
            initial=item.owner_id if item else None,
        )
        self.fields["factor"] = forms.ModelChoiceField(
            Factor.objects.filter(postmortem__incident=incident),
            required=False,
            label="Which factor does it answer?",
            empty_label="None of them",
            initial=item.factor_id if item else None,
        )
        for name in ("title", "end_state"):
            self.fields[name].widget.attrs["data-coach"] = reverse("incidents:coach", args=[incident.pk])
        self.order_fields(["title", "end_state", "owner", "due_on", "kind", "priority", "factor", "late_reason"])


def usual_day(incident: Incident) -> date | None:
    """The day that is proposed for a new action item: what the severity allows."""
    severity = incident.severity
    if severity is None:
        return None
    return latest_day(timezone.localdate(), severity.action_days, ActionItem.Priority.MEDIUM)
